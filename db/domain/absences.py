"""Who is away and who stands in: «замещения», kept by the portal administrator."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Absence:
    """One period in which a person gets no new tasks. Days are the branch's, both included."""

    id: str
    person: str
    substitute: str | None
    """Login; None leaves the tasks to the role."""
    first_day: date
    last_day: date
    reason: str
    created_by: str
    created_at: datetime
    cancelled_by: str | None = None
    cancelled_at: datetime | None = None

    def covers(self, day: date) -> bool:
        return self.cancelled_at is None and self.first_day <= day <= self.last_day
