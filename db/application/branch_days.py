"""Calendar days and time zones of branches."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from db.domain.catalog import ListItem
from db.domain.clock import BUSINESS_ZONE
from db.domain.deals.deal import Deal
from db.domain.errors import ListItemNotFound
from db.domain.shipping.delivery import DIRECTION
from db.domain.steps.repairs import SERVICE_PLACE
from db.ports.store import Store


@dataclass(frozen=True)
class BranchDays:
    """Time zones by branch name (``zones``); all other branches use ``zone``."""

    zone: ZoneInfo = BUSINESS_ZONE
    zones: Mapping[str, ZoneInfo] = field(default_factory=dict)

    def day_at(self, store: Store, deal: Deal, instant: datetime) -> date:
        """Calendar day at the branch that ships the deal."""
        return instant.astimezone(self.zone_of(store, deal)).date()

    def day_in(self, direction: ListItem, instant: datetime) -> date:
        """Calendar day at the branch of a shipping direction."""
        return instant.astimezone(self._zone_in(direction)).date()

    def zone_of(self, store: Store, deal: Deal) -> ZoneInfo:
        """Time zone of the branch that ships the deal, or in whose workshop a repair is done."""
        if not self.zones:
            return self.zone  # saves a statement in most steps
        place, workshops = deal.values.get(SERVICE_PLACE), store.catalog.fields.get(SERVICE_PLACE)
        if place is not None and workshops is not None and workshops.list is not None:
            return self.zones.get(store.lists.name_of(workshops.list, place), self.zone)
        known = store.catalog.fields.get(DIRECTION)
        item = deal.values.get(DIRECTION)
        if item is None or known is None or known.list is None:
            return self.zone
        try:
            return self._zone_in(store.lists.item(known.list, item))
        except ListItemNotFound:
            return self.zone

    def _zone_in(self, direction: ListItem) -> ZoneInfo:
        return self.zones.get(direction.attributes.get("branch") or "", self.zone)
