"""What time it is, for the database: in UTC."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)
