"""Asks 1C which contract or shipment an entered number refers to. Reads only."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from db.domain.deals.deal import Deal
from db.domain.errors import NumberMissing, NumberRefused
from db.domain.fields.goods import GOODS, goods_differences, read_goods
from db.domain.fields.values import money
from db.domain.onec.bindings import Binding, BindingKind, BindingState, readable
from db.domain.shipping.delivery import IN_PARTS, ORDER_AMOUNT
from db.domain.steps.products import product_of
from db.ports.store import Store
from workers.ports.onec import Found, NumberQuery, OnecRecord, RequisiteDifference, parse_key
from workers.ports.services import ExternalServices
from workers.services.onec.messages import difference_text, note_owner, refusal_of, with_note

LONGEST = 100
"""Maximum length of an entered number, in characters; 1C itself allows 50."""
NUMBERS = {
    BindingKind.CONTRACT: "договора",
    BindingKind.SHIPMENT: "реализации",
    BindingKind.ITEM: "номенклатуры",
}
KOPECK = Decimal("0.01")
MOST_NAMED = 20
"""Differences of goods that are named, the others are counted."""
DAYS_BEFORE_DEAL = timedelta(days=1)
"""A shipment may be dated a day before its deal because clocks and time zones differ."""
UNCONFIRMED = frozenset({BindingState.OVERRIDDEN, BindingState.NOT_CONFIRMED})
"""States of a number that was accepted while 1C did not respond."""


@dataclass(frozen=True)
class ConfirmedNumber:
    """The record that an entered number refers to. It always has a readable label."""

    kind: BindingKind
    infobase: str
    entered: str
    record: OnecRecord
    verified: bool
    """False: accepted as entered, because 1C is not configured."""
    picked: bool
    """The person chose this record from several."""
    warnings: tuple[str, ...] = ()
    """Unusual but allowed differences, in Russian."""

    @property
    def number(self) -> str:
        """Number, or code of a contract without a number, as 1C writes it."""
        return self.record.label


def find_number(
    kind: BindingKind, deal_id: str, entered: str, picked: object, external: ExternalServices
) -> ConfirmedNumber:
    """Find the record that a number refers to in this deal. Safe to repeat because it only reads.

    ``picked``: `ref` of the candidate that the person chose, as the form sent it.

    Raises:
        NumberRefused: no record fits; its candidates tell which deals they are bound to.
        OnecUnavailable, OnecMisconfigured, OnecRejected: see the errors of the integration.
    """
    with external.reading() as store:
        deal = store.deals.get(deal_id)
        contract = store.bindings.active(deal_id, BindingKind.CONTRACT)
    query = _query(kind, deal, contract, entered, picked)
    result = external.onec.of(kind).find(query)
    if not isinstance(result, Found):
        refusal = refusal_of(kind, entered, result)
        with external.reading() as store:
            raise _with_owners(store, external.infobase, kind, deal, refusal)
    if not result.record.label:
        name = NUMBERS[kind]
        sentence = f"У {name} в 1С нет ни номера, ни кода. Заполните номер в 1С и введите его."
        raise NumberRefused("NO_NUMBER", sentence)
    warnings = (*result.warnings, *_amount_difference(deal, result.record))
    return ConfirmedNumber(
        kind=kind,
        infobase=external.infobase,
        entered=entered,
        record=result.record,
        verified=result.verified,
        picked=query.picked is not None,
        warnings=(*map(difference_text, warnings), *_goods_differences(deal, result.record)),
    )


def find_bound_number(
    binding: Binding, external: ExternalServices, number: str | None = None, picked: object = None
) -> ConfirmedNumber:
    """Repeat the search for a number that was accepted without 1C, or for ``number`` instead.

    Raises: the errors of `find_number`.
    """
    entered = number or binding.number_entered
    return find_number(binding.kind, binding.deal_id, entered, picked, external)


def binding_without_row(
    deal_id: str, kind: BindingKind, external: ExternalServices
) -> Binding | None:
    """Return the active binding if 1C is connected and has not confirmed its number yet."""
    if not external.onec.verifies:
        return None
    with external.reading() as store:
        binding = active_binding(store, deal_id, kind)
    return binding if binding is not None and binding.ref_key is None else None


def active_binding(store: Store, deal_id: str, kind: BindingKind) -> Binding | None:
    """Return the binding of the contract, or of the shipment in the current run."""
    return store.bindings.active(deal_id, kind, run_of(store, deal_id, kind))


def run_of(store: Store, deal_id: str, kind: BindingKind) -> int:
    """Return the number of the fulfillment run to which a number belongs; 0 if to none."""
    run = store.runs.current(deal_id) if kind is BindingKind.SHIPMENT else None
    return run.number if run else 0


def parse_number(kind: BindingKind, value: object) -> str:
    """Validate an entered number and collapse its spaces. Raises: NumberMissing, NumberRefused."""
    number = "" if value is None else " ".join(str(value).split())
    if not readable(number):
        raise NumberMissing(NUMBERS[kind])
    if len(number) > LONGEST:
        sentence = f"Номер {NUMBERS[kind]} не длиннее {LONGEST} символов. Введите его как в 1С."
        raise NumberRefused("TOO_LONG", sentence)
    return number


def parse_optional_number(kind: BindingKind, value: object) -> str | None:
    """Validate a number that may be left empty; None if it is. Raises: NumberRefused."""
    try:
        return parse_number(kind, value)
    except NumberMissing:
        return None


def _query(
    kind: BindingKind, deal: Deal, contract: Binding | None, entered: str, picked: object
) -> NumberQuery:
    key = parse_key(picked)
    if kind is BindingKind.ITEM:
        product = product_of(deal)
        return NumberQuery(
            inn="",
            number=entered,
            article=product.article,
            manufacturer=product.manufacturer,
            picked=key,
        )
    inn = deal.values.get("inn")
    if not inn:
        sentence = "В карточке сделки нет ИНН. Верните карточку менеджеру с пояснением."
        raise NumberRefused("NO_INN", sentence)
    if kind is BindingKind.CONTRACT:
        return NumberQuery(inn=inn, number=entered, kpp=deal.values.get("kpp"), picked=key)
    return NumberQuery(
        inn=inn,
        number=entered,
        since=(deal.created_at - DAYS_BEFORE_DEAL).date(),
        counterparty_ref=parse_key(contract.counterparty_ref) if contract else None,
        contract_ref=parse_key(contract.ref_key) if contract else None,
        with_goods=_ships_whole_order(deal),
        picked=key,
    )


def _with_owners(
    store: Store, infobase: str, kind: BindingKind, deal: Deal, refusal: NumberRefused
) -> NumberRefused:
    """Note on each candidate to which deal it is bound.

    Picking a contract of another deal confirms that it serves both, so the person must see that.
    """
    run = run_of(store, deal.id, kind)
    candidates = []
    for candidate in refusal.candidates:
        others = store.bindings.elsewhere(infobase, kind, candidate["ref"], deal.id, run)
        note = note_owner(others[0], deal) if others else ""
        candidates.append(with_note(candidate, note))
    return NumberRefused(refusal.kind, str(refusal), candidates, refusal.searched)


def _ships_whole_order(deal: Deal) -> bool:
    """Whether the deal names its goods and ships all of them at once."""
    return bool(deal.values.get(GOODS)) and not deal.values.get(IN_PARTS)


def _goods_differences(deal: Deal, record: OnecRecord) -> tuple[str, ...]:
    """Name what differs between the goods of the order and those of the shipment."""
    if record.goods is None or not _ships_whole_order(deal):
        return ()
    found = goods_differences(read_goods(deal.values[GOODS]), record.goods)
    more = [f"и ещё отличий: {len(found) - MOST_NAMED}"] if len(found) > MOST_NAMED else []
    return (*found[:MOST_NAMED], *more)


def _amount_difference(deal: Deal, record: OnecRecord) -> tuple[RequisiteDifference, ...]:
    """Compare a shipment of the whole order with the order's amount; a part may have any."""
    ordered = deal.values.get(ORDER_AMOUNT)
    if ordered is None or record.amount is None or deal.values.get(IN_PARTS):
        return ()
    expected = Decimal(str(ordered))
    if abs(expected - record.amount) <= KOPECK:
        return ()
    return (RequisiteDifference("amount", money(expected), money(record.amount)),)
