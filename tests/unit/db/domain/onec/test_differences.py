"""Differences between a bound number and its row in 1C: comparison and acceptance rules."""

from datetime import date
from typing import Any

import pytest

from db.domain.onec.bindings import BindingState, NumberUnreadable
from db.domain.onec.differences import Difference, compare
from tests.support.builders import NOW, Row, a_binding


@pytest.mark.parametrize(
    ("row", "found", "state", "person"),
    [
        (Row(), [], "verified", False),
        (Row(posted=True, data_version="v2"), [], "verified", False),
        (Row(number="18-ОП"), ["numberChanged"], "verified", True),
        (Row(date=date(2026, 11, 3)), ["dateChanged"], "verified", False),
        (Row(posted=False), ["unposted"], "notPosted", True),
        (Row(posted=False, deletion_mark=True), ["markedDeleted"], "markedDeleted", True),
        (Row(number="18", date=None), ["numberChanged", "dateChanged"], "verified", True),
        (None, ["lost"], "lost", True),
    ],
)
def test_a_row_is_compared_with_what_was_bound(
    row: Any, found: Any, state: str, person: bool
) -> None:
    compared = compare(a_binding(), row, NOW)

    assert list(compared.standing) == found
    assert compared.binding.state == state
    assert compared.needs_a_person is person
    assert compared.is_news is bool(found)
    assert all(sentence.endswith(".") for sentence in compared.standing.values())


def test_what_is_known_is_no_news_but_still_stands() -> None:
    first = compare(a_binding(), Row(posted=False, number="18-ОП"), NOW)
    second = compare(first.binding, Row(posted=False, number="18-ОП"), NOW)

    assert (first.is_news, second.is_news) == (True, False)
    assert list(second.standing) == [Difference.NUMBER_CHANGED, Difference.UNPOSTED]
    assert second.text == first.text
    assert second.needs_a_person


def test_a_number_that_is_changed_back_is_no_difference_any_more() -> None:
    changed = compare(a_binding(), Row(number="18-ОП", date=None), NOW).binding

    restored = compare(changed, Row(), NOW)

    assert (restored.is_news, restored.standing) == (True, {})
    assert (restored.binding.agreed_number, restored.binding.agreed_date) == (None, None)


def test_what_was_accepted_is_over_once_the_row_was_well_again() -> None:
    lost = compare(a_binding(), None, NOW).accepted("Базу свернули", "lawyer1").binding
    assert not compare(lost, None, NOW).needs_a_person

    back = compare(lost, Row(data_version="v5"), NOW).binding

    assert compare(back, None, NOW).needs_a_person


def test_a_row_without_a_number_keeps_the_one_that_people_know() -> None:
    compared = compare(a_binding(), Row(number=""), NOW)

    assert (compared.binding.number, compared.standing) == ("17-ОП", {})


@pytest.mark.parametrize("number", ["", "  "])
def test_nothing_is_bound_that_a_person_cannot_read(number: str) -> None:
    with pytest.raises(NumberUnreadable):
        a_binding(number=number)


@pytest.mark.parametrize(("row", "version"), [(Row(posted=False), "v1"), (None, "lost")])
def test_an_accepted_difference_is_settled_until_the_row_changes_again(
    row: Any, version: str
) -> None:
    settled = a_binding(settled_version=version)

    assert not compare(settled, row, NOW).needs_a_person
    assert compare(settled, Row(posted=False, data_version="v2"), NOW).needs_a_person


def test_a_row_that_was_mended_is_verified_again() -> None:
    compared = compare(a_binding(state=BindingState.NOT_POSTED), Row(posted=True), NOW)

    assert compared.binding.state is BindingState.VERIFIED
    assert (compared.is_news, compared.standing) == (True, {})
