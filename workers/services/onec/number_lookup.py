"""The number that an operator entered, as 1C confirms it, or why it does not."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID, uuid4

from db.domain.deal import Deal
from db.domain.delivery import IN_PARTS, ORDER_AMOUNT
from db.domain.errors import NumberMissing, NumberRefused
from db.domain.onec_bindings import Binding, BindingKind, BindingState, readable
from db.domain.values import money
from db.ports.store import Store
from workers.ports.onec_contracts import Difference, Found
from workers.ports.onec_shipments import ShipmentFound
from workers.ports.services import ExternalServices
from workers.services.onec.number_messages import (
    candidate_of,
    contract_refused,
    owner,
    shipment_refused,
    taken_note,
    with_owners,
)
from workers.services.onec.refusal_messages import difference_text

LONGEST = 100
"""Characters; 1C itself has 50."""
NUMBERS = {BindingKind.CONTRACT: "договора", BindingKind.SHIPMENT: "реализации"}
KOPECK = Decimal("0.01")
EARLIER = timedelta(days=1)
"""A реализация may be a day older than its deal: clocks and zones differ."""


Kind = Literal["contract", "shipment"]
"""`BindingKind` as a word of the diagram."""


@dataclass(frozen=True)
class Confirmed:
    """A row of 1C that the number means. ``ref_key`` is None only if no 1C was asked."""

    kind: BindingKind
    infobase: str
    entered: str
    number: str
    ref_key: str | None
    code: str
    date: date | None
    counterparty_ref: str | None
    organisation: str
    data_version: str
    verified: bool
    picked: bool
    """The person chose this very row from several."""
    warnings: tuple[str, ...] = ()
    """What is unusual and yet allowed, in Russian."""

    def binding(self, deal_id: str, run: int, person: str, at: datetime) -> Binding:
        return Binding(
            id=str(uuid4()),
            deal_id=deal_id,
            kind=self.kind,
            run=run,
            infobase=self.infobase,
            ref_key=self.ref_key,
            number=self.number,
            number_entered=self.entered,
            code=self.code,
            date=self.date,
            counterparty_ref=self.counterparty_ref,
            organisation=self.organisation,
            data_version=self.data_version,
            state=BindingState.VERIFIED if self.verified else BindingState.UNVERIFIED,
            verified_at=at if self.verified else None,
            verified_by=person,
        )


def confirm(
    kind: BindingKind, deal_id: str, entered: str, picked: object, out: ExternalServices
) -> Confirmed:
    """Ask 1C which row the number means for this deal.

    ``picked``: `ref` of a candidate.
    Raises: NumberRefused; OnecUnavailable, OnecMisconfigured, OnecRejected.
    """
    with out.reading() as store:
        deal = store.deals.get(deal_id)
        contract = store.bindings.active(deal_id, BindingKind.CONTRACT)
    try:
        return _confirmed(kind, deal, contract, entered, picked, out)
    except NumberRefused as refusal:
        with out.reading() as store:
            run = run_of(store, deal, kind)
            raise with_owners(store, out.infobase, kind, deal, run, refusal) from refusal


def run_of(store: Store, deal: Deal, kind: BindingKind) -> int:
    """The run of fulfilment that a number belongs to; a contract belongs to none."""
    run = store.runs.current(deal.id) if kind is BindingKind.SHIPMENT else None
    return run.number if run else 0


def _confirmed(
    kind: BindingKind,
    deal: Deal,
    bound: Binding | None,
    entered: str,
    picked: object,
    out: ExternalServices,
) -> Confirmed:
    inn = deal.values.get("inn")
    if not inn:
        sentence = "В карточке сделки нет ИНН. Верните карточку менеджеру с пояснением."
        raise NumberRefused("NO_INN", sentence)
    ref = _uuid(picked)
    if kind is BindingKind.CONTRACT:
        answer = out.contracts.find_contract(inn, deal.values.get("kpp"), entered, ref_key=ref)
        if not isinstance(answer, Found):
            raise contract_refused(entered, answer)
        return _contract(answer, entered, out.infobase, ref)
    found = out.shipments.find_shipment(
        inn,
        entered,
        since=(deal.created_at - EARLIER).date(),
        counterparty_ref=_uuid(bound.counterparty_ref) if bound else None,
        contract_ref=_uuid(bound.ref_key) if bound else None,
        ref_key=ref,
    )
    if not isinstance(found, ShipmentFound):
        raise shipment_refused(entered, found)
    unusual = (*found.warnings, *_other_amount(deal, found.shipment.amount))
    return _shipment(replace(found, warnings=unusual), entered, out.infobase, ref)


def _other_amount(deal: Deal, amount: Decimal | None) -> tuple[Difference, ...]:
    """A реализация of the whole order is expected to have its sum; one of several parts is not."""
    ordered = deal.values.get(ORDER_AMOUNT)
    if ordered is None or amount is None or deal.values.get(IN_PARTS):
        return ()
    if abs(Decimal(str(ordered)) - amount) <= KOPECK:
        return ()
    return (Difference("amount", money(Decimal(str(ordered))), money(amount)),)


def typed_number(kind: BindingKind, said: object) -> str:
    """What the person typed, in one line. Raises: NumberMissing, NumberRefused."""
    number = "" if said is None else " ".join(str(said).split())
    if not readable(number):
        raise NumberMissing(NUMBERS[kind])
    if len(number) > LONGEST:
        sentence = f"Номер {NUMBERS[kind]} не длиннее {LONGEST} символов. Введите его как в 1С."
        raise NumberRefused("TOO_LONG", sentence)
    return number


def number_if_typed(kind: BindingKind, said: object) -> str | None:
    """The same where the line may stay empty: None then. Raises: NumberRefused."""
    try:
        return typed_number(kind, said)
    except NumberMissing:
        return None


def refuse_foreign(store: Store, deal: Deal, run: int, found: Confirmed) -> None:
    """A реализация belongs to one deal; a contract may serve a client's next deal, if the operator
    says so by picking it from a list that tells whose it is: see `with_owners`.

    Raises: NumberRefused.
    """
    if found.ref_key is None:
        return
    others = store.bindings.elsewhere(found.infobase, found.kind, found.ref_key, deal.id, run)
    if not others or (found.kind is BindingKind.CONTRACT and found.picked):
        return
    first = others[0]
    where = owner(first, deal)
    if found.kind is BindingKind.SHIPMENT:
        sentence = (
            f"Реализация № {found.number} уже записана за {where}. Проверьте номер: на каждую "
            "отгрузку своя реализация."
        )
        raise NumberRefused("DUPLICATE", sentence)
    note = taken_note(first, deal)
    known = candidate_of(
        found.ref_key, found.number, found.date, found.organisation, code=found.code, note=note
    )
    sentence = (
        f"Договор № {found.number} уже записан за {where} этого клиента. Если это тот же договор, "
        "подтвердите его выбором, иначе введите другой номер."
    )
    raise NumberRefused("DUPLICATE", sentence, [known])


def _contract(answer: Found, entered: str, infobase: str, picked: UUID | None) -> Confirmed:
    row = answer.contract
    return Confirmed(
        kind=BindingKind.CONTRACT,
        infobase=infobase,
        entered=entered,
        number=_label(row.label, BindingKind.CONTRACT),
        ref_key=_text(row.ref_key),
        code=row.code,
        date=row.date,
        counterparty_ref=_text(row.counterparty_ref),
        organisation=row.organisation,
        data_version=row.data_version,
        verified=answer.verified,
        picked=picked is not None,
    )


def _shipment(answer: ShipmentFound, entered: str, infobase: str, picked: UUID | None) -> Confirmed:
    row = answer.shipment
    return Confirmed(
        kind=BindingKind.SHIPMENT,
        infobase=infobase,
        entered=entered,
        number=_label(row.label, BindingKind.SHIPMENT),
        ref_key=_text(row.ref_key),
        code="",
        date=row.date,
        counterparty_ref=_text(row.counterparty_ref),
        organisation=row.organisation,
        data_version=row.data_version,
        verified=answer.verified,
        picked=picked is not None,
        warnings=tuple(difference_text(one) for one in answer.warnings),
    )


def _label(label: str, kind: BindingKind) -> str:
    """Raises: NumberRefused, there is nothing that a person could read."""
    if label:
        return label
    sentence = f"У {NUMBERS[kind]} в 1С нет ни номера, ни кода. Заполните номер в 1С и введите его."
    raise NumberRefused("NO_NUMBER", sentence)


def _uuid(text: object) -> UUID | None:
    try:
        return UUID(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _text(key: UUID | None) -> str | None:
    return None if key is None else str(key)
