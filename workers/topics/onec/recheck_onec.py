"""Looks into 1C once more for a difference that a person worked on, or takes it as it is.

What is taken is what the person was shown. The form carries the fingerprint of that text; the row
is looked at once more, and an answer to anything else goes back to the same person with what
stands now and what they had typed.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, ClassVar

from bpmn.lint.worker_contracts import DIFFERENCE_DETAILS, DIFFERENCE_TEXT
from db.domain.deal import Deal
from db.domain.entities import NoteKind
from db.domain.errors import CommentMissing, DecisionMissing, NumberRefused, Unavailable
from db.domain.onec_bindings import Binding, BindingState
from db.domain.onec_differences import OnecRow, as_known, compare, mark_of
from db.domain.side_processes import SideProcess
from db.ports.store import Store
from workers.integrations.onec.errors import OnecMisconfigured, OnecRejected
from workers.ports.employees import Employee
from workers.ports.onec_rows import read_rows
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import Task, TaskInput, Topic
from workers.services.notification_texts import (
    DIFFERENCE_CHANGED,
    difference_accepted,
    difference_gone,
)
from workers.services.onec.binding_changes import announce, ask_a_person, binding_of, keep
from workers.services.onec.confirmation import UNCONFIRMED, ask_again
from workers.services.onec.number_binding import confirm_late
from workers.services.onec.number_lookup import Confirmed, number_if_typed, refuse_foreign
from workers.services.process_variables import person_actor
from workers.topics.onec.show_discrepancy import DiscrepancyShown, as_shown, the_binding, the_row

NO_ANSWER = "Выберите: «Проверить ещё раз» или «Принять как есть»."
NO_REASON = "Напишите, почему расхождение принято: причина останется в сделке."
ROW_KNOWN = (
    "Номер {number} уже подтверждён в 1С, другой номер вместо него здесь не записать. Очистите "
    "поле номера и проверьте ещё раз."
)
LAST_SHOWN = "lastShown"
"""Variable of the row: fingerprint of what an answer without one went back with. Forms of earlier
releases and other clients send none; for them the task shows what it was last given."""
SOON = timedelta(seconds=1)


class Answer(StrEnum):
    RECHECK = "recheck"
    ACCEPTED = "accepted"  # it stays as it is in 1C, with a reason


class RecheckOnec(TaskInput):
    user_inputs: ClassVar[tuple[str, ...]] = ("answer", "number", "picked", "comment")

    side_key: str
    decided_by: str
    answer: Any = None
    comment: Any = None
    number: Any = None
    """The right one instead of a number that 1C does not know; empty: the same again."""
    picked: Any = None
    """`ref` of the candidate that the person chose."""
    difference_seen: Any = None
    """Fingerprint of the difference that the form showed."""


class OnecRechecked(DiscrepancyShown):
    assignee: str
    """Who goes on with a difference that stays: the same person."""
    form_error: str | None = None
    form_error_code: str | None = None
    return_to: str | None = None
    returned_input: dict[str, Any] | None = None


@dataclass(frozen=True)
class Seen:
    """What 1C says now of the binding that was asked for."""

    binding: Binding
    asked: bool = False
    """Whether there was a row to ask for, and 1C said what became of it."""
    row: OnecRow | None = None
    found: Confirmed | None = None
    """The row of a number that was taken unverified and had none so far."""
    refusal: NumberRefused | None = None
    """Why 1C does not know that number; only for an acceptance."""


def ask_onec(task: Task[RecheckOnec, None], external: ExternalServices) -> Seen:
    """The row as it is now. Nothing is asked of a number that the deal has no more, and what a
    person accepts does not wait for a 1C that gives no answer: it covers what was known, and no
    more.

    Raises: DecisionMissing, CommentMissing; NumberRefused, 1C does not know it so.
    """
    given = task.input
    answer = _answer(given)
    with external.reading() as store:
        binding = the_binding(binding_of(store, task.deal_id, given.side_key))
    try:
        if binding.active and binding.state in UNCONFIRMED:
            return _asked_by_number(binding, given, answer, external)
        if binding.active and binding.ref_key is not None:
            row = read_rows(external.rows, [binding])[binding.id]
            return Seen(binding, asked=True, row=row)
    except (Unavailable, OnecMisconfigured, OnecRejected):
        if answer is not Answer.ACCEPTED:
            raise
    return Seen(binding)


def recheck_onec(task: Task[RecheckOnec, Seen], services: Services) -> OnecRechecked:
    """Safe to repeat: what is known already leaves no trace, a closed row stays closed.

    Raises: NumberRefused, the number is another deal's, or there is nothing to correct.
    """
    store, given = services.store, task.input
    deal = store.deals.get(task.deal_id, for_update=True)
    binding = the_binding(binding_of(store, deal.id, given.side_key))
    if not binding.active:
        return _settled(task, store, binding)
    if binding != task.fetched.binding:
        raise Unavailable("The number changed while 1C was asked for it.", retry_after=SOON)
    if binding.state in UNCONFIRMED:
        return _without_row(task, binding, deal, services)
    if binding.ref_key is None:
        return _settled(task, store, binding)
    return _with_row(task, binding, deal, services)


def _with_row(
    task: Task[RecheckOnec, Seen], binding: Binding, deal: Deal, services: Services
) -> OnecRechecked:
    store, given, seen = services.store, task.input, task.fetched
    compared = compare(binding, seen.row, task.at) if seen.asked else as_known(binding)
    actor = person_actor(task, given.decided_by)
    accepts = _answer(given) is Answer.ACCEPTED
    if not accepts:
        _refuse_another(binding, given.number)
    row = the_row(store, given.side_key)
    if not compared.needs_a_person:
        note = difference_gone(_words(given))
    elif accepts and _is_answer_to(compared.text, given, row):
        compared = compared.accepted(_words(given), given.decided_by)
        note = difference_accepted(_words(given))
    else:
        keep(store, deal, compared, actor)
        announce(store, deal, compared, Employee(deal.manager, deal.manager), task.at)
        return _stays(task, store, compared.binding, compared.text, stale=accepts)
    if accepts:
        store.notes.add(deal.id, NoteKind.NOTE, note, actor)
    keep(store, deal, compared, actor)
    return _settled(task, store, compared.binding)


def _without_row(
    task: Task[RecheckOnec, Seen], binding: Binding, deal: Deal, services: Services
) -> OnecRechecked:
    """A number that 1C did not know when it was asked for after the fact, or knows as the number of
    another deal: who accepts that leaves it without a row.
    """
    store, given = services.store, task.input
    actor = person_actor(task, given.decided_by)
    accepts = _answer(given) is Answer.ACCEPTED
    seen = _own(task.fetched, deal, store) if accepts else task.fetched
    row = the_row(store, given.side_key)
    sentence = str(seen.refusal) if seen.refusal else str(row.variables.get(DIFFERENCE_TEXT) or "")
    if seen.found is not None and (seen.found.verified or not accepts):
        corrected = seen.found.picked or seen.found.entered != binding.number_entered
        by = given.decided_by if corrected else None
        now = confirm_late(store, deal, binding, seen.found, task.at, by)
        if accepts:
            store.notes.add(deal.id, NoteKind.NOTE, difference_gone(_words(given)), actor)
    elif not _is_answer_to(sentence, given, row):
        if seen.refusal is not None:
            ask_a_person(store, binding, sentence, task.at, seen.refusal.details)
        return _stays(task, store, binding, sentence, stale=True)
    else:
        now = replace(
            binding,
            state=BindingState.UNVERIFIED,
            reason=_words(given),
            verified_by=given.decided_by,
            settled_version=_kind(seen.refusal, row),
        )
        store.bindings.put(now)
        store.notes.add(deal.id, NoteKind.NOTE, difference_accepted(_words(given)), actor)
    store.deals.save(deal, actor)
    return _settled(task, store, now)


def _own(seen: Seen, deal: Deal, store: Store) -> Seen:
    """A row that is another deal's is none of this one's."""
    if seen.found is None:
        return seen
    try:
        refuse_foreign(store, deal, seen.binding.run, seen.found)
    except NumberRefused as foreign:
        return replace(seen, found=None, refusal=foreign)
    return seen


def _kind(refusal: NumberRefused | None, row: SideProcess) -> str | None:
    """Why 1C does not know the number: by what it said now or, if it is silent, then."""
    details = refusal.details if refusal else row.variables.get(DIFFERENCE_DETAILS) or {}
    return details.get("kind")


def _settled(task: Task[RecheckOnec, Seen], store: Store, binding: Binding) -> OnecRechecked:
    store.side_processes.close(task.input.side_key, task.at)
    shown = as_shown(binding, store.side_processes.find(task.input.side_key))
    return OnecRechecked(assignee=task.input.decided_by, **shown)


def _stays(
    task: Task[RecheckOnec, Seen], store: Store, binding: Binding, sentence: str, *, stale: bool
) -> OnecRechecked:
    """Back to the same person; with what they had typed, if they answered something else."""
    given = task.input
    if not isinstance(given.difference_seen, str):
        store.side_processes.changed(given.side_key, {LAST_SHOWN: mark_of(sentence)})
    shown = as_shown(binding, store.side_processes.find(given.side_key))
    if not stale:
        return OnecRechecked(assignee=given.decided_by, **shown)
    return OnecRechecked(
        assignee=given.decided_by,
        form_error=DIFFERENCE_CHANGED,
        form_error_code="DIFFERENCE_CHANGED",
        return_to=given.decided_by,
        returned_input=given.model_dump(mode="json", by_alias=True, include=set(given.user_inputs)),
        **shown,
    )


def _is_answer_to(sentence: str, given: RecheckOnec, row: SideProcess) -> bool:
    """Whether the person was shown this very difference."""
    shown = given.difference_seen
    if not isinstance(shown, str):
        shown = row.variables.get(LAST_SHOWN)
        if shown is None and row.version == 1:
            shown = mark_of(str(row.variables.get(DIFFERENCE_TEXT) or ""))
    return bool(shown == mark_of(sentence))


def _asked_by_number(
    binding: Binding, given: RecheckOnec, answer: Answer, external: ExternalServices
) -> Seen:
    """Raises: NumberRefused, unless the person accepts that 1C does not know the number."""
    if answer is Answer.RECHECK:
        number = number_if_typed(binding.kind, given.number)
        return Seen(binding, found=ask_again(binding, external, number, given.picked))
    try:
        return Seen(binding, found=ask_again(binding, external))
    except NumberRefused as refusal:
        return Seen(binding, refusal=refusal)


def _refuse_another(binding: Binding, said: object) -> None:
    """Another number for a row that 1C knows would be lost without a word, so it is refused: no
    form asks for it, but the night may have confirmed the number while the form was open.
    """
    number = number_if_typed(binding.kind, said)
    if number not in {None, binding.number, binding.number_entered}:
        raise NumberRefused("ROW_KNOWN", ROW_KNOWN.format(number=binding.number))


def _words(given: RecheckOnec) -> str:
    return str(given.comment).strip()[:4000]


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
    fetch=ask_onec,
    refusals=(DecisionMissing, CommentMissing, NumberRefused),
)
