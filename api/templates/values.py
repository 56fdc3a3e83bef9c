"""Texts of a template's placeholders in one deal, as its reader may see them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from api.approvals.views import approval_card
from api.deals.access import DealContext
from db.domain.approval.rounds import OUTCOME_NAMES
from db.domain.catalog import FieldKind
from db.domain.clock import BUSINESS_ZONE
from db.domain.documents.names import NotAName
from db.domain.documents.placeholders import (
    AMOUNT,
    AUTHOR,
    DEAL_ID,
    DIRECTION,
    MANAGER,
    STAGE,
    TODAY,
    Filling,
    Placeholder,
    Records,
    Use,
    Vocabulary,
    goods_records,
    record_text,
    text_of,
)
from db.domain.documents.templates import uses_of
from db.domain.fields.goods import GOODS, read_goods
from db.domain.fields.values import Json, day, money


class _Value(NamedTuple):
    """A value in its JSON form, and what shows it plainly."""

    raw: Json
    plain: Callable[[], str]


def filling_of(context: DealContext, expressions: Sequence[str], today: date) -> Filling:
    """Everything that a template with these expressions is filled with."""
    missing: dict[str, None] = {}
    undeclined: dict[str, None] = {}
    texts: dict[str, str] = {}
    of_records: dict[Records, list[tuple[str, Use]]] = {}
    for expression, use in uses_of(expressions, Vocabulary(context.store.catalog)).items():
        if use is None:
            missing[expression] = None
        elif use.placeholder.records is not None:
            of_records.setdefault(use.placeholder.records, []).append((expression, use))
        else:
            value = _value(context, use.placeholder, today)
            if value.raw is None:
                missing[use.placeholder.name] = None
            else:
                texts[expression] = _text(use, value, undeclined)
    rows: dict[str, list[Mapping[str, str]]] = {}
    for records, wanted in of_records.items():
        found = _records(context, records)
        if not found:
            missing[f"{records.value}: ни одной строки"] = None
        rows[records.value.casefold()] = [
            {expression: _record_text(use, each, undeclined) for expression, use in wanted}
            for each in found
        ]
    return Filling(texts, rows, tuple(missing), tuple(undeclined))


def _value(context: DealContext, placeholder: Placeholder, today: date) -> _Value:
    deal, catalog = context.deal, context.store.catalog
    if placeholder.field:
        field, raw = catalog.fields[placeholder.field], deal.values.get(placeholder.field)
        return _Value(raw, lambda: context.names.text(field, raw, context.store.lists))
    if placeholder.name == TODAY:
        return _Value(today.isoformat(), lambda: day(today.isoformat()))
    if placeholder.name == AMOUNT:
        amount = deal.amount(catalog)
        return _Value(None, str) if amount is None else _Value(str(amount), lambda: money(amount))
    if placeholder.name in (MANAGER, AUTHOR):
        login = deal.manager if placeholder.name == MANAGER else context.login
        return _Value(login, lambda: context.names.of(login))
    known = {
        DEAL_ID: deal.id,
        DIRECTION: context.direction.name,
        STAGE: context.direction.stage(deal.stage).name,
    }
    return _Value(known[placeholder.name], lambda: known[placeholder.name])


def _text(use: Use, value: _Value, undeclined: dict[str, None]) -> str:
    try:
        return text_of(use.placeholder.kind, value.raw, use.form, value.plain)
    except NotAName:
        undeclined[value.plain()] = None
        return value.plain()


def _record_text(use: Use, record: Mapping[str, Json], undeclined: dict[str, None]) -> str:
    raw = record[use.placeholder.name.partition(".")[2]]
    if raw is None:
        return ""
    kind = use.placeholder.kind
    plain = FieldKind.LONG_TEXT if kind is FieldKind.USER else kind
    return _text(use, _Value(raw, lambda: record_text(plain, raw)), undeclined)


def _records(context: DealContext, records: Records) -> Sequence[Mapping[str, Json]]:
    if records is Records.GOODS:
        return goods_records(read_goods(context.deal.values.get(GOODS)))
    return [
        {
            "Круг": round_.number,
            "Шаг": decision.step_name,
            "Кто": decision.person.name,
            "Роль": decision.role_name,
            "Итог": OUTCOME_NAMES[decision.outcome],
            "Комментарий": decision.comment or None,
            "Дата": decision.at.astimezone(BUSINESS_ZONE).date().isoformat(),
        }
        for round_ in approval_card(context).rounds
        for decision in round_.decisions
    ]
