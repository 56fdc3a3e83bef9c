"""Writes what 1C now says of a deal's number: binding, field, history, people, open task."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from bpmn.lint.worker_contracts import DIFFERENCE_DETAILS, DIFFERENCE_TEXT, ONEC_DISCREPANCY
from db.domain.deal import Deal
from db.domain.field_updates import write
from db.domain.history import Actor, Change, Kind
from db.domain.onec_bindings import FIELDS, Binding, BindingKind
from db.domain.onec_differences import Compared
from db.domain.side_processes import SideProcess
from db.ports.store import Store
from workers.ports.employees import Employee
from workers.services.notification_texts import ONEC_CHANGED_SUBJECT, onec_changed
from workers.services.notifications import notify_people

PREFIX = f"{ONEC_DISCREPANCY}:"


class PersonsTask(Enum):
    """What became of the task in which a person settles a difference."""

    NONE = "none, or as it was"
    NEW = "new"
    UPDATED = "open already, and shows something else now"


def side_key(binding_id: str) -> str:
    """Key of the process in which a person settles what is wrong with a binding."""
    return f"{PREFIX}{binding_id}"


def binding_of(store: Store, deal_id: str, key: str) -> Binding | None:
    """The binding that a side process is about, active or not."""
    wanted = key.removeprefix(PREFIX)
    return next((one for one in store.bindings.of(deal_id) if one.id == wanted), None)


def keep(store: Store, deal: Deal, compared: Compared, actor: Actor) -> None:
    """Store what was found; safe to repeat: what is known already leaves no trace.

    A closed deal keeps its number, its history tells of the new one.
    """
    store.bindings.put(compared.binding)
    old, new, field = compared.was, compared.binding, FIELDS[compared.binding.kind]
    if new.kind is BindingKind.CONTRACT and not deal.values.get(field):
        # Earlier releases took a contract without a number and showed people nothing.
        show_number(store, deal, new, instead_of=deal.values.get(field))
        store.deals.save(deal, actor)
    if not compared.is_news:
        return
    deal.record(Change(Kind.ONEC, field, _told(old), _told(new)))
    if old.number != new.number:
        show_number(store, deal, new, instead_of=old.number)
    store.deals.save(deal, actor)


def show_number(store: Store, deal: Deal, binding: Binding, *, instead_of: str | None) -> None:
    """Write a binding's number into its run, and into the card if that shows ``instead_of`` now.

    A card that shows the number of another shipment keeps it; so does the card of a closed deal.
    """
    field = FIELDS[binding.kind]
    runs = store.runs.of(deal.id) if binding.kind is BindingKind.SHIPMENT else ()
    for run in runs:
        if run.number == binding.run:
            store.runs.numbered(run, binding.number)
    if deal.is_open and deal.values.get(field) == instead_of:
        write(store.catalog, deal, {field: binding.number}, store.lists, by_worker=True)


def announce(
    store: Store, deal: Deal, compared: Compared, manager: Employee, at: datetime
) -> PersonsTask:
    """Tell the manager what is new, and give somebody a task if it has to be settled.

    A task that is open already follows 1C: it shows what stands now, or that nothing does.
    """
    binding = compared.binding
    if compared.is_news and compared.standing:
        key = f"onec-{binding.id}-{compared.version}-{binding.state}"[:120]
        subject = ONEC_CHANGED_SUBJECT.format(deal=deal.title)
        text = onec_changed(deal.title, compared.text)
        notify_people(store, [manager], key, text, deal.id, subject=subject)
    if compared.needs_a_person:
        return ask_a_person(store, binding, compared.text, at)
    if compared.is_news:
        nothing_to_settle(store, binding)
    return PersonsTask.NONE


def ask_a_person(
    store: Store,
    binding: Binding,
    sentence: str,
    at: datetime,
    details: Mapping[str, Any] | None = None,
) -> PersonsTask:
    """Open the task that shows ``sentence``, or let the one that is open show it."""
    side = discrepancy(binding, sentence, at, details)
    if store.side_processes.open(side):
        return PersonsTask.NEW
    changed = store.side_processes.changed(side.key, side.variables)
    return PersonsTask.UPDATED if changed else PersonsTask.NONE


def nothing_to_settle(store: Store, binding: Binding) -> None:
    """Let the open task of a binding, if there is one, hear that its difference is gone."""
    told = {DIFFERENCE_TEXT: "", DIFFERENCE_DETAILS: None}
    store.side_processes.changed(side_key(binding.id), told)


def discrepancy(
    binding: Binding, sentence: str, at: datetime, details: Mapping[str, Any] | None = None
) -> SideProcess:
    """The process in which a person settles what ``sentence`` says.

    ``details``: of the refusal, where 1C knows no row of the number.
    """
    told = {DIFFERENCE_TEXT: sentence, DIFFERENCE_DETAILS: dict(details) if details else None}
    return SideProcess(side_key(binding.id), binding.deal_id, ONEC_DISCREPANCY, told, at)


def _told(binding: Binding) -> dict[str, Any]:
    return {
        "number": binding.number,
        "date": binding.date.isoformat() if binding.date else None,
        "state": binding.state,
    }
