"""Records the outcome of one leg of a delivery, with its document when one is required."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from db.domain.deals.deal import Deal
from db.domain.deals.entities import Attachment
from db.domain.deals.field_updates import write
from db.domain.deals.history import Change, Kind
from db.domain.errors import (
    AnswerMissing,
    CommentMissing,
    DealClosed,
    DocumentMissing,
    IdentityUnchecked,
)
from db.domain.onec.bindings import BindingKind
from db.domain.shipping.delivery import CARRIER_DRIVER, DRIVER, Answer, answered, is_of_run
from db.domain.shipping.fulfillment import Run
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import Task, TaskInput, Topic
from workers.services.onec.recheck import (
    CurrentRow,
    apply_current_row,
    fetch_current_row_if_available,
)
from workers.services.process_variables import DealVariables, deal_variables, person_actor


class RecordDelivery(TaskInput):
    """Input of ``record-delivery``.

    The diagram sets ``field``, ``answers`` and ``checks``; the rest comes from the form.
    """

    user_inputs: ClassVar[tuple[str, ...]] = ("answer", "file_id", "reason", "identity_checked")

    field: str | None = None
    """Code of the file field that a delivery requires; None without a document."""
    answers: str
    """Allowed answers of this task, separated by spaces."""
    checks: Literal["identity"] | None = None
    """identity: the recipient's identity must be confirmed."""
    decided_by: str
    answer: Any = None
    file_id: Any = None
    reason: Any = None
    identity_checked: Any = None


class DeliveryRecorded(DealVariables):
    """Result of ``record-delivery``."""

    delivery_outcome: str
    delivery_reason: str | None
    delivery_by: str | None
    """Name of the person who reported the outcome, shown in the next form."""
    driver_refused_by: str | None
    """Login of a driver who returned the order."""


@dataclass(frozen=True)
class FetchedDelivery:
    """Name of the reporting person, and the current 1C document of the shipment."""

    name: str
    onec: CurrentRow | None


def fetch_delivery(task: Task[RecordDelivery, None], external: ExternalServices) -> FetchedDelivery:
    """Read 1C only for a delivery whose document refers to its number. Raises: Unavailable."""
    login = task.input.decided_by
    person = external.people.person(login)
    has_document = task.input.field is not None and task.input.answer == Answer.DELIVERED
    return FetchedDelivery(
        person.name if person else login,
        fetch_current_row_if_available(task.deal_id, BindingKind.SHIPMENT, external)
        if has_document
        else None,
    )


def record_delivery(
    task: Task[RecordDelivery, FetchedDelivery], services: Services
) -> DeliveryRecorded:
    """Record the outcome in the history; changes found in 1C are taken over.

    Safe to repeat because the result and its history row are stored once per task.
    """
    store, given = services.store, task.input
    deal, run = services.open_run(task.deal_id)
    answer, reason = answered(given.answer, given.reason, frozenset(given.answers.split()))
    document = None
    if answer is Answer.DELIVERED:
        document = _document(given, run, deal, services)
        if given.checks == "identity" and given.identity_checked != "true":
            raise IdentityUnchecked
    elif answer is Answer.DRIVER_CHANGED:
        write(
            store.catalog, deal, {DRIVER: None, CARRIER_DRIVER: None}, store.lists, by_worker=True
        )
    apply_current_row(store, deal, task.fetched.onec, person_actor(task, given.decided_by), task.at)
    report = {"outcome": answer, "reason": reason or None, "file": document and document.id}
    deal.record(Change(Kind.DELIVERY, str(run.number), None, report))
    store.deals.save(deal, person_actor(task, given.decided_by))
    return DeliveryRecorded(
        delivery_outcome=answer,
        delivery_reason=reason or None,
        delivery_by=task.fetched.name,
        driver_refused_by=given.decided_by if answer is Answer.DRIVER_CHANGED else None,
        **deal_variables(services, deal),
    )


def _document(given: RecordDelivery, run: Run, deal: Deal, services: Services) -> Attachment | None:
    """Return the named file of this deal and run. Raises: DocumentMissing."""
    if given.field is None:
        return None
    label = services.store.catalog.fields[given.field].label
    document = (
        services.store.attachments.get(given.file_id) if isinstance(given.file_id, str) else None
    )
    if document is None or (document.deal_id, document.field) != (deal.id, given.field):
        raise DocumentMissing(label)
    if not is_of_run(document.uploaded_at, run.opened_at):
        raise DocumentMissing(label)
    return document


TOPIC = Topic(
    "record-delivery",
    RecordDelivery,
    DeliveryRecorded,
    record_delivery,
    fetch=fetch_delivery,
    refusals=(AnswerMissing, CommentMissing, DocumentMissing, IdentityUnchecked, DealClosed),
)
