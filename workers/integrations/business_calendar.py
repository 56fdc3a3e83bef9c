"""The working calendar of Russia: when a piece of working time has passed.

Five days a week from nine to six with an hour for lunch, public holidays and their official
transfers by the `holidays` library, which knows about a year ahead.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

SHIFTS = ((time(9), time(13)), (time(14), time(18)))
"""Working hours of a day, local time: eight in all."""


def add_working_time(start: datetime, duration: timedelta, zone: ZoneInfo) -> datetime:
    """The instant when ``duration`` of working time has passed since ``start``.

    Eight hours are one working day. The answer has the offset of ``zone``. A duration of nothing
    ends at ``start``.
    """
    local = start.astimezone(zone)
    left = duration
    if left <= timedelta(0):
        return local
    for begins, ends in _shifts(local):
        begins = max(begins, local)
        span = ends.astimezone(UTC) - begins.astimezone(UTC)
        if span <= timedelta(0):
            continue
        if left <= span:
            return (begins.astimezone(UTC) + left).astimezone(zone)
        left -= span
    raise AssertionError("the calendar never ends")


def is_working_day(day: date) -> bool:
    """Counts transferred days off and working Saturdays."""
    return bool(_russia(day.year).is_working_day(day))


def _shifts(start: datetime) -> Iterator[tuple[datetime, datetime]]:
    day = start.date()
    while True:
        if is_working_day(day):
            for begins, ends in SHIFTS:
                yield (
                    datetime.combine(day, begins, start.tzinfo),
                    datetime.combine(day, ends, start.tzinfo),
                )
        day += timedelta(days=1)


@lru_cache(maxsize=16)
def _russia(year: int) -> holidays.HolidayBase:
    return holidays.country_holidays("RU", years=year)
