"""Accepts a number without 1C, by decision of an administrator."""

from enum import StrEnum
from typing import Any, ClassVar
from uuid import uuid4

from db.domain.errors import AnswerMissing, CommentMissing, DealClosed, NumberMissing, NumberRefused
from db.domain.onec.bindings import FIELDS, Binding, BindingKind, BindingState
from db.domain.shipping.delivery import has_words
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import Task, TaskInput, TaskResult, Topic
from workers.services.onec.number_binding import bind
from workers.services.onec.number_lookup import parse_number, run_of
from workers.services.process_variables import person_actor


class OverrideDecision(StrEnum):
    """Decision of the administrator: wait for 1C, or accept the number unverified."""

    RETRY = "retry"
    OVERRIDE = "override"


class OverrideOnecNumber(TaskInput):
    """Input of ``override-onec-number``."""

    user_inputs: ClassVar[tuple[str, ...]] = ("answer", "comment")

    kind: BindingKind
    """Kind of the number: ``contract``, ``shipment`` or ``item``."""
    number: Any = None
    """Number that waits for 1C."""
    entered_by: str | None = None
    """Login of the operator who entered the number."""
    answer: Any = None
    comment: Any = None
    decided_by: str


class OverrideStored(TaskResult):
    """Result of ``override-onec-number``."""

    overridden: bool
    """False: the process waits for 1C."""
    onec_number: str | None
    """Accepted number."""
    order_returned: bool = False
    """Always false; the calling process reads it after every result."""


def fetch_infobase(task: Task[OverrideOnecNumber, None], external: ExternalServices) -> str:
    """Return the name of the infobase for which the number is accepted."""
    return external.infobase


def override_onec_number(task: Task[OverrideOnecNumber, str], services: Services) -> OverrideStored:
    """Bind the number as overridden, or let the process wait for 1C.

    Safe to repeat because a binding of the same number that 1C has confirmed is left alone.

    Raises: AnswerMissing, CommentMissing, NumberMissing, NumberRefused, DealClosed.
    """
    store, given = services.store, task.input
    deal = store.deals.get(task.deal_id, for_update=True)
    if not deal.is_open:
        raise DealClosed(deal.id)
    if not isinstance(given.answer, str) or given.answer not in set(OverrideDecision):
        raise AnswerMissing
    if given.answer == OverrideDecision.RETRY:
        return OverrideStored(overridden=False, onec_number=None)
    if not has_words(given.comment):
        raise CommentMissing("Напишите, почему номер принимается без проверки в 1С.")
    kind = given.kind
    number = parse_number(kind, given.number)
    run = run_of(store, deal.id, kind)
    known = store.bindings.active(deal.id, kind, run)
    if known is None or known.number_entered != number or known.ref_key is None:
        binding = Binding(
            id=str(uuid4()),
            deal_id=deal.id,
            kind=kind,
            run=run,
            infobase=task.fetched,
            ref_key=None,
            number=number,
            number_entered=number,
            code="",
            date=None,
            counterparty_ref=None,
            organisation="",
            data_version="",
            state=BindingState.OVERRIDDEN,
            verified_at=None,
            verified_by=given.decided_by,
            reason=str(given.comment).strip()[:4000],
        )
        bind(store, deal, binding)
        deal.correcting = False
        store.deals.save(deal, person_actor(task, given.decided_by))
    return OverrideStored(overridden=True, onec_number=deal.values.get(FIELDS[kind]))


TOPIC = Topic(
    "override-onec-number",
    OverrideOnecNumber,
    OverrideStored,
    override_onec_number,
    fetch=fetch_infobase,
    refusals=(AnswerMissing, CommentMissing, NumberMissing, NumberRefused, DealClosed),
)
