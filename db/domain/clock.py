"""Current business day."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

BUSINESS_ZONE = ZoneInfo("Europe/Moscow")


def today() -> date:
    """Calendar day at the head office."""
    return datetime.now(BUSINESS_ZONE).date()
