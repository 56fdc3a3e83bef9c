"""Binds the number that the 1C operator entered, once 1C confirms it."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from db.domain.deals.deal import Deal
from db.domain.deals.entities import NoteKind
from db.domain.deals.history import Actor, Change, Kind
from db.domain.deals.stages import go_back
from db.domain.errors import (
    CommentMissing,
    DealClosed,
    DecisionMissing,
    FieldsInvalid,
    NumberMissing,
    NumberRefused,
)
from db.domain.onec.bindings import FIELDS, BindingKind
from db.domain.shipping.delivery import has_words
from db.ports.store import Store
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import Task, TaskInput, TaskResult, Topic
from workers.services.notification_texts import (
    item_correction_note,
    item_returned_note,
    order_returned_note,
    returned_note,
)
from workers.services.onec.number_binding import bind_entered
from workers.services.onec.number_lookup import ConfirmedNumber, find_number, parse_number
from workers.services.process_variables import person_actor


class OperatorAnswer(StrEnum):
    """Answer of the operator: a number, or the deal back to its manager."""

    ENTERED = "entered"
    RETURNED = "returned"  # the requisites are wrong, or the order cannot be shipped
    CORRECT = "correct"  # items: a name or code is wrong, what was approved is not


class SyncOnecNumber(TaskInput):
    """Input of ``sync-onec-number``."""

    user_inputs: ClassVar[tuple[str, ...]] = ("answer", "number", "picked", "comment")

    kind: BindingKind
    """Kind of the number: ``contract``, ``shipment`` or ``item``."""
    decided_by: str
    answer: Any = None
    number: Any = None
    """Number that the operator entered."""
    picked: Any = None
    """`ref` of the candidate that the operator chose."""
    comment: Any = None


class NumberSynced(TaskResult):
    """Result of ``sync-onec-number``."""

    requisites_wrong: bool = False
    """The operator returned the requisites to the manager."""
    onec_number: str | None = None
    """Number as 1C writes it."""
    correction_comment: str | None = None
    """What the manager must correct, by the operator."""
    order_returned: bool = False
    """The operator cannot ship the order or enter the product; the manager decides."""
    delivery_reason: str | None = None
    """Why the operator returned it."""


def find_entered_number(
    task: Task[SyncOnecNumber, None], external: ExternalServices
) -> ConfirmedNumber | None:
    """Find the entered number in 1C; None if the operator returned the deal.

    Raises: DecisionMissing, CommentMissing, NumberMissing, NumberRefused; OnecUnavailable,
        OnecMisconfigured, OnecRejected.
    """
    given = task.input
    if _answer(given) is not OperatorAnswer.ENTERED:
        return None
    number = parse_number(given.kind, given.number)
    return find_number(given.kind, task.deal_id, number, given.picked, external)


def sync_onec_number(
    task: Task[SyncOnecNumber, ConfirmedNumber | None], services: Services
) -> NumberSynced:
    """Bind the confirmed number, or return the deal to the manager.

    Safe to repeat because the result is stored by task, and the same number changes nothing.

    Raises: NumberRefused, another deal has the record; DealClosed.
    """
    store, found = services.store, task.fetched
    deal = store.deals.get(task.deal_id, for_update=True)
    if not deal.is_open:
        raise DealClosed(deal.id)
    actor = person_actor(task, task.input.decided_by)
    if found is None:
        result = _return_to_manager(store, deal, task.input, actor, task.at)
    else:
        bind_entered(store, deal, found, actor, task.at)
        deal.correcting = False
        result = NumberSynced(onec_number=found.number)
    store.deals.save(deal, actor)
    return result


def _return_to_manager(
    store: Store, deal: Deal, given: SyncOnecNumber, actor: Actor, at: datetime
) -> NumberSynced:
    comment = str(given.comment).strip()[:4000]
    if given.answer == OperatorAnswer.CORRECT:
        store.notes.add(deal.id, NoteKind.NOTE, item_correction_note(comment), actor)
        return _begin_correction(deal, given.kind, comment)
    if given.kind is BindingKind.ITEM:
        # What was approved is not what can be entered in 1C, so it is approved again.
        store.notes.add(deal.id, NoteKind.NOTE, item_returned_note(comment), actor)
        go_back(store.catalog, deal, store.catalog.direction_of(deal).first_stage.code, at=at)
        return NumberSynced(order_returned=True, delivery_reason=comment)
    if given.kind is BindingKind.SHIPMENT:
        store.notes.add(deal.id, NoteKind.NOTE, order_returned_note(comment), actor)
        return NumberSynced(order_returned=True, delivery_reason=comment)
    store.notes.add(deal.id, NoteKind.NOTE, returned_note(comment), actor)
    return _begin_correction(deal, given.kind, comment)


def _begin_correction(deal: Deal, kind: BindingKind, comment: str) -> NumberSynced:
    """Open what the stage lets its manager correct; approvals stay valid."""
    deal.correcting = True
    deal.record(Change(Kind.CORRECTION, FIELDS[kind], False, True))
    return NumberSynced(requisites_wrong=True, correction_comment=comment)


def _answer(given: SyncOnecNumber) -> OperatorAnswer:
    if not isinstance(given.answer, str) or given.answer not in set(OperatorAnswer):
        raise DecisionMissing
    answer = OperatorAnswer(given.answer)
    if answer is OperatorAnswer.CORRECT and given.kind is not BindingKind.ITEM:
        raise DecisionMissing
    if answer is not OperatorAnswer.ENTERED and not has_words(given.comment):
        raise CommentMissing
    return answer


TOPIC = Topic(
    "sync-onec-number",
    SyncOnecNumber,
    NumberSynced,
    sync_onec_number,
    fetch=find_entered_number,
    refusals=(
        NumberMissing,
        NumberRefused,
        CommentMissing,
        DecisionMissing,
        FieldsInvalid,
        DealClosed,
    ),
)
