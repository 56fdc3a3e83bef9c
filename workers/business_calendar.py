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
    if duration <= timedelta(0):
        return start.astimezone(zone)
    now, left = start.astimezone(UTC), duration
    for begins, ends in _shifts(start, zone):
        span = ends - max(begins, now)
        if span <= timedelta(0):
            continue
        if left <= span:
            return (max(begins, now) + left).astimezone(zone)
        left -= span
    raise AssertionError("the calendar never ends")


def working_time(start: datetime, end: datetime, zone: ZoneInfo) -> timedelta:
    """Return the working time between two instants; zero if ``end`` is not after ``start``."""
    total = timedelta(0)
    for begins, ends in _shifts(start, zone):
        if begins >= end:
            return total
        total += max(min(ends, end) - max(begins, start), timedelta(0))
    raise AssertionError("the calendar never ends")


@lru_cache(maxsize=4096)
def is_working_day(day: date) -> bool:
    """Return whether ``day`` is a working day, including official transfers of days off."""
    return bool(_russia(day.year).is_working_day(day))


def _shifts(start: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Yield begin and end of the shifts from the day of ``start`` on, in UTC."""
    day = start.astimezone(zone).date()
    while True:
        yield from _shifts_of(day, zone)
        day += timedelta(days=1)


@lru_cache(maxsize=4096)
def _shifts_of(day: date, zone: ZoneInfo) -> tuple[tuple[datetime, datetime], ...]:
    if not is_working_day(day):
        return ()
    return tuple(
        (
            datetime.combine(day, begins, zone).astimezone(UTC),
            datetime.combine(day, ends, zone).astimezone(UTC),
        )
        for begins, ends in SHIFTS
    )


@lru_cache(maxsize=16)
def _russia(year: int) -> holidays.HolidayBase:
    return holidays.country_holidays("RU", years=year)
