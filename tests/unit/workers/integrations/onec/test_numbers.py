"""Numbers as people type them against numbers as 1C has them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.integrations.onec.numbers import agreement, normalise
from workers.ports.onec_contracts import Match

NBSP = "\u00a0"

AGREEMENTS = [
    ("ПТ-2026-014", "ПТ-2026-014", Match.EXACT),
    (" ПТ-2026-014", "ПТ-2026-014", Match.NORMALISED),
    ("пт-2026-014", "ПТ-2026-014", Match.NORMALISED),
    ("ПТ–2026—014", "ПТ-2026-014", Match.NORMALISED),
    ("ПТ−2026‑014", "ПТ-2026-014", Match.NORMALISED),
    ("ПТ - 2026 - 014", "ПТ-2026-014", Match.NORMALISED),
    (f"№{NBSP}15/2026", "15/2026", Match.NORMALISED),
    ("N 15/2026", "15/2026", Match.NORMALISED),
    ("No. 15/2026", "15/2026", Match.NORMALISED),
    ("N15/2026", "№15/2026", Match.NORMALISED),
    ("15\u00ad/2026", "15/2026", Match.NORMALISED),
    (f"12{NBSP} К", "12 К", Match.NORMALISED),
    ("Й-1", "И\u0306-1", Match.NORMALISED),
    ("PT-1", "РТ-1", Match.LOOKALIKE),
    ("CAT-1", "САТ-1", Match.LOOKALIKE),
    ("ПТ-15", "ПТ-0015", Match.DIGITS),
    ("123", "ПТ00-000123", Match.DIGITS),
    ("ИБ-АВ123", "ОРИБ-АВ0000123", Match.DIGITS),
    ("0", "ПТ-000", Match.DIGITS),
    ("23", "ПТ00-000123", None),
    ("АБ-15", "ПТ-15", None),
    ("15-К", "15-М", None),
    ("ПТ-2026-014", "ПТ-2026-014/1", None),
    ("٣", "3", None),
]


@pytest.mark.parametrize(("entered", "stored", "expected"), AGREEMENTS)
def test_a_typed_number_agrees_with_the_stored_one_as_a_person_would_say(
    entered: str, stored: str, expected: Match | None
) -> None:
    agreed = agreement(entered, stored, code="")

    assert agreed is expected


def test_the_code_of_the_row_is_recognised_when_people_confuse_it_with_the_number() -> None:
    assert agreement("00-00000012", "ПТ-7", code="00-00000012") is Match.CODE
    assert agreement("oo-00000012", "ПТ-7", code="00-00000012") is None


def test_the_number_is_surer_than_the_code() -> None:
    assert agreement("12", "12", code="12") is Match.EXACT


@pytest.mark.parametrize("blank", ["", "  ", "№", f"{NBSP}№ "])
def test_nothing_typed_agrees_with_nothing_not_even_a_contract_without_a_number(blank: str) -> None:
    assert agreement(blank, "", code="") is None
    assert agreement(blank, "№", code="") is None


def test_a_contract_without_a_number_agrees_with_no_digits() -> None:
    assert agreement("15", "", code="") is None


def test_a_text_of_thousands_of_digits_is_no_number() -> None:
    assert agreement("9" * 10_000, "0" + "9" * 10_000) is None


SIGNS = st.text(alphabet="ПТпт AaN№#oO.°º/-–—\u00a00129", max_size=20)


@given(SIGNS)
def test_a_normal_form_is_its_own_normal_form(number: str) -> None:
    once = normalise(number)

    assert normalise(once) == once


@given(SIGNS)
def test_every_number_agrees_with_itself_unless_nothing_is_left_of_it(number: str) -> None:
    assert (agreement(number, number) is Match.EXACT) == bool(normalise(number))
