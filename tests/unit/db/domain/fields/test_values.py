"""What people and machines may send for a field, the one form we keep, and how it is shown."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.domain.catalog import Field, FieldKind
from db.domain.fields.values import BadValue, day, money, parse, present
from tests.support.builders import a_catalog, lists_of

LISTS = lists_of(a_catalog(), ("markupGroups", "network"))


def a_field(kind: FieldKind, **more: Any) -> Field:
    return Field(code="field", label="Поле", kind=kind, group="request", **more)


@pytest.mark.parametrize("kind", list(FieldKind))
@pytest.mark.parametrize("nothing", [None, "", "   ", "\t\n", "\u00a0", "\u200b\ufeff", []])
def test_nothing_is_an_empty_value_for_every_kind(kind: Any, nothing: Any) -> None:
    assert parse(a_field(kind, list="markupGroups"), nothing, LISTS) is None


@pytest.mark.parametrize(
    ("kind", "sent", "kept"),
    [
        (FieldKind.TEXT, "  ООО  «Сад»\n ", "ООО «Сад»"),
        (FieldKind.TEXT, "я" * 500, "я" * 500),
        (FieldKind.LONG_TEXT, " первая\r\nвторая ", "первая\nвторая"),
        (FieldKind.MONEY, "1500000", "1500000.00"),
        (FieldKind.MONEY, "1 500 000,50", "1500000.50"),
        (FieldKind.MONEY, "1\u00a0500\u202f000,5 ₽", "1500000.50"),
        (FieldKind.MONEY, "1500 руб.", "1500.00"),
        (FieldKind.MONEY, 1500, "1500.00"),
        (FieldKind.MONEY, 0, "0.00"),
        (FieldKind.MONEY, "-0", "0.00"),
        (FieldKind.MONEY, "1.50000", "1.50"),
        (FieldKind.MONEY, "999999999999.99", "999999999999.99"),
        (FieldKind.INTEGER, 3, 3),
        (FieldKind.INTEGER, " 3 ", 3),
        (FieldKind.INTEGER, 0, 0),
        (FieldKind.DATE, "2026-11-23", "2026-11-23"),
        (FieldKind.DATE, "23.11.2026", "2026-11-23"),
        (FieldKind.DATE, "29.02.2028", "2028-02-29"),
        (
            FieldKind.DATE_RANGE,
            {"from": "01.12.2026", "to": "2026-12-31"},
            {"from": "2026-12-01", "to": "2026-12-31"},
        ),
        (
            FieldKind.DATE_RANGE,
            {"from": "2026-12-01", "to": "2026-12-01"},
            {"from": "2026-12-01", "to": "2026-12-01"},
        ),
        (FieldKind.BOOLEAN, True, True),
        (FieldKind.BOOLEAN, False, False),
        (FieldKind.LIST, "wholesale", "wholesale"),
        (FieldKind.MULTI_LIST, ["retail", "dealer", "retail"], ["retail", "dealer"]),
        (FieldKind.INN, " 7707 083893 ", "7707083893"),
        (FieldKind.OGRN, "1027700132195", "1027700132195"),
        (FieldKind.OGRN, "315774600000061", "315774600000061"),
        (FieldKind.KPP, "7707ab001", "7707AB001"),
        (FieldKind.USER, "manager1", "manager1"),
        (FieldKind.EMAIL, "zakaz@sad-mir.ru", "zakaz@sad-mir.ru"),
        (FieldKind.EMAIL, "иван@почта.рф", "иван@почта.рф"),
        (FieldKind.PHONE, "+7 (495) 123-45-67", "+7 (495) 123-45-67"),
    ],
)
def test_a_value_is_kept_in_one_form(kind: Any, sent: Any, kept: Any) -> None:
    result = parse(a_field(kind, list="markupGroups"), sent, LISTS)

    assert result == kept
    assert type(result) is type(kept)


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        (FieldKind.TEXT, 5),
        (FieldKind.TEXT, True),
        (FieldKind.TEXT, {"a": 1}),
        (FieldKind.TEXT, ["text"]),
        (FieldKind.TEXT, "я" * 501),
        (FieldKind.TEXT, "нуль\x00байт"),
        (FieldKind.TEXT, "звонок\x07"),
        (FieldKind.TEXT, "удаление\x7f"),
        (FieldKind.TEXT, "половина пары \ud800"),
        (FieldKind.LONG_TEXT, "я" * 10_001),
        (FieldKind.MONEY, "-1"),
        (FieldKind.MONEY, "-0,01"),
        (FieldKind.MONEY, "1,005"),
        (FieldKind.MONEY, "1.000.000"),
        (FieldKind.MONEY, "сто"),
        (FieldKind.MONEY, "NaN"),
        (FieldKind.MONEY, "sNaN"),
        (FieldKind.MONEY, "Infinity"),
        (FieldKind.MONEY, "-Infinity"),
        (FieldKind.MONEY, "1_000"),
        (FieldKind.MONEY, "١٢٣"),
        (FieldKind.MONEY, "1e400"),
        (FieldKind.MONEY, "1e-400"),
        (FieldKind.MONEY, "1e999999999"),
        (FieldKind.MONEY, "1e-999999999"),
        (FieldKind.MONEY, "9" * 5000),
        (FieldKind.MONEY, "1000000000000"),
        (FieldKind.MONEY, 1.5),
        (FieldKind.MONEY, float("nan")),
        (FieldKind.MONEY, True),
        (FieldKind.MONEY, [1]),
        (FieldKind.INTEGER, True),
        (FieldKind.INTEGER, 1.0),
        (FieldKind.INTEGER, -1),
        (FieldKind.INTEGER, "3.5"),
        (FieldKind.INTEGER, "1e3"),
        (FieldKind.INTEGER, 1_000_000_000),
        (FieldKind.INTEGER, "9" * 5000),
        (FieldKind.DATE, "31.02.2026"),
        (FieldKind.DATE, "29.02.2026"),
        (FieldKind.DATE, "23/11/2026"),
        (FieldKind.DATE, "11-23-2026"),
        (FieldKind.DATE, "2026-W48-1"),
        (FieldKind.DATE, "20261123"),
        (FieldKind.DATE, "0206-11-23"),
        (FieldKind.DATE, 20261123),
        (FieldKind.DATE_RANGE, {"from": "2026-12-31", "to": "2026-12-01"}),
        (FieldKind.DATE_RANGE, {"from": "2026-12-01"}),
        (FieldKind.DATE_RANGE, {"from": "2026-12-01", "to": None}),
        (FieldKind.DATE_RANGE, {"from": "2026-12-01", "to": ""}),
        (FieldKind.DATE_RANGE, {"from": "2026-12-01", "to": "2026-12-31", "x": 1}),
        (FieldKind.DATE_RANGE, ["2026-12-01", "2026-12-31"]),
        (FieldKind.BOOLEAN, "true"),
        (FieldKind.BOOLEAN, 1),
        (FieldKind.BOOLEAN, 0),
        (FieldKind.LIST, "unknown"),
        (FieldKind.LIST, "network"),
        (FieldKind.LIST, ["wholesale"]),
        (FieldKind.MULTI_LIST, "wholesale"),
        (FieldKind.MULTI_LIST, ["wholesale", "unknown"]),
        (FieldKind.MULTI_LIST, [None]),
        (FieldKind.INN, "7707083894"),
        (FieldKind.INN, 7707083893),
        (FieldKind.OGRN, "1027700132196"),
        (FieldKind.KPP, "77070100"),
        (FieldKind.USER, "иванов"),
        (FieldKind.USER, "a b"),
        (FieldKind.EMAIL, "нет адреса"),
        (FieldKind.EMAIL, "a@b"),
        (FieldKind.EMAIL, "a@b.ru\nBcc: c@d.ru"),
        (FieldKind.PHONE, "позвонить"),
        (FieldKind.FILE, "cGRm"),
    ],
)
def test_a_bad_value_is_refused_with_a_russian_sentence(kind: Any, sent: Any) -> None:
    with pytest.raises(BadValue) as refusal:
        parse(a_field(kind, list="markupGroups"), sent, LISTS)

    assert any("а" <= letter <= "я" for letter in str(refusal.value))
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize(("sent", "fits"), [(0, False), (1, True), ("0", False), ("1", True)])
def test_a_number_of_shops_begins_with_one(sent: Any, fits: bool) -> None:
    shops = a_field(FieldKind.INTEGER, minimum=1)

    if fits:
        assert parse(shops, sent, LISTS) == 1
    else:
        with pytest.raises(BadValue, match="не меньше 1"):
            parse(shops, sent, LISTS)


@given(st.decimals(min_value=0, max_value=10**11, places=2))
def test_money_survives_showing_and_reading_back(amount: Any) -> None:
    field = a_field(FieldKind.MONEY)

    kept = parse(field, money(amount), LISTS)

    assert Decimal(kept) == amount


@given(st.dates())
def test_a_date_survives_showing_and_reading_back(date: Any) -> None:
    field = a_field(FieldKind.DATE)

    if 1900 <= date.year <= 2200:
        assert parse(field, day(date.isoformat()), LISTS) == date.isoformat()
    else:
        with pytest.raises(BadValue):
            parse(field, date.isoformat(), LISTS)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.sampled_from(list(FieldKind)), JSON)
def test_whatever_is_sent_is_either_kept_or_refused(kind: Any, sent: Any) -> None:
    field = a_field(kind, list="markupGroups")

    try:
        kept = parse(field, sent, LISTS)
    except BadValue:
        return

    assert parse(field, kept, LISTS) == kept


@pytest.mark.parametrize(
    ("kind", "kept", "shown"),
    [
        (FieldKind.TEXT, None, ""),
        (FieldKind.MONEY, "1500000.00", "1\u00a0500\u00a0000\u00a0₽"),
        (FieldKind.MONEY, "1500000.50", "1\u00a0500\u00a0000,50\u00a0₽"),
        (FieldKind.DATE, "2026-11-23", "23.11.2026"),
        (
            FieldKind.DATE_RANGE,
            {"from": "2026-12-01", "to": "2026-12-31"},
            "с 01.12.2026 по 31.12.2026",
        ),
        (FieldKind.BOOLEAN, False, "нет"),
        (FieldKind.BOOLEAN, True, "да"),
        (FieldKind.LIST, "wholesale", "Опт"),
        (FieldKind.LIST, "network", "Сетевая"),
        (FieldKind.MULTI_LIST, ["wholesale", "dealer"], "Опт, Дилерская"),
        (FieldKind.INTEGER, 0, "0"),
    ],
)
def test_values_are_shown_as_people_in_russia_write_them(kind: Any, kept: Any, shown: str) -> None:
    assert present(a_field(kind, list="markupGroups"), kept, LISTS) == shown


@pytest.mark.parametrize(
    ("kind", "sent", "kept"),
    [
        (FieldKind.PHONE, "\u202a+7 495 123-45-67\u202c", "+7 495 123-45-67"),
        (FieldKind.MONEY, "\u200e1 500,00\u200e", "1500.00"),
        (FieldKind.EMAIL, "ivan\u00ad@example.ru", "ivan@example.ru"),
        (FieldKind.DATE, "\u206823.11.2026\u2069", "2026-11-23"),
        (FieldKind.INTEGER, "\ufeff3", 3),
    ],
)
def test_marks_that_come_with_a_pasted_value_are_dropped(kind: Any, sent: str, kept: Any) -> None:
    assert parse(a_field(kind), sent, LISTS) == kept


@pytest.mark.parametrize("kind", [kind for kind in FieldKind if kind is not FieldKind.FILE])
def test_a_value_of_any_kind_that_is_far_too_long_is_refused(kind: Any) -> None:
    with pytest.raises(BadValue, match="20001 символов"):
        parse(a_field(kind, list="markupGroups"), "9" * 20_000 + "x", LISTS)


def test_a_list_of_thousands_of_values_is_refused() -> None:
    with pytest.raises(BadValue, match="Не больше 1000 значений"):
        parse(a_field(FieldKind.MULTI_LIST, list="markupGroups"), ["retail"] * 1001, LISTS)


def test_only_a_field_of_the_system_is_signed_by_a_program() -> None:
    signed = a_field(FieldKind.USER, system=True)

    assert parse(signed, "token:site", LISTS) == "token:site"
    with pytest.raises(BadValue):
        parse(a_field(FieldKind.USER), "token:site", LISTS)
