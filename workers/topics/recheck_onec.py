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
from workers.topics.onec_number import Confirmed, number_if_typed, refuse_foreign
from workers.topics.sync_onec_number import take
from workers.topics.texts import difference_accepted
from workers.topics.unverified import UNCONFIRMED, ask_again, settled
from workers.topics.view import by_person

NO_ANSWER = "Выберите: «Проверить ещё раз» или «Принять как есть»."
NO_REASON = "Напишите, почему расхождение принято: причина останется в сделке."
ROW_KNOWN = (
    "Номер {number} уже подтверждён в 1С, другой номер вместо него здесь не записать. Очистите "
    "поле номера и проверьте ещё раз."
)


class Answer(StrEnum):
    RECHECK = "recheck"
    ACCEPTED = "accepted"  # it stays as it is in 1C, with a reason


class RecheckOnec(TaskInput):
    said: ClassVar[tuple[str, ...]] = ("answer", "number", "picked", "comment")

    side_key: str
    decided_by: str
    answer: Any = None
    comment: Any = None
    number: Any = None
    """The right one instead of a number that 1C does not know; empty: the same again."""
    picked: Any = None
    """`ref` of the candidate that the person chose."""


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
    found: Confirmed | None = None
    """The row of a number that was taken unverified and had none so far."""


def ask_onec(task: Task[RecheckOnec, None], outside: Outside) -> Seen:
    """The row as it is now. Nothing is asked of a number that the deal has no more, and what a
    person accepts does not wait for 1C.

    Raises: DecisionMissing, CommentMissing; NumberRefused, 1C does not know it so.
    """
    given = task.input
    answer = _answer(given)
    with outside.reading() as store:
        binding = the_binding(binding_of(store, task.deal_id, given.side_key))
    if binding.active and binding.state in UNCONFIRMED and answer is Answer.RECHECK:
        number = number_if_typed(binding.kind, given.number)
        return Seen(None, asked=False, found=ask_again(binding, outside, number, given.picked))
    if not binding.active or binding.ref_key is None:
        return Seen(None, asked=False)
    try:
        return Seen(read_rows(outside.rows, [binding])[binding.id], asked=True)
    except Unavailable:
        if answer is Answer.ACCEPTED:
            return Seen(None, asked=False)
        raise


def recheck_onec(task: Task[RecheckOnec, Seen], services: Services) -> OnecRechecked:
    """Safe to repeat: what is known already leaves no trace, a closed row stays closed.

    Raises: NumberRefused, the number is another deal's, or there is nothing to correct.
    """
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
    if _answer(given) is Answer.RECHECK:
        _refuse_another(binding, given.number)
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
    store, given, found = services.store, task.input, task.seen.found
    if _answer(given) is Answer.ACCEPTED:
        comment = str(given.comment).strip()[:4000]
        now = replace(
            binding,
            state=BindingState.UNVERIFIED,
            reason=comment,
            verified_by=given.decided_by,
        )
        store.bindings.put(now)
        store.notes.add(
            deal.id, NoteKind.NOTE, difference_accepted(comment), by_person(task, given.decided_by)
        )
    elif found is None:
        raise Unavailable("The number was still confirmed when 1C was looked at.")
    else:
        refuse_foreign(store, deal, binding.run, found)
        corrected = found.picked or found.entered != binding.number_entered
        now = settled(binding, found, task.at, given.decided_by if corrected else None)
        take(store, deal, now, found)
    store.deals.save(deal, by_person(task, given.decided_by))
    store.side_processes.close(given.side_key, task.at)
    return OnecRechecked(
        difference_gone=True,
        difference_text="",
        assignee=given.decided_by,
        onec_number=now.number,
    )


def _refuse_another(binding: Binding, said: object) -> None:
    """Another number for a row that 1C knows would be lost without a word, so it is refused: no
    form asks for it, but the night may have confirmed the number while the form was open.
    """
    number = number_if_typed(binding.kind, said)
    if number not in {None, binding.number, binding.number_entered}:
        raise NumberRefused("ROW_KNOWN", ROW_KNOWN.format(number=binding.number))


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
    refusals=(DecisionMissing, CommentMissing, NumberRefused),
)
