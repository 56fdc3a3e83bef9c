"""Sums and dates in words; names in cases and with initials."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.domain.documents.names import Declension, NotAName, declined, with_initials
from db.domain.documents.words import LARGEST, day_in_words, number_in_words, sum_in_words


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "Ноль рублей 00 копеек"),
        ("1", "Один рубль 00 копеек"),
        ("2.01", "Два рубля 01 копейка"),
        ("11.11", "Одиннадцать рублей 11 копеек"),
        ("1500000.00", "Один миллион пятьсот тысяч рублей 00 копеек"),
        ("21011.22", "Двадцать одна тысяча одиннадцать рублей 22 копейки"),
        ("1002003004.05", "Один миллиард два миллиона три тысячи четыре рубля 05 копеек"),
        ("112.30", "Сто двенадцать рублей 30 копеек"),
    ],
)
def test_a_sum_is_written_as_in_contracts(amount: str, words: str) -> None:
    assert sum_in_words(Decimal(amount)) == words


@given(st.integers(0, LARGEST))
def test_words_of_two_numbers_differ_and_say_their_thousands(number: int) -> None:
    words = number_in_words(number)

    assert words == " ".join(words.split())
    assert words != number_in_words((number + 1) % LARGEST)
    thousands, rest = divmod(number, 1000)
    if thousands and rest:
        assert words.endswith(number_in_words(rest))


def test_a_number_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="between"):
        number_in_words(LARGEST + 1)


def test_a_date_is_written_in_words() -> None:
    assert day_in_words(date(2026, 11, 28)) == "28\u00a0ноября 2026\u00a0г."


@pytest.mark.parametrize(
    ("name", "genitive", "dative", "short"),
    [
        (
            "Иванов Иван Петрович",
            "Иванова Ивана Петровича",
            "Иванову Ивану Петровичу",
            "Иванов И. П.",
        ),
        ("Анна Сергеевна Седых", "Анны Сергеевны Седых", "Анне Сергеевне Седых", "Седых А. С."),
        ("Иван Петров", "Ивана Петрова", "Ивану Петрову", "Петров И."),
        ("Кузнецова Ольга", "Кузнецовой Ольги", "Кузнецовой Ольге", "Кузнецова О."),
        (
            "Роман Аркадьевич Абрамович",
            "Романа Аркадьевича Абрамовича",
            "Роману Аркадьевичу Абрамовичу",
            "Абрамович Р. А.",
        ),
    ],
)
def test_a_name_is_declined_in_the_order_it_has(
    name: str, genitive: str, dative: str, short: str
) -> None:
    assert declined(name, Declension.GENITIVE) == genitive
    assert declined(name, Declension.DATIVE) == dative
    assert with_initials(name) == short.replace(" ", "\u00a0")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Иванов",
        "Иванов И. П.",
        "ООО «Ромашка»",
        "Иванов Петров",
        "a b",
        "Иванов Иван " + "я" * 200,
    ],
)
def test_what_is_no_certain_name_is_not_declined_by_guess(text: str) -> None:
    with pytest.raises(NotAName):
        declined(text, Declension.GENITIVE)
