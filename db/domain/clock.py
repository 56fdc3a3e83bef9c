"""Which day it is for the business."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

BUSINESS_ZONE = ZoneInfo("Europe/Moscow")


def today() -> date:
    """The calendar day at the head office."""
    return datetime.now(BUSINESS_ZONE).date()
