"""What the operator is shown when 1C does not confirm a number: why, and what it may have meant."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from db.domain.deal import Deal
from db.domain.errors import NumberRefused
from db.domain.onec_bindings import Binding, BindingKind
from db.ports.store import Store
from workers.ports.onec_contracts import (
    Ambiguous,
    Contract,
    MarkedDeleted,
    Mismatch,
    NotFound,
)
from workers.ports.onec_shipments import ShipmentAmbiguous, ShipmentAnswer, ShipmentFound
from workers.services.onec.refusal_messages import number_refusal, shipment_refusal


def contract_refused(
    entered: str, answer: NotFound | Ambiguous | Mismatch | MarkedDeleted
) -> NumberRefused:
    """With the near contracts of the client, so that the operator can pick one."""
    rows: Sequence[Contract] = ()
    searched = None
    match answer:
        case NotFound(looked_for, near):
            rows = near
            searched = _searched(looked_for.number, looked_for.counterparties, None)
        case Ambiguous(candidates):
            rows = candidates
        case MarkedDeleted(_, _, Contract() as alternative):
            rows = (alternative,)
    near_ones = [
        candidate_of(
            _text(row.ref_key),
            row.label,
            row.date,
            row.organisation,
            code=row.code,
            client=_client(row.counterparty_name, row.inn, row.kpp),
        )
        for row in rows
    ]
    sentence = number_refusal(entered, answer)
    return NumberRefused(answer.kind, sentence, told_apart(near_ones), searched)


def shipment_refused(entered: str, answer: ShipmentAnswer) -> NumberRefused:
    """With what was searched and the near реализации."""
    if isinstance(answer, ShipmentFound):
        raise TypeError("a found number is not refused")
    rows = answer.candidates if isinstance(answer, ShipmentAmbiguous) else answer.near
    looked_for = answer.searched
    return NumberRefused(
        answer.kind,
        shipment_refusal(entered, answer),
        told_apart(
            [
                candidate_of(
                    _text(row.ref_key),
                    row.label,
                    row.date,
                    row.organisation,
                    amount=None if row.amount is None else str(row.amount),
                    client=_client(row.counterparty_name, row.inn, ""),
                    warehouse=row.warehouse,
                    note="" if row.posted else "не проведена",
                )
                for row in rows
            ]
        ),
        _searched(looked_for.number, looked_for.counterparties, looked_for.since),
    )


def with_owners(
    store: Store, infobase: str, kind: BindingKind, deal: Deal, run: int, refusal: NumberRefused
) -> NumberRefused:
    """The same refusal; each candidate that is bound elsewhere says so.

    Picking a contract confirms that it serves this deal too, so whoever picks must know whose it is
    already.
    """
    rows = []
    for row in refusal.candidates:
        others = store.bindings.elsewhere(infobase, kind, row["ref"], deal.id, run)
        notes = [row["note"], taken_note(others[0], deal)] if others else [row["note"]]
        rows.append({**row, "note": "; ".join(filter(None, notes))})
    return NumberRefused(refusal.kind, str(refusal), rows, refusal.searched)


def taken_note(other: Binding, deal: Deal) -> str:
    return f"уже за {owner(other, deal)}"


def owner(other: Binding, deal: Deal) -> str:
    """To whom a row is bound, after «за»."""
    if other.deal_id != deal.id:
        return f"сделкой {other.deal_id}"
    return f"отгрузкой № {other.run} этой сделки"


def candidate_of(
    ref: str | None,
    number: str,
    day: date | None,
    organisation: str,
    *,
    amount: str | None = None,
    code: str = "",
    client: str = "",
    warehouse: str = "",
    note: str = "",
) -> Mapping[str, Any]:
    """A row of 1C with everything that tells it from its namesakes."""
    return {
        "ref": ref,
        "number": number,
        "date": None if day is None else day.isoformat(),
        "organisation": organisation,
        "amount": amount,
        "code": code,
        "client": client,
        "warehouse": warehouse,
        "note": note,
    }


def told_apart(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Each row once; those that look the same to a person show the beginning of their key, too."""
    rows = list({row["ref"]: row for row in rows}.values())
    looks = [{**row, "ref": None} for row in rows]
    return [
        {**row, "note": "; ".join(filter(None, [row["note"], f"запись {row['ref'][:8]}"]))}
        if row["ref"] and looks.count(look) > 1
        else row
        for row, look in zip(rows, looks, strict=True)
    ]


def _client(name: str, inn: str, kpp: str) -> str:
    requisites = [f"ИНН {inn}" if inn else "", f"КПП {kpp}" if kpp else ""]
    return ", ".join(filter(None, [name, *requisites]))


def _searched(number: str, clients: Sequence[Any], since: date | None) -> Mapping[str, Any]:
    return {
        "number": number,
        "client": ", ".join(client.name for client in clients[:3]),
        "since": None if since is None else since.isoformat(),
    }


def _text(key: UUID | None) -> str | None:
    return None if key is None else str(key)
