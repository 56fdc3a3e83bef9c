"""When a task of a deal is due: working time of its stage, in the zone of its branch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from db.domain.deal import Deal
from db.domain.delivery import DIRECTION
from db.domain.errors import ListItemNotFound
from db.domain.ports import Store
from workers.gateways.calendar import add_working_time


@dataclass(frozen=True)
class Deadlines:
    """``zones``: branch name → its zone; every other branch lives in ``zone``."""

    zone: ZoneInfo
    zones: Mapping[str, ZoneInfo] = field(default_factory=dict)

    def after(self, store: Store, deal: Deal, start: datetime, working: timedelta) -> datetime:
        """The instant when ``working`` time has passed where the deal is worked on."""
        return add_working_time(start, working, self._zone_of(store, deal))

    def day_at(self, store: Store, deal: Deal, instant: datetime) -> date:
        """The calendar day where the deal is worked on."""
        return instant.astimezone(self._zone_of(store, deal)).date()

    def end_of(self, store: Store, deal: Deal, day: date) -> datetime:
        """The instant when a day is over where the deal is worked on."""
        midnight = time(tzinfo=self._zone_of(store, deal))
        return datetime.combine(day + timedelta(days=1), midnight).astimezone(UTC)

    def _zone_of(self, store: Store, deal: Deal) -> ZoneInfo:
        known = store.catalog.fields.get(DIRECTION)
        item = deal.values.get(DIRECTION)
        if item is None or known is None or known.list is None:
            return self.zone
        try:
            branch = store.lists.item(known.list, item).attributes.get("branch")
        except ListItemNotFound:
            return self.zone
        return self.zones.get(branch or "", self.zone)
