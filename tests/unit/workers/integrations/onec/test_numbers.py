"""Comparison of entered numbers with the numbers of records."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.integrations.onec.numbers import match_method, normalize
from workers.ports.onec import MatchMethod

NBSP = "\u00a0"

AGREEMENTS = [
    ("ПТ-2026-014", "ПТ-2026-014", MatchMethod.EXACT),
    (" ПТ-2026-014", "ПТ-2026-014", MatchMethod.NORMALIZED),
    ("пт-2026-014", "ПТ-2026-014", MatchMethod.NORMALIZED),
    ("ПТ–2026—014", "ПТ-2026-014", MatchMethod.NORMALIZED),
    ("ПТ−2026‑014", "ПТ-2026-014", MatchMethod.NORMALIZED),
    ("ПТ - 2026 - 014", "ПТ-2026-014", MatchMethod.NORMALIZED),
    (f"№{NBSP}15/2026", "15/2026", MatchMethod.NORMALIZED),
    ("N 15/2026", "15/2026", MatchMethod.NORMALIZED),
    ("No. 15/2026", "15/2026", MatchMethod.NORMALIZED),
    ("N15/2026", "№15/2026", MatchMethod.NORMALIZED),
    ("15\u00ad/2026", "15/2026", MatchMethod.NORMALIZED),
    (f"12{NBSP} К", "12 К", MatchMethod.NORMALIZED),
    ("Й-1", "И\u0306-1", MatchMethod.NORMALIZED),
    ("PT-1", "РТ-1", MatchMethod.LOOKALIKE),
    ("CAT-1", "САТ-1", MatchMethod.LOOKALIKE),
    ("ПТ-15", "ПТ-0015", MatchMethod.DIGITS),
    ("123", "ПТ00-000123", MatchMethod.DIGITS),
    ("ИБ-АВ123", "ОРИБ-АВ0000123", MatchMethod.DIGITS),
    ("0", "ПТ-000", MatchMethod.DIGITS),
    ("23", "ПТ00-000123", None),
    ("АБ-15", "ПТ-15", None),
    ("15-К", "15-М", None),
    ("ПТ-2026-014", "ПТ-2026-014/1", None),
    ("٣", "3", None),
]


@pytest.mark.parametrize(("entered", "stored", "expected"), AGREEMENTS)
def test_a_typed_number_agrees_with_the_stored_one_as_a_person_would_say(
    entered: str, stored: str, expected: MatchMethod | None
) -> None:
    agreed = match_method(entered, stored, code="")

    assert agreed is expected


def test_the_code_of_the_row_is_recognised_when_people_confuse_it_with_the_number() -> None:
    assert match_method("00-00000012", "ПТ-7", code="00-00000012") is MatchMethod.CODE
    assert match_method("oo-00000012", "ПТ-7", code="00-00000012") is None


def test_the_number_is_surer_than_the_code() -> None:
    assert match_method("12", "12", code="12") is MatchMethod.EXACT


@pytest.mark.parametrize("blank", ["", "  ", "№", f"{NBSP}№ "])
def test_nothing_typed_agrees_with_nothing_not_even_a_contract_without_a_number(blank: str) -> None:
    assert match_method(blank, "", code="") is None
    assert match_method(blank, "№", code="") is None


def test_a_contract_without_a_number_agrees_with_no_digits() -> None:
    assert match_method("15", "", code="") is None


def test_a_text_of_thousands_of_digits_is_no_number() -> None:
    assert match_method("9" * 10_000, "0" + "9" * 10_000) is None


SIGNS = st.text(alphabet="ПТпт AaN№#oO.°º/-–—\u00a00129", max_size=20)


@given(SIGNS)
def test_a_normal_form_is_its_own_normal_form(number: str) -> None:
    once = normalize(number)

    assert normalize(once) == once


@given(SIGNS)
def test_every_number_agrees_with_itself_unless_nothing_is_left_of_it(number: str) -> None:
    assert (match_method(number, number) is MatchMethod.EXACT) == bool(normalize(number))
