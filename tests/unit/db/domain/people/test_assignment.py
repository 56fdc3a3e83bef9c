"""Who gets a task: the rule of names, absences, substitutes and groups, and the step that asks."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from db.domain.catalog import ListItem
from db.domain.errors import FieldsInvalid
from db.domain.people.absences import Absence, check
from db.domain.people.assignment import Assignment, At, Because, assign, attribute_for
from tests.support.builders import a_catalog

ROLE = "onecOperators"
DAY = date(2026, 11, 23)
NAMES = {"olga": "Ольга Зайцева"}


def away(person: str, substitute: str | None = None, **given: Any) -> Absence:
    known = Absence(
        id=f"away-{person}",
        person=person,
        substitute=substitute,
        first_day=DAY,
        last_day=date(2026, 11, 30),
        reason="отпуск",
        created_by="portal1",
        created_at=datetime(2026, 11, 20, tzinfo=UTC),
    )
    return replace(known, **given)


def chosen(named: str | None, *absences: Absence, members: str = "olga dina vera") -> Assignment:
    return assign(ROLE, named, members.split(), absences)


LONG = [away(f"p{n}", f"p{n + 1}") for n in range(9)]


@pytest.mark.parametrize(
    ("given", "person", "because"),
    [
        (chosen("olga"), "olga", Because.NAMED),
        (chosen(None), None, Because.NOT_NAMED),
        (chosen("gone"), None, Because.NOT_IN_ROLE),
        (chosen("gone", away("gone", "dina")), "dina", Because.SUBSTITUTE),
        (chosen("olga", away("olga")), None, Because.AWAY),
        (chosen("olga", away("olga", "dina")), "dina", Because.SUBSTITUTE),
        (chosen("olga", away("olga", "stranger")), None, Because.AWAY),
        (chosen("olga", away("olga", "dina"), away("dina", "vera")), "vera", Because.SUBSTITUTE),
        (chosen("olga", away("olga", "gone"), away("gone", "vera")), "vera", Because.SUBSTITUTE),
        (chosen("olga", away("olga", "dina"), away("dina", "olga")), None, Because.AWAY),
        (chosen("olga", away("olga", "olga")), None, Because.AWAY),
        (chosen("p0", *LONG, members="p0 p9"), None, Because.AWAY),
    ],
)
def test_the_rule(given: Assignment, person: str | None, because: Because) -> None:
    assert (given.person, given.because) == (person, because)
    assert given.alerts is (person is None)
    assert given.group == ROLE


def test_why_is_told_in_words() -> None:
    def tell(login: str) -> str:
        return NAMES.get(login) or login

    assert chosen("olga").words(tell) == "назначен"
    assert chosen(None).words(tell) == "не назначен"
    assert chosen("gone").words(tell) == "gone: уволен или не в роли"
    assert chosen("olga", away("olga", "dina")).words(tell) == (
        "замещение: Ольга Зайцева в отъезде до 30.11.2026"
    )
    assert chosen("olga", away("olga")).words(tell) == (
        "Ольга Зайцева: в отъезде до 30.11.2026, замещения нет"
    )


def test_each_end_of_a_transfer_has_a_storekeeper_of_its_own() -> None:
    known = a_catalog().lists["shippingDirections"]

    assert attribute_for(known, "storekeepers", At.SOURCE) == "storekeeper"
    assert attribute_for(known, "storekeepers", At.RECEIVER) == "receiver"
    assert attribute_for(known, "onecOperators", At.SOURCE) == "operator"
    assert attribute_for(known, "lawyers", At.SOURCE) is None


@pytest.mark.parametrize(
    ("first", "last", "fits"),
    [
        (None, None, True),
        ("2026-11-23", "2026-11-23", True),
        ("2026-11-24", None, False),
        (None, "2026-11-22", False),
    ],
)
def test_an_item_is_chosen_only_within_its_days(first: Any, last: Any, fits: bool) -> None:
    item = ListItem("any", "Любое", attributes={"validFrom": first, "validTo": last})

    assert item.can_be_chosen(DAY) is fits
    assert replace(item, active=False).can_be_chosen(DAY) is False


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"person": "nobody"}, "person"),
        ({"substitute": "nobody"}, "substitute"),
        ({"substitute": "olga"}, "substitute"),
        ({"last_day": date(2026, 11, 22)}, "lastDay"),
        ({"first_day": date(2026, 11, 1), "last_day": date(2026, 11, 2)}, "lastDay"),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused_by_field(given: Any, field: str) -> None:
    with pytest.raises(FieldsInvalid) as refused:
        check(replace(away("olga"), **given), (), {"olga", "dina"}, DAY)

    assert [problem.field for problem in refused.value.problems] == [field]


def test_one_person_is_not_away_twice_on_a_day_unless_the_first_was_cancelled() -> None:
    first = away("olga", last_day=DAY)
    cancelled = replace(first, cancelled_at=datetime(2026, 11, 21, tzinfo=UTC))

    check(away("olga"), [cancelled, away("dina")], {"olga"}, DAY)
    with pytest.raises(FieldsInvalid, match=r"с 23\.11\.2026 по 23\.11\.2026"):
        check(away("olga"), [first], {"olga"}, DAY)
