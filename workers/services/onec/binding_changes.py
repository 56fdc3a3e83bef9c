"""Applies the current state of a row in 1C to its binding, the card, the history and the task."""

from datetime import datetime
from typing import Any

from db.domain.deals.deal import Deal
from db.domain.deals.field_updates import write
from db.domain.deals.history import Actor, Change, Kind
from db.domain.onec.bindings import FIELDS, Binding, BindingKind
from db.domain.onec.differences import Compared
from db.domain.people.notices import NoticeKind
from db.ports.store import Store
from workers.ports.employees import Employee
from workers.services.notification_texts import ONEC_CHANGED_SUBJECT, onec_changed
from workers.services.notifications import notify_people
from workers.services.onec.discrepancies import TaskChange, clear_discrepancy, open_discrepancy


def store_comparison(store: Store, deal: Deal, compared: Compared, actor: Actor) -> None:
    """Store the compared binding and write a changed number to card and history.

    Safe to repeat because an unchanged binding adds no history. A closed deal keeps the number in
    its card.
    """
    store.bindings.put(compared.binding)
    old, new, field = compared.was, compared.binding, FIELDS[compared.binding.kind]
    if new.kind is BindingKind.CONTRACT and not deal.values.get(field):
        # Earlier releases bound contracts without a number and left the field empty.
        show_number(store, deal, new, instead_of=deal.values.get(field))
        store.deals.save(deal, actor)
    if not compared.is_news:
        return
    deal.record(Change(Kind.ONEC, field, _for_history(old), _for_history(new)))
    if old.number != new.number:
        show_number(store, deal, new, instead_of=old.number)
    store.deals.save(deal, actor)


def show_number(store: Store, deal: Deal, binding: Binding, *, instead_of: str | None) -> None:
    """Write a binding's number to its run, and to the card if the card shows ``instead_of``.

    The card of a closed deal is left unchanged.
    """
    field = FIELDS[binding.kind]
    runs = store.runs.of(deal.id) if binding.kind is BindingKind.SHIPMENT else ()
    for run in runs:
        if run.number == binding.run:
            store.runs.numbered(run, binding.number)
    if deal.is_open and deal.values.get(field) == instead_of:
        write(store.catalog, deal, {field: binding.number}, store.lists, by_worker=True)


def announce_comparison(
    store: Store, deal: Deal, compared: Compared, manager: Employee, at: datetime
) -> TaskChange:
    """Notify the manager of a change, and open, update or end the task that settles it."""
    binding = compared.binding
    if compared.is_news and compared.standing:
        key = f"onec-{binding.id}-{compared.version}-{binding.state}"[:120]
        subject = ONEC_CHANGED_SUBJECT.format(deal=deal.title)
        text = onec_changed(deal.title, compared.text)
        notify_people(store, [manager], key, text, deal.id, NoticeKind.DEAL, subject=subject)
    if compared.needs_a_person:
        return open_discrepancy(store, binding, compared.text, at)
    if compared.is_news:
        clear_discrepancy(store, binding)
    return TaskChange.NONE


def _for_history(binding: Binding) -> dict[str, Any]:
    return {
        "number": binding.number,
        "date": binding.date.isoformat() if binding.date else None,
        "state": binding.state,
    }
