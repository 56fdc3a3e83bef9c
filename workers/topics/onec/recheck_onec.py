"""Checks a discrepancy again, or accepts it as the form showed it.

The form sends a fingerprint of the shown discrepancy. If another discrepancy stands now, the answer
goes back to the same person with the current text and the entered values.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, ClassVar

from bpmn.lint.worker_contracts import DIFFERENCE_DETAILS, DIFFERENCE_TEXT
from db.domain.deals.deal import Deal
from db.domain.deals.entities import NoteKind
from db.domain.deals.side_processes import SideProcess
from db.domain.errors import CommentMissing, DecisionMissing, NumberRefused, Unavailable
from db.domain.onec.bindings import Binding, BindingState
from db.domain.onec.differences import OnecRow, as_known, compare, mark_of
from db.ports.store import Store
from workers.ports.employees import Employee
from workers.ports.onec_errors import OnecMisconfigured, OnecRejected
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import Task, TaskInput, Topic
from workers.services.notification_texts import (
    DIFFERENCE_CHANGED,
    difference_accepted,
    difference_gone,
)
from workers.services.onec.binding_changes import announce_comparison, store_comparison
from workers.services.onec.discrepancies import binding_of, open_discrepancy, side_process_of
from workers.services.onec.number_binding import bind_late, refuse_bound_elsewhere
from workers.services.onec.number_lookup import (
    UNCONFIRMED,
    ConfirmedNumber,
    find_bound_number,
    parse_optional_number,
)
from workers.services.process_variables import person_actor
from workers.topics.onec.show_discrepancy import DiscrepancyShown, discrepancy_variables

NO_ANSWER = "Выберите: «Проверить ещё раз» или «Принять как есть»."
NO_REASON = "Напишите, почему расхождение принято: причина останется в сделке."
ROW_KNOWN = (
    "Номер {number} уже подтверждён в 1С, другой номер вместо него здесь не записать. Очистите "
    "поле номера и проверьте ещё раз."
)
LAST_SHOWN = "lastShown"
"""Variable of the side process: fingerprint of the text with which an answer went back.

Used for answers without a fingerprint, from forms of earlier releases and other clients.
"""
RETRY_SOON = timedelta(seconds=1)


class DiscrepancyAnswer(StrEnum):
    """Answer of the user task: check 1C again, or accept the discrepancy."""

    RECHECK = "recheck"
    ACCEPTED = "accepted"  # 1C stays as it is, with a reason


class RecheckOnec(TaskInput):
    """Input of ``recheck-onec``."""

    user_inputs: ClassVar[tuple[str, ...]] = ("answer", "number", "picked", "comment")

    side_key: str
    decided_by: str
    answer: Any = None
    comment: Any = None
    number: Any = None
    """Corrected number instead of one that 1C does not know; empty: the same number."""
    picked: Any = None
    """`ref` of the candidate that the person chose."""
    difference_seen: Any = None
    """Fingerprint of the discrepancy that the form showed."""


class OnecRechecked(DiscrepancyShown):
    """Result of ``recheck-onec``: what remains, for the same person."""

    assignee: str
    """Login of the person who continues with a discrepancy that remains."""
    form_error: str | None = None
    """Message for an answer to an outdated discrepancy."""
    form_error_code: str | None = None
    """`DIFFERENCE_CHANGED` with ``form_error``."""
    return_to: str | None = None
    """Login of the person to whom the answer is returned."""
    returned_input: dict[str, Any] | None = None
    """Entered values that the form shows again."""


@dataclass(frozen=True)
class FetchedBinding:
    """The binding of the side process with what 1C has for it now."""

    binding: Binding
    row_fetched: bool = False
    """The binding has a key and 1C answered the request for its row."""
    row: OnecRow | None = None
    """None with ``row_fetched``: the row does not exist any more."""
    found: ConfirmedNumber | None = None
    """Record of a number that was accepted without 1C."""
    refusal: NumberRefused | None = None
    """Why 1C does not know such a number; only if the person accepts that."""


def fetch_binding(task: Task[RecheckOnec, None], external: ExternalServices) -> FetchedBinding:
    """Fetch the row of the binding, or search its number if it has no row.

    An inactive binding is not fetched. An acceptance does not depend on the response of 1C: it
    covers the discrepancy known so far.

    Raises:
        DecisionMissing, CommentMissing: the answer is incomplete.
        NumberRefused: 1C does not know the number.
    """
    given = task.input
    answer = _answer(given)
    with external.reading() as store:
        binding = binding_of(store, task.deal_id, given.side_key)
    try:
        if binding.active and binding.state in UNCONFIRMED:
            return _search_number(binding, given, answer, external)
        if binding.active and binding.ref_key is not None:
            row = external.onec.fetch_rows([binding])[binding.id]
            return FetchedBinding(binding, row_fetched=True, row=row)
    except (Unavailable, OnecMisconfigured, OnecRejected):
        if answer is not DiscrepancyAnswer.ACCEPTED:
            raise
    return FetchedBinding(binding)


def recheck_onec(task: Task[RecheckOnec, FetchedBinding], services: Services) -> OnecRechecked:
    """Settle the discrepancy, or return what remains to the same person.

    Safe to repeat because known values add no history and a closed side process stays closed.

    Raises: NumberRefused, another deal has the number or there is nothing to correct.
    """
    store, given = services.store, task.input
    deal = store.deals.get(task.deal_id, for_update=True)
    binding = binding_of(store, deal.id, given.side_key)
    if not binding.active:
        return _settled(task, store, binding)
    if binding != task.fetched.binding:
        raise Unavailable("The number changed while it was read from 1C.", retry_after=RETRY_SOON)
    if binding.state in UNCONFIRMED:
        return _settle_without_row(task, binding, deal, services)
    if binding.ref_key is None:
        return _settled(task, store, binding)
    return _settle_with_row(task, binding, deal, services)


def _settle_with_row(
    task: Task[RecheckOnec, FetchedBinding], binding: Binding, deal: Deal, services: Services
) -> OnecRechecked:
    store, given, fetched = services.store, task.input, task.fetched
    compared = compare(binding, fetched.row, task.at) if fetched.row_fetched else as_known(binding)
    actor = person_actor(task, given.decided_by)
    accepts = _answer(given) is DiscrepancyAnswer.ACCEPTED
    if not accepts:
        _refuse_other_number(binding, given.number)
    side = side_process_of(store, given.side_key)
    if not compared.needs_a_person:
        note = difference_gone(_comment(given))
    elif accepts and _was_shown(compared.text, given, side):
        compared = compared.accepted(_comment(given), given.decided_by)
        note = difference_accepted(_comment(given))
    else:
        store_comparison(store, deal, compared, actor)
        manager = Employee(deal.manager, deal.manager)
        announce_comparison(store, deal, compared, manager, task.at)
        return _remains(task, store, compared.binding, compared.text, outdated=accepts)
    if accepts:
        store.notes.add(deal.id, NoteKind.NOTE, note, actor)
    store_comparison(store, deal, compared, actor)
    return _settled(task, store, compared.binding)


def _settle_without_row(
    task: Task[RecheckOnec, FetchedBinding], binding: Binding, deal: Deal, services: Services
) -> OnecRechecked:
    """Settle a number that was accepted without 1C and that 1C did not confirm later.

    An accepted number stays without a row.
    """
    store, given = services.store, task.input
    actor = person_actor(task, given.decided_by)
    accepts = _answer(given) is DiscrepancyAnswer.ACCEPTED
    fetched = _without_foreign(task.fetched, deal, store) if accepts else task.fetched
    found, refusal = fetched.found, fetched.refusal
    side = side_process_of(store, given.side_key)
    text = str(refusal) if refusal else str(side.variables.get(DIFFERENCE_TEXT) or "")
    if found is not None and (found.verified or not accepts):
        corrected = found.picked or found.entered != binding.number_entered
        by = given.decided_by if corrected else None
        settled = bind_late(store, deal, binding, found, task.at, by)
        if accepts:
            store.notes.add(deal.id, NoteKind.NOTE, difference_gone(_comment(given)), actor)
    elif not _was_shown(text, given, side):
        if refusal is not None:
            open_discrepancy(store, binding, text, task.at, refusal.details)
        return _remains(task, store, binding, text, outdated=True)
    else:
        settled = replace(
            binding,
            state=BindingState.UNVERIFIED,
            reason=_comment(given),
            verified_by=given.decided_by,
            settled_version=_refusal_kind(refusal, side),
        )
        store.bindings.put(settled)
        store.notes.add(deal.id, NoteKind.NOTE, difference_accepted(_comment(given)), actor)
    store.deals.save(deal, actor)
    return _settled(task, store, settled)


def _without_foreign(fetched: FetchedBinding, deal: Deal, store: Store) -> FetchedBinding:
    """Replace a record that another deal has by the refusal of it."""
    if fetched.found is None:
        return fetched
    try:
        refuse_bound_elsewhere(store, deal, fetched.binding.run, fetched.found)
    except NumberRefused as bound_elsewhere:
        return replace(fetched, found=None, refusal=bound_elsewhere)
    return fetched


def _refusal_kind(refusal: NumberRefused | None, side: SideProcess) -> str | None:
    """Return why 1C does not know the number, from its last response if there is none now."""
    details = refusal.details if refusal else side.variables.get(DIFFERENCE_DETAILS) or {}
    return details.get("kind")


def _settled(
    task: Task[RecheckOnec, FetchedBinding], store: Store, binding: Binding
) -> OnecRechecked:
    store.side_processes.close(task.input.side_key, task.at)
    variables = discrepancy_variables(binding, store.side_processes.find(task.input.side_key))
    return OnecRechecked(assignee=task.input.decided_by, **variables)


def _remains(
    task: Task[RecheckOnec, FetchedBinding],
    store: Store,
    binding: Binding,
    text: str,
    *,
    outdated: bool,
) -> OnecRechecked:
    """Return the task to the same person.

    ``outdated``: the answer was to another discrepancy, so its values go back into the form.
    """
    given = task.input
    if not isinstance(given.difference_seen, str):
        store.side_processes.changed(given.side_key, {LAST_SHOWN: mark_of(text)})
    variables = discrepancy_variables(binding, store.side_processes.find(given.side_key))
    if not outdated:
        return OnecRechecked(assignee=given.decided_by, **variables)
    return OnecRechecked(
        assignee=given.decided_by,
        form_error=DIFFERENCE_CHANGED,
        form_error_code="DIFFERENCE_CHANGED",
        return_to=given.decided_by,
        returned_input=given.model_dump(mode="json", by_alias=True, include=set(given.user_inputs)),
        **variables,
    )


def _was_shown(text: str, given: RecheckOnec, side: SideProcess) -> bool:
    """Return whether the form showed this discrepancy."""
    shown = given.difference_seen
    if not isinstance(shown, str):
        shown = side.variables.get(LAST_SHOWN)
        if shown is None and side.version == 1:
            shown = mark_of(str(side.variables.get(DIFFERENCE_TEXT) or ""))
    return bool(shown == mark_of(text))


def _search_number(
    binding: Binding,
    given: RecheckOnec,
    answer: DiscrepancyAnswer,
    external: ExternalServices,
) -> FetchedBinding:
    """Raises: NumberRefused, unless the person accepts that 1C does not know the number."""
    if answer is DiscrepancyAnswer.RECHECK:
        number = parse_optional_number(binding.kind, given.number)
        found = find_bound_number(binding, external, number, given.picked)
        return FetchedBinding(binding, found=found)
    try:
        return FetchedBinding(binding, found=find_bound_number(binding, external))
    except NumberRefused as refusal:
        return FetchedBinding(binding, refusal=refusal)


def _refuse_other_number(binding: Binding, value: object) -> None:
    """Refuse a number entered for a binding with a row, because it would be ignored.

    No form asks for it, but the nightly confirmation may have run while the form was open.
    """
    number = parse_optional_number(binding.kind, value)
    if number not in {None, binding.number, binding.number_entered}:
        raise NumberRefused("ROW_KNOWN", ROW_KNOWN.format(number=binding.number))


def _comment(given: RecheckOnec) -> str:
    return str(given.comment).strip()[:4000]


def _answer(given: RecheckOnec) -> DiscrepancyAnswer:
    if not isinstance(given.answer, str) or given.answer not in set(DiscrepancyAnswer):
        raise DecisionMissing(NO_ANSWER)
    answer = DiscrepancyAnswer(given.answer)
    comment = given.comment if isinstance(given.comment, str) else ""
    if answer is DiscrepancyAnswer.ACCEPTED and not any(letter.isalnum() for letter in comment):
        raise CommentMissing(NO_REASON)
    return answer


TOPIC = Topic(
    "recheck-onec",
    RecheckOnec,
    OnecRechecked,
    recheck_onec,
    fetch=fetch_binding,
    refusals=(DecisionMissing, CommentMissing, NumberRefused),
)
