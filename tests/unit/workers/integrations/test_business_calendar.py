"""Due dates on the Russian working calendar."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from workers.business_calendar import Deadlines, add_working_time, is_working_day, working_time

MOSCOW, NOVOSIBIRSK = ZoneInfo("Europe/Moscow"), ZoneInfo("Asia/Novosibirsk")


def moscow(*when: int) -> datetime:
    return datetime(*when, tzinfo=MOSCOW)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        (moscow(2026, 11, 23, 9), 8, moscow(2026, 11, 23, 18)),
        (moscow(2026, 11, 23, 12), 2, moscow(2026, 11, 23, 15)),
        (moscow(2026, 11, 23, 7, 30), 4, moscow(2026, 11, 23, 13)),
        (moscow(2026, 11, 23, 22), 1, moscow(2026, 11, 24, 10)),
        (moscow(2026, 11, 20, 17), 8, moscow(2026, 11, 23, 17)),
        (moscow(2026, 11, 23, 9), 40, moscow(2026, 11, 27, 18)),
        (moscow(2026, 12, 30, 17), 2, moscow(2027, 1, 11, 10)),
    ],
    ids=[
        "one day",
        "over lunch",
        "before work",
        "after work",
        "over a weekend",
        "a week",
        "over New Year",
    ],
)
def test_working_time_passes_only_while_people_work(start: Any, hours: int, due: Any) -> None:
    assert add_working_time(start, timedelta(hours=hours), MOSCOW) == due
    assert working_time(start, due, MOSCOW) == timedelta(hours=hours)
    assert working_time(due, start, MOSCOW) == timedelta(0)


def test_the_latest_instant_is_that_of_the_branch_where_people_begin_last() -> None:
    deadlines = Deadlines(NOVOSIBIRSK, {"Москва": MOSCOW})
    start = datetime(2026, 11, 23, 1, tzinfo=UTC)  # 04:00 in Moscow, 08:00 in Novosibirsk

    assert deadlines.latest(start, timedelta(hours=8)) == moscow(2026, 11, 23, 18)


def test_each_branch_works_by_its_own_clock() -> None:
    start = datetime(2026, 11, 23, 9, tzinfo=UTC)  # 16:00 in Novosibirsk, 12:00 in Moscow

    due = add_working_time(start, timedelta(hours=4), NOVOSIBIRSK)

    assert due == datetime(2026, 11, 24, 11, tzinfo=NOVOSIBIRSK)
    assert due.utcoffset() == timedelta(hours=7)


def test_no_working_time_is_now() -> None:
    start = datetime(2026, 11, 22, 3, tzinfo=UTC)

    assert add_working_time(start, timedelta(0), MOSCOW) == start


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 23), True),
        (date(2026, 11, 22), False),
        (date(2026, 1, 9), False),
        (date(2026, 12, 31), False),
        (date(2025, 11, 1), True),
    ],
    ids=["Monday", "Sunday", "transferred", "transferred to New Year's eve", "working Saturday"],
)
def test_official_transfers_count(day: Any, works: bool) -> None:
    assert is_working_day(day) is works
