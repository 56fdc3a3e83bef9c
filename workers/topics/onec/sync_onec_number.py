"""Takes the number that the 1C operator entered, after 1C has confirmed it."""

from enum import StrEnum
from typing import Any, ClassVar

from db.domain.deal import Deal
from db.domain.delivery import has_words
from db.domain.entities import NoteKind
from db.domain.errors import (
    CommentMissing,
    DealClosed,
    DecisionMissing,
    FieldsInvalid,
    NumberMissing,
    NumberRefused,
)
from db.domain.history import Change, Kind
from db.domain.onec_bindings import FIELDS, BindingKind
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import Task, TaskInput, TaskResult, Topic
from workers.services.notification_texts import (
    order_returned_note,
    returned_note,
)
from workers.services.onec.number_binding import take_entered
from workers.services.onec.number_lookup import (
    Confirmed,
    confirm,
    typed_number,
)
from workers.services.onec.number_lookup import Kind as KindOfNumber
from workers.services.process_variables import person_actor

CONTRACT_NUMBER = FIELDS[BindingKind.CONTRACT]


class Answer(StrEnum):
    ENTERED = "entered"
    RETURNED = "returned"  # the requisites are wrong, or the order cannot be shipped


class SyncOnecNumber(TaskInput):
    user_inputs: ClassVar[tuple[str, ...]] = ("answer", "number", "picked", "comment")

    kind: KindOfNumber
    decided_by: str
    answer: Any = None
    number: Any = None
    picked: Any = None
    """`ref` of the candidate that the operator chose."""
    comment: Any = None


class NumberSynced(TaskResult):
    requisites_wrong: bool
    onec_number: str | None
    correction_comment: str | None
    """What the operator asks the manager to correct."""
    order_returned: bool = False
    """The operator cannot ship the order; the manager must decide."""
    delivery_reason: str | None = None


def ask_onec(task: Task[SyncOnecNumber, None], external: ExternalServices) -> Confirmed | None:
    """Which row of 1C the number means; None if the operator gave the deal back."""
    if _answer(task.input) is Answer.RETURNED:
        return None
    kind = BindingKind(task.input.kind)
    number = typed_number(kind, task.input.number)
    return confirm(kind, task.deal_id, number, task.input.picked, external)


def sync_onec_number(
    task: Task[SyncOnecNumber, Confirmed | None], services: Services
) -> NumberSynced:
    """Safe to repeat: the same number again changes nothing, and the answer is kept by task."""
    store, given = services.store, task.input
    deal = store.deals.get(task.deal_id, for_update=True)
    if not deal.is_open:
        raise DealClosed(deal.id)
    if task.fetched is None:
        result = _given_back(task, deal, services)
    else:
        actor = person_actor(task, given.decided_by)
        take_entered(store, deal, task.fetched, actor, task.at)
        deal.correcting = False
        result = NumberSynced(
            requisites_wrong=False, onec_number=task.fetched.number, correction_comment=None
        )
    store.deals.save(deal, person_actor(task, given.decided_by))
    return result


def _given_back(
    task: Task[SyncOnecNumber, Confirmed | None], deal: Deal, services: Services
) -> NumberSynced:
    comment = str(task.input.comment).strip()[:4000]
    actor = person_actor(task, task.input.decided_by)
    notes = services.store.notes
    if task.input.kind == "shipment":
        notes.add(deal.id, NoteKind.NOTE, order_returned_note(comment), actor)
        return NumberSynced(
            requisites_wrong=False,
            onec_number=None,
            correction_comment=None,
            order_returned=True,
            delivery_reason=comment,
        )
    notes.add(deal.id, NoteKind.NOTE, returned_note(comment), actor)
    deal.correcting = True
    deal.record(Change(Kind.CORRECTION, CONTRACT_NUMBER, False, True))
    return NumberSynced(requisites_wrong=True, onec_number=None, correction_comment=comment)


def _answer(given: SyncOnecNumber) -> Answer:
    if not isinstance(given.answer, str) or given.answer not in set(Answer):
        raise DecisionMissing
    answer = Answer(given.answer)
    if answer is Answer.RETURNED and not has_words(given.comment):
        raise CommentMissing
    return answer


TOPIC = Topic(
    "sync-onec-number",
    SyncOnecNumber,
    NumberSynced,
    sync_onec_number,
    fetch=ask_onec,
    refusals=(
        NumberMissing,
        NumberRefused,
        CommentMissing,
        DecisionMissing,
        FieldsInvalid,
        DealClosed,
    ),
)
