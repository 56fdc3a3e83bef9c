"""When a task of a deal is due: working time of its stage, in the zone of its branch."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from db.domain.branch_days import BranchDays
from db.domain.deal import Deal
from db.ports.store import Store
from workers.integrations.business_calendar import add_working_time


@dataclass(frozen=True)
class Deadlines(BranchDays):
    """Instants where a deal is worked on, beside the days of its branch."""

    def after(self, store: Store, deal: Deal, start: datetime, working: timedelta) -> datetime:
        """The instant when ``working`` time has passed where the deal is worked on."""
        return add_working_time(start, working, self.zone_of(store, deal))

    def end_of(self, store: Store, deal: Deal, day: date) -> datetime:
        """The instant when a day is over where the deal is worked on."""
        midnight = time(tzinfo=self.zone_of(store, deal))
        return datetime.combine(day + timedelta(days=1), midnight).astimezone(UTC)
