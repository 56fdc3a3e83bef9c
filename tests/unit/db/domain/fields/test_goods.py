"""Goods of an order: what is read, what is refused and in which words, sums, differences."""

from decimal import Decimal
from typing import Any

import pytest

from db.domain.catalog import Field, FieldKind
from db.domain.fields.goods import (
    MAX_LINES,
    BadGoods,
    GoodsLine,
    goods_changes,
    goods_differences,
    parse_goods,
    read_goods,
    total,
)
from db.domain.fields.values import BadValue, parse, present
from tests.support.builders import NoLists

GOODS = Field("goods", "Товары заказа", FieldKind.GOODS, "order")


def a_line(**given: Any) -> dict[str, Any]:
    return {"article": "ПЦ-16", "name": "Пила цепная", "quantity": "2", "price": "8990.00", **given}


def line(article: str, name: str, quantity: str, price: str | None = None) -> GoodsLine:
    return GoodsLine(
        article, name, Decimal(quantity), "шт.", None if price is None else Decimal(price)
    )


def test_numbers_are_read_as_people_in_russia_write_them() -> None:
    raw = [a_line(quantity="1 002,50", price="1\u00a0990,5"), a_line(quantity=3, price=None)]

    stored = [one.stored for one in parse_goods(raw)]

    assert stored == [
        {
            "article": "ПЦ-16",
            "name": "Пила цепная",
            "quantity": "1002.5",
            "unit": "шт.",
            "price": "1990.50",
        },
        {
            "article": "ПЦ-16",
            "name": "Пила цепная",
            "quantity": "3",
            "unit": "шт.",
            "price": None,
        },
    ]
    assert [one.stored for one in parse_goods(stored)] == stored
    assert [one.stored for one in read_goods(stored)] == stored


def test_sums_are_exact_to_the_kopeck() -> None:
    lines = parse_goods(
        [a_line(quantity="0,333", price="10,01"), a_line(quantity="3", price="0,10")]
    )

    assert [one.amount for one in lines] == [Decimal("3.33"), Decimal("0.30")]
    assert total(lines) == Decimal("3.63")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": " "}, "Строка 2: укажите наименование."),
        ({"quantity": "0"}, "Строка 2: укажите количество больше нуля"),
        ({"quantity": "-1"}, "Строка 2: укажите количество"),
        ({"quantity": "2,5555"}, "Строка 2: укажите количество"),
        ({"quantity": "1e5"}, "Строка 2: укажите количество"),
        ({"quantity": 2.5}, "Строка 2: укажите количество"),
        ({"quantity": True}, "Строка 2: укажите количество"),
        ({"quantity": None}, "Строка 2: укажите количество"),
        ({"quantity": 10**400}, "Строка 2: укажите количество"),
        ({"quantity": "٣"}, "Строка 2: укажите количество"),
        ({"price": "10,001"}, "Строка 2: укажите цену"),
        ({"price": "много"}, "Строка 2: укажите цену"),
        ({"price": "999999999"}, "Строка 2: укажите цену"),
        ({"article": "А" * 51}, "Строка 2: артикул: не длиннее 50"),
        ({"name": "Пила\x00"}, "Строка 2: наименование: в тексте есть"),
        ({"name": ["Пила"]}, "Строка 2: наименование: ожидается текст"),
        ({"sum": "1"}, "Строка 2: ожидаются article"),
    ],
)
def test_a_wrong_line_is_named_with_what_to_do(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(BadGoods, match="Строка 2") as refusal:
        parse_goods([a_line(), a_line(**wrong)])

    assert str(refusal.value).startswith(words)


def test_the_number_of_lines_and_of_complaints_is_bounded() -> None:
    with pytest.raises(BadGoods, match=f"Не больше {MAX_LINES} строк, сейчас 301"):
        parse_goods([a_line()] * (MAX_LINES + 1))
    with pytest.raises(BadGoods) as many:
        parse_goods([a_line(name="")] * 8)
    assert str(many.value).endswith("И ещё строк с ошибками: 3.")
    with pytest.raises(BadGoods, match="Ожидается перечень"):
        parse_goods("Пила")


@pytest.mark.parametrize(
    ("prices", "text"),
    [
        (["8990.00"], "1 позиция на 17\u00a0980\u00a0₽"),
        (["10.50", "10.50"], "2 позиции на 42\u00a0₽"),
        ([None] * 11, "11 позиций, без цены: 11"),
        (["1.00"] * 4 + [None], "5 позиций на 8\u00a0₽, без цены: 1"),
        (["1.00"] * 21, "21 позиция на 42\u00a0₽"),
    ],
)
def test_the_history_and_lists_describe_an_order_in_a_few_words(
    prices: list[str | None], text: str
) -> None:
    value = parse(GOODS, [a_line(price=price) for price in prices], NoLists())

    assert present(GOODS, value, NoLists()) == text


def test_a_field_says_what_is_wrong_and_empty_lines_are_no_value() -> None:
    assert parse(GOODS, [], NoLists()) is None
    with pytest.raises(BadValue, match="Строка 1"):
        parse(GOODS, [a_line(quantity="")], NoLists())


def test_equal_goods_have_no_differences() -> None:
    ordered = [line("ПЦ-16", "Пила цепная", "2", "8990"), line("", "Масло", "3")]
    shipped = [
        line("", "масло ", "3", "200"),
        line("пц-16", "Бензопила", "1", "8990"),
        line("ПЦ-16", "Пила цепная", "1", "8990"),
    ]

    assert goods_differences(ordered, shipped) == []


def test_changes_of_an_order_are_told_line_by_line() -> None:
    before = [line("А-1", "Пила", "2", "100"), line("А-2", "Шина", "5"), line("", "Масло", "1")]
    after = [line("А-1", "Пила", "1.5", "90"), line("", "масло", "1"), line("А-3", "Цепь", "4")]

    assert goods_changes(before, after) == [
        "добавлено: А-3 Цепь, 4 шт.",
        "А-1 Пила: 2 шт. → 1,5 шт.",
        "А-1 Пила: 100,00\u00a0₽ → 90,00\u00a0₽",
        "убрано: А-2 Шина, 5 шт.",
    ]
    assert goods_changes(before, before[::-1]) == []


def test_each_difference_is_named() -> None:
    ordered = [line("А-1", "Пила", "2", "100"), line("А-2", "Шина", "5"), line("", "Масло", "1")]
    shipped = [
        line("А-1", "Пила", "1.5", "90"),
        line("А-9", "Масло", "1"),
        line("А-3", "Цепь", "4"),
    ]

    assert goods_differences(ordered, shipped) == [
        "А-1 Пила: в заказе 2 шт., в реализации 1,5 шт.",
        "А-1 Пила: цена в заказе 100,00\u00a0₽, в реализации 90,00\u00a0₽",
        "А-2 Шина: в заказе 5 шт., в реализации нет",
        "А-3 Цепь: в заказе нет, в реализации 4 шт.",
    ]
