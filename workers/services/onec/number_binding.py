"""Binds a number confirmed by 1C to a deal: card field, binding, history."""

from datetime import datetime
from typing import Any

from db.domain.deal import Deal
from db.domain.entities import NoteKind
from db.domain.history import Actor, Change, Kind
from db.domain.onec_bindings import FIELDS, Binding
from db.ports.store import Store
from workers.services.notification_texts import unusual_number_note
from workers.services.onec.binding_changes import nothing_to_settle, show_number
from workers.services.onec.confirmation import settled
from workers.services.onec.number_lookup import Confirmed, refuse_foreign, run_of


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
