"""Assignment of a deal's tasks: the rule of `db.domain.people.assignment` with the stored lists."""

from collections.abc import Collection
from datetime import date

from db.domain.catalog import UniversalList
from db.domain.deal import Deal
from db.domain.errors import ListItemNotFound
from db.domain.people.assignment import Assignment, At, Because, assign, named_in
from db.domain.people.roles import DISPATCHERS, DRIVERS
from db.domain.shipping.delivery import CARRIER_DRIVER, DIRECTION, DRIVER
from db.ports.store import Store


def assign_in_deal(
    store: Store, deal: Deal, role: str, at: At, members: Collection[str], day: date
) -> Assignment:
    """Assignee of a deal's task; a driver named in the deal precedes the direction's driver."""
    card_driver = deal.values.get(DRIVER) if role == DRIVERS else None
    if role == DRIVERS and not card_driver and deal.values.get(CARRIER_DRIVER):
        return Assignment(role, None, DISPATCHERS, Because.CARRIER)
    named = card_driver or _named_by_direction(store, deal, role, at)
    return assign(role, named, members, store.absences.on(day))


def _named_by_direction(store: Store, deal: Deal, role: str, at: At) -> str | None:
    known = shipping_list(store)
    item = deal.values.get(DIRECTION)
    if known is None or item is None:
        return None
    try:
        return named_in(known, store.lists.item(known.code, item), role, at)
    except ListItemNotFound:
        return None


def shipping_list(store: Store) -> UniversalList | None:
    """The universal list from which the deal's shipping direction is chosen."""
    field = store.catalog.fields.get(DIRECTION)
    return store.catalog.lists.get(field.list) if field and field.list else None
