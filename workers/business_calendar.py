"""Due dates in working time: the Russian production calendar and the time zones of branches.

Working hours are Monday to Friday, 09:00–13:00 and 14:00–18:00. Public holidays and official
transfers of days off come from the `holidays` library, which covers about one year ahead.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from db.application.branch_days import BranchDays
from db.domain.deals.deal import Deal
from db.ports.store import Store

SHIFTS = ((time(9), time(13)), (time(14), time(18)))
"""Working hours of a day in local time, eight in total."""


@dataclass(frozen=True)
class Deadlines(BranchDays):
    """Due dates of a deal in the time zone of its branch."""

    def after(self, store: Store, deal: Deal, start: datetime, working: timedelta) -> datetime:
        """Return the instant when ``working`` time has passed since ``start``."""
        return add_working_time(start, working, self.zone_of(store, deal))

    def latest(self, start: datetime, working: timedelta) -> datetime:
        """Return when ``working`` time after ``start`` has passed in every time zone."""
        zones = {self.zone, *self.zones.values()}
        return max(add_working_time(start, working, zone) for zone in zones)

    def end_of(self, store: Store, deal: Deal, day: date) -> datetime:
        """Return the instant when ``day`` ends at the deal's branch, in UTC."""
        midnight = time(tzinfo=self.zone_of(store, deal))
        return datetime.combine(day + timedelta(days=1), midnight).astimezone(UTC)


def add_working_time(start: datetime, duration: timedelta, zone: ZoneInfo) -> datetime:
    """Return the instant when ``duration`` of working time has passed since ``start``.

    Eight hours are one working day. The result is in ``zone``. A duration of zero or less ends at
    ``start``.
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


def working_time(start: datetime, end: datetime, zone: ZoneInfo) -> timedelta:
    """Return the working time between two instants; zero if ``end`` is not after ``start``."""
    total, local = timedelta(0), start.astimezone(zone)
    for begins, ends in _shifts(local):
        if begins >= end:
            return total
        first, last = max(begins, local).astimezone(UTC), min(ends, end).astimezone(UTC)
        total += max(last - first, timedelta(0))
    raise AssertionError("the calendar never ends")


@lru_cache(maxsize=4096)
def is_working_day(day: date) -> bool:
    """Return whether ``day`` is a working day, including official transfers of days off."""
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
