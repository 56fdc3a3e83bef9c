"""Looks into 1C once more for a difference that a person worked on, or takes it as it is."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, ClassVar

from db.domain.deal import Deal
from db.domain.errors import CommentMissing, DecisionMissing, NumberRefused, Unavailable
from db.domain.onec import Binding, BindingState
from db.domain.onec_differences import NO_ROW, Compared, OnecRow, compare
from db.domain.records import NoteKind
from workers.contract import Task, TaskInput, TaskResult, Topic
from workers.onec_rows import read_rows
from workers.services import Outside, Services
from workers.topics.assign_discrepancy import the_binding
from workers.topics.onec_changes import binding_of, keep
from workers.topics.onec_number import Confirmed, refuse_foreign
from workers.topics.sync_onec_number import take
from workers.topics.texts import difference_accepted
from workers.topics.unverified import UNCONFIRMED, ask_again, settled
from workers.topics.view import by_person

NO_ANSWER = "Выберите: «Проверить ещё раз» или «Принять как есть»."
NO_REASON = "Напишите, почему расхождение принято: причина останется в сделке."


class Answer(StrEnum):
    RECHECK = "recheck"
    ACCEPTED = "accepted"  # it stays as it is in 1C, with a reason


class RecheckOnec(TaskInput):
    said: ClassVar[tuple[str, ...]] = ("answer", "comment")

    side_key: str
    decided_by: str
    answer: Any = None
    comment: Any = None


class OnecRechecked(TaskResult):
    difference_gone: bool
    difference_text: str
    assignee: str
    """Who goes on with a difference that stays: the same person."""
    onec_number: str


@dataclass(frozen=True)
class Seen:
    """What 1C says now; ``asked`` is False if nobody had to be asked, or could be."""

    row: OnecRow | None
    asked: bool
    answer: Confirmed | NumberRefused | None = None
    """To a number that was taken unverified and has no row yet."""


def ask_onec(task: Task[RecheckOnec, None], outside: Outside) -> Seen:
    """The row as it is now. Nothing is asked of a number that the deal has no more, and what a
    person accepts does not wait for 1C.

    Raises: DecisionMissing, CommentMissing.
    """
    answer = _answer(task.input)
    with outside.reading() as store:
        binding = the_binding(binding_of(store, task.deal_id, task.input.side_key))
    if binding.active and binding.state in UNCONFIRMED and answer is Answer.RECHECK:
        return Seen(None, asked=True, answer=ask_again(binding, outside))
    if not binding.active or binding.ref_key is None:
        return Seen(None, asked=False)
    try:
        return Seen(read_rows(outside.rows, [binding])[binding.id], asked=True)
    except Unavailable:
        if answer is Answer.ACCEPTED:
            return Seen(None, asked=False)
        raise


def recheck_onec(task: Task[RecheckOnec, Seen], services: Services) -> OnecRechecked:
    """Safe to repeat: what is known already leaves no trace, a closed row stays closed."""
    store, given = services.store, task.input
    deal = store.deals.get(task.deal_id, for_update=True)
    binding = the_binding(binding_of(store, deal.id, given.side_key))
    if binding.active and binding.state in UNCONFIRMED:
        return _without_row(task, binding, deal, services)
    if not binding.active or binding.ref_key is None:
        store.side_processes.close(given.side_key, task.at)
        return OnecRechecked(
            difference_gone=True,
            difference_text="",
            assignee=given.decided_by,
            onec_number=binding.number,
        )
    seen = task.seen
    compared = compare(binding, seen.row, task.at) if seen.asked else _as_known(binding)
    actor = by_person(task, given.decided_by)
    if _answer(given) is Answer.ACCEPTED:
        comment = str(given.comment).strip()[:4000]
        compared = _accepted(compared, comment, given.decided_by)
        store.notes.add(deal.id, NoteKind.NOTE, difference_accepted(comment), actor)
    keep(store, deal, compared, actor)
    gone = not compared.needs_a_person
    if gone:
        store.side_processes.close(given.side_key, task.at)
    return OnecRechecked(
        difference_gone=gone,
        difference_text=compared.text,
        assignee=given.decided_by,
        onec_number=compared.binding.number,
    )


def _without_row(
    task: Task[RecheckOnec, Seen], binding: Binding, deal: Deal, services: Services
) -> OnecRechecked:
    """A number that 1C did not know when it was asked for after the fact."""
    store, given, answer = services.store, task.input, task.seen.answer
    actor = by_person(task, given.decided_by)
    sentence = ""
    if _answer(given) is Answer.ACCEPTED:
        comment = str(given.comment).strip()[:4000]
        taken = replace(binding, state=BindingState.UNVERIFIED, reason=comment)
        store.bindings.put(replace(taken, verified_by=given.decided_by))
        store.notes.add(deal.id, NoteKind.NOTE, difference_accepted(comment), actor)
    elif isinstance(answer, Confirmed):
        try:
            refuse_foreign(store, deal, binding.run, answer)
            take(store, deal, settled(binding, answer, task.at), answer)
        except NumberRefused as foreign:
            sentence = str(foreign)
    else:
        sentence = str(answer or "")
    store.deals.save(deal, actor)
    if not sentence:
        store.side_processes.close(given.side_key, task.at)
    return OnecRechecked(
        difference_gone=not sentence,
        difference_text=sentence,
        assignee=given.decided_by,
        onec_number=binding.number,
    )


def _as_known(binding: Binding) -> Compared:
    """What stood at the last look."""
    version = NO_ROW if binding.state is BindingState.LOST else binding.data_version
    return Compared(binding, binding, (), version, ())


def _accepted(compared: Compared, comment: str, by: str) -> Compared:
    """These differences are no news any more; later ones are."""
    binding = replace(
        compared.binding, settled_version=compared.version, verified_by=by, reason=comment
    )
    return replace(compared, binding=binding)


def _answer(given: RecheckOnec) -> Answer:
    if not isinstance(given.answer, str) or given.answer not in set(Answer):
        raise DecisionMissing(NO_ANSWER)
    answer = Answer(given.answer)
    comment = given.comment if isinstance(given.comment, str) else ""
    if answer is Answer.ACCEPTED and not any(letter.isalnum() for letter in comment):
        raise CommentMissing(NO_REASON)
    return answer


TOPIC = Topic(
    "recheck-onec",
    RecheckOnec,
    OnecRechecked,
    recheck_onec,
    look=ask_onec,
    refusals=(DecisionMissing, CommentMissing),
)
