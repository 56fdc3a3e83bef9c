"""Finds the order in 1C that a person asked for, with goods that the deal may take. Reads only."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from db.domain.fields.goods import MAX_LINES, UNIT, BadGoods, GoodsLine, parse_goods
from db.domain.onec.bindings import BindingKind
from db.domain.onec.orders import FoundOrder, OrderAnswer, OrderRequest, RefusedOrder
from workers.ports.onec import ORDER, Found, NumberQuery, OnecRecord, parse_key
from workers.ports.services import ExternalServices
from workers.services.onec.messages import difference_text, refusal_of

DAYS_BEFORE_DEAL = timedelta(days=90)
"""So much older than its deal may an order be; numbers restart every year."""
NOT_CONNECTED = RefusedOrder(
    "ONEC_NOT_CONNECTED", "1С к порталу не подключена. Введите товары вручную."
)
NO_INN = RefusedOrder(
    "NO_INN",
    "В карточке сделки нет ИНН, заказ клиента не найти. Заполните ИНН и нажмите «Найти» ещё раз.",
)
NAMED = 3
"""Lines that one sentence names."""


def find_order(request: OrderRequest, external: ExternalServices) -> OrderAnswer:
    """Find the order of the deal's client. Safe to repeat because it only reads.

    Raises: OnecUnavailable, OnecMisconfigured, OnecRejected.
    """
    if not external.onec.verifies:
        return NOT_CONNECTED
    with external.reading() as store:
        deal = store.deals.get(request.deal_id)
        contract = store.bindings.active(deal.id, BindingKind.CONTRACT)
    inn = deal.values.get("inn")
    if not inn:
        return NO_INN
    result = external.onec.orders.find(
        NumberQuery(
            inn=inn,
            number=request.number,
            since=(deal.created_at - DAYS_BEFORE_DEAL).date(),
            counterparty_ref=parse_key(contract.counterparty_ref) if contract else None,
            contract_ref=parse_key(contract.ref_key) if contract else None,
            with_goods=True,
            picked=parse_key(request.picked),
        )
    )
    if not isinstance(result, Found):
        refusal = refusal_of(ORDER, request.number, result)
        return RefusedOrder(result.kind, str(refusal), refusal.candidates)
    record = result.record
    try:
        goods = _goods_of(record)
    except BadGoods as bad:
        return RefusedOrder("ORDER_GOODS_UNFIT", f"Заказ № {record.number} не взять. {bad}")
    return FoundOrder(
        record.number, record.date, goods, tuple(map(difference_text, result.warnings))
    )


def _goods_of(record: OnecRecord) -> tuple[GoodsLine, ...]:
    """Return the lines as a deal keeps them. Raises: BadGoods."""
    if record.goods is None:
        raise BadGoods(f"В нём больше {MAX_LINES} строк: разделите его в 1С на несколько.")
    if not record.goods:
        raise BadGoods("В нём нет товаров. Заполните их в 1С и нажмите «Найти» ещё раз.")
    _refuse(
        "Номенклатура не найдена в 1С",
        [f"строка {at}" for at, line in enumerate(record.goods, 1) if not line.name],
    )
    _refuse(
        "В 1С не указана единица измерения",
        [f"«{line.name}»" for line in record.goods if not line.unit],
    )
    lines = [replace(line, unit=_spelled(line.unit)).stored for line in record.goods]
    try:
        return parse_goods(lines)
    except BadGoods as bad:
        raise BadGoods(f"{bad} Исправьте в 1С или введите товары вручную.") from bad


def _refuse(what: str, where: Sequence[str]) -> None:
    """Raise BadGoods if there is anything to name."""
    if where:
        more = f" и ещё {len(where) - NAMED}" if len(where) > NAMED else ""
        named = ", ".join(where[:NAMED])
        raise BadGoods(
            f"{what}: {named}{more}. Исправьте в 1С и нажмите «Найти» ещё раз или введите товары "
            "вручную."
        )


def _spelled(unit: str) -> str:
    """Return the unit as the forms spell it: 1C writes pieces without the dot."""
    return UNIT if f"{unit}." == UNIT else unit
