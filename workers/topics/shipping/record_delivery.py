"""Writes down what a person says of one leg of a delivery, once its document is stored."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from db.domain.deal import Deal
from db.domain.delivery import CARRIER_DRIVER, DRIVER, Answer, answered, is_of_run
from db.domain.entities import Attachment
from db.domain.errors import (
    AnswerMissing,
    CommentMissing,
    DealClosed,
    DocumentMissing,
    IdentityUnchecked,
)
from db.domain.field_updates import write
from db.domain.fulfilment import Run
from db.domain.history import Change, Kind
from db.domain.onec_bindings import BindingKind
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import Task, TaskInput, Topic
from workers.services.onec.recheck import (
    CurrentRow,
    apply_current_row,
    fetch_current_row_if_available,
)
from workers.services.process_variables import DealVariables, deal_variables, person_actor


class RecordDelivery(TaskInput):
    """``field``, ``answers`` and ``checks`` are words of the diagram, the rest of a person."""

    user_inputs: ClassVar[tuple[str, ...]] = ("answer", "file_id", "reason", "identity_checked")

    field: str | None = None
    """File field without which nothing is delivered; None: no document here."""
    answers: str
    """What may be said in this task, separated by spaces."""
    checks: Literal["identity"] | None = None
    decided_by: str
    answer: Any = None
    file_id: Any = None
    reason: Any = None
    identity_checked: Any = None


class DeliveryRecorded(DealVariables):
    delivery_outcome: str
    delivery_reason: str | None
    delivery_by: str | None
    """Name of the person who said so; the next person's form shows it."""
    driver_refused_by: str | None
    """Of a driver who handed the order back."""


@dataclass(frozen=True)
class Seen:
    """Who speaks, and the реализация as 1C has it now."""

    name: str
    onec: CurrentRow | None


def look(task: Task[RecordDelivery, None], external: ExternalServices) -> Seen:
    """1C is asked only if a paper is taken that rests on it. Raises: Unavailable."""
    login = task.input.decided_by
    person = external.people.person(login)
    takes_paper = task.input.field is not None and task.input.answer == Answer.DELIVERED
    return Seen(
        person.name if person else login,
        fetch_current_row_if_available(task.deal_id, BindingKind.SHIPMENT, external)
        if takes_paper
        else None,
    )


def record_delivery(task: Task[RecordDelivery, Seen], services: Services) -> DeliveryRecorded:
    """Safe to repeat: the answer is kept by task, and with it the one row of history."""
    store, given = services.store, task.input
    deal = store.deals.get(task.deal_id, for_update=True)
    run = store.runs.current(deal.id)
    if not deal.is_open or run is None:
        raise DealClosed(deal.id)
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
    said = {"outcome": answer, "reason": reason or None, "file": document and document.id}
    deal.record(Change(Kind.DELIVERY, str(run.number), None, said))
    store.deals.save(deal, person_actor(task, given.decided_by))
    return DeliveryRecorded(
        delivery_outcome=answer,
        delivery_reason=reason or None,
        delivery_by=task.fetched.name,
        driver_refused_by=given.decided_by if answer is Answer.DRIVER_CHANGED else None,
        **deal_variables(services, deal),
    )


def _document(given: RecordDelivery, run: Run, deal: Deal, services: Services) -> Attachment | None:
    """The file the person named, if it is this deal's and of this run."""
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
    fetch=look,
    refusals=(AnswerMissing, CommentMissing, DocumentMissing, IdentityUnchecked, DealClosed),
)
