"""Binds a number to a deal: binding, card field, history and notes, in the caller's transaction."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from db.domain.deals.deal import Deal
from db.domain.deals.entities import NoteKind
from db.domain.deals.history import Actor, Change, Kind
from db.domain.errors import NumberRefused
from db.domain.onec.bindings import FIELDS, Binding, BindingKind, BindingState
from db.ports.store import Store
from workers.services.notification_texts import unusual_number_note
from workers.services.onec.binding_changes import show_number
from workers.services.onec.discrepancies import clear_discrepancy
from workers.services.onec.messages import candidate, describe_owner, note_owner
from workers.services.onec.number_lookup import ConfirmedNumber, run_of


def bind_entered(
    store: Store, deal: Deal, found: ConfirmedNumber, actor: Actor, at: datetime
) -> None:
    """Bind a number that a person entered to the deal or to its current run.

    The previous binding stays as an inactive one. Warnings become a note.

    Raises: NumberRefused, another deal has the record.
    """
    run = run_of(store, deal.id, found.kind)
    refuse_bound_elsewhere(store, deal, run, found)
    bind(store, deal, _binding(found, deal.id, run, actor.id, at), found.warnings)
    if found.warnings:
        text = unusual_number_note(found.number, found.warnings)
        store.notes.add(deal.id, NoteKind.NOTE, text, actor)


def bind_late(
    store: Store,
    deal: Deal,
    binding: Binding,
    found: ConfirmedNumber,
    at: datetime,
    by: str | None = None,
) -> Binding:
    """Give a number that was accepted without 1C its record.

    Keeps the original confirmer unless ``by``, the login of who corrected the number, is given.

    Raises: NumberRefused, another deal has the record.
    """
    refuse_bound_elsewhere(store, deal, binding.run, found)
    confirmed = _binding(found, binding.deal_id, binding.run, by or binding.verified_by, at)
    confirmed = replace(confirmed, id=binding.id, reason=binding.reason)
    bind(store, deal, confirmed, found.warnings)
    return confirmed


def bind(store: Store, deal: Deal, binding: Binding, warnings: tuple[str, ...] = ()) -> None:
    """Store a binding, show its number in the card and record it in the history.

    A number of an earlier run replaces only itself in the card, which may show a later run's.
    """
    field = FIELDS[binding.kind]
    shown = deal.values.get(field)
    known = store.bindings.active(deal.id, binding.kind, binding.run)
    if binding.run != run_of(store, deal.id, binding.kind):
        shown = known.number if known else None
    if known is not None and (known.id != binding.id or binding.ref_key is not None):
        clear_discrepancy(store, known)
    show_number(store, deal, binding, instead_of=shown)
    store.bindings.put(binding)
    confirmed: dict[str, Any] = {
        "number": binding.number,
        "reference": binding.ref_key,
        "verified": binding.verified_at is not None,
    }
    if warnings:
        confirmed["warnings"] = list(warnings)
    if binding.reason:
        confirmed["reason"] = binding.reason
    deal.record(Change(Kind.NUMBER, field, None, confirmed))


def refuse_bound_elsewhere(store: Store, deal: Deal, run: int, found: ConfirmedNumber) -> None:
    """Refuse a record that another deal or run has.

    A contract may serve several deals of a client, but only if the operator picked it from a list
    that names the other deal.

    Raises: NumberRefused.
    """
    key = found.record.ref_key
    if key is None or (found.kind is BindingKind.CONTRACT and found.picked):
        return
    others = store.bindings.elsewhere(found.infobase, found.kind, key, deal.id, run)
    if not others:
        return
    owner = describe_owner(others[0], deal)
    if found.kind is BindingKind.ITEM:
        sentence = (
            f"Номенклатура {found.number} уже записана за {owner}. Проверьте код: на каждый новый "
            "товар своя номенклатура."
        )
        raise NumberRefused("DUPLICATE", sentence)
    if found.kind is BindingKind.SHIPMENT:
        sentence = (
            f"Реализация № {found.number} уже записана за {owner}. Проверьте номер: на каждую "
            "отгрузку своя реализация."
        )
        raise NumberRefused("DUPLICATE", sentence)
    record = found.record
    known = candidate(
        key,
        found.number,
        record.date,
        record.organization,
        code=record.code,
        note=note_owner(others[0], deal),
    )
    sentence = (
        f"Договор № {found.number} уже записан за {owner} этого клиента. Если это тот же договор, "
        "подтвердите его выбором, иначе введите другой номер."
    )
    raise NumberRefused("DUPLICATE", sentence, [known])


def _binding(found: ConfirmedNumber, deal_id: str, run: int, login: str, at: datetime) -> Binding:
    record = found.record
    return Binding(
        id=str(uuid4()),
        deal_id=deal_id,
        kind=found.kind,
        run=run,
        infobase=found.infobase,
        ref_key=record.ref_key,
        number=found.number,
        number_entered=found.entered,
        code=record.code,
        date=record.date,
        counterparty_ref=record.counterparty_ref,
        organisation=record.organization,
        data_version=record.data_version,
        state=BindingState.VERIFIED if found.verified else BindingState.UNVERIFIED,
        verified_at=at if found.verified else None,
        verified_by=login,
    )
