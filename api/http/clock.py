"""Current time in UTC, as the database stores it."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current time, with time zone UTC."""
    return datetime.now(UTC)
