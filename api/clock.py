"""What time it is: for the database in UTC, for people in Moscow."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

BUSINESS_ZONE = ZoneInfo("Europe/Moscow")


def now() -> datetime:
    return datetime.now(UTC)


def today() -> date:
    """The calendar day at the head office."""
    return datetime.now(BUSINESS_ZONE).date()
