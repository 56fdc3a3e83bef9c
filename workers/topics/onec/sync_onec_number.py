"""Takes the number that the 1C operator entered, after 1C has confirmed it."""

from datetime import datetime
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
from db.domain.history import Actor, Change, Kind
from db.domain.onec_bindings import FIELDS, Binding, BindingKind
from db.ports.store import Store
from workers.ports import Outside, Services
from workers.runtime.contract import Task, TaskInput, TaskResult, Topic
from workers.services.notification_texts import (
    order_returned_note,
    returned_note,
    unusual_number_note,
)
from workers.services.onec.binding_changes import nothing_to_settle, show_number
from workers.services.onec.confirmation import settled
from workers.services.onec.number_lookup import (
    Confirmed,
    confirm,
    refuse_foreign,
    run_of,
    typed_number,
)
from workers.services.onec.number_lookup import Kind as KindOfNumber
from workers.services.process_variables import by_person

CONTRACT_NUMBER = FIELDS[BindingKind.CONTRACT]


class Answer(StrEnum):
    ENTERED = "entered"
    RETURNED = "returned"  # the requisites are wrong, or the order cannot be shipped


class SyncOnecNumber(TaskInput):
    said: ClassVar[tuple[str, ...]] = ("answer", "number", "picked", "comment")

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


def ask_onec(task: Task[SyncOnecNumber, None], outside: Outside) -> Confirmed | None:
    """Which row of 1C the number means; None if the operator gave the deal back."""
    if _answer(task.input) is Answer.RETURNED:
        return None
    kind = BindingKind(task.input.kind)
    number = typed_number(kind, task.input.number)
    return confirm(kind, task.deal_id, number, task.input.picked, outside)


def sync_onec_number(
    task: Task[SyncOnecNumber, Confirmed | None], services: Services
) -> NumberSynced:
    """Safe to repeat: the same number again changes nothing, and the answer is kept by task."""
    store, given = services.store, task.input
    deal = store.deals.get(task.deal_id, for_update=True)
    if not deal.is_open:
        raise DealClosed(deal.id)
    if task.seen is None:
        result = _given_back(task, deal, services)
    else:
        actor = by_person(task, given.decided_by)
        take_entered(store, deal, task.seen, actor, task.at)
        deal.correcting = False
        result = NumberSynced(
            requisites_wrong=False, onec_number=task.seen.number, correction_comment=None
        )
    store.deals.save(deal, by_person(task, given.decided_by))
    return result


def take_entered(store: Store, deal: Deal, found: Confirmed, actor: Actor, at: datetime) -> None:
    """What a person entered becomes the contract or the current run's number; the one before is
    kept as what it was. What is unusual about it is a note.

    Raises: NumberRefused, it belongs to somebody else.
    """
    run = run_of(store, deal, found.kind)
    refuse_foreign(store, deal, run, found)
    take(store, deal, found.binding(deal.id, run, actor.id, at), found)
    if found.warnings:
        text = unusual_number_note(found.number, found.warnings)
        store.notes.add(deal.id, NoteKind.NOTE, text, actor)


def take(store: Store, deal: Deal, binding: Binding, found: Confirmed | None = None) -> None:
    """Write a number into the deal and remember the row of 1C behind it, with history.

    The number of the current run, or of the contract, comes into the card. One that is confirmed
    after the fact replaces only itself there: the next part may be on its way by now.
    """
    field = FIELDS[binding.kind]
    shown = deal.values.get(field)
    known = store.bindings.active(deal.id, binding.kind, binding.run)
    if binding.run != run_of(store, deal, binding.kind):
        shown = known.number if known else None
    if known is not None and (known.id != binding.id or binding.ref_key is not None):
        nothing_to_settle(store, known)
    show_number(store, deal, binding, instead_of=shown)
    store.bindings.put(binding)
    confirmed: dict[str, Any] = {
        "number": binding.number,
        "reference": binding.ref_key,
        "verified": binding.verified_at is not None,
    }
    if found is not None and found.warnings:
        confirmed["warnings"] = list(found.warnings)
    if binding.reason:
        confirmed["reason"] = binding.reason
    deal.record(Change(Kind.NUMBER, field, None, confirmed))


def confirm_late(
    store: Store,
    deal: Deal,
    binding: Binding,
    found: Confirmed,
    at: datetime,
    by: str | None = None,
) -> Binding:
    """A number that was taken without 1C gets its row; ``by``: who has given another word for it.

    Raises: NumberRefused, it belongs to somebody else.
    """
    refuse_foreign(store, deal, binding.run, found)
    now = settled(binding, found, at, by)
    take(store, deal, now, found)
    return now


def _given_back(
    task: Task[SyncOnecNumber, Confirmed | None], deal: Deal, services: Services
) -> NumberSynced:
    comment = str(task.input.comment).strip()[:4000]
    actor = by_person(task, task.input.decided_by)
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
    look=ask_onec,
    refusals=(
        NumberMissing,
        NumberRefused,
        CommentMissing,
        DecisionMissing,
        FieldsInvalid,
        DealClosed,
    ),
)
