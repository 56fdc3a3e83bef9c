"""Assignment of a deal's tasks: the rule of `db.domain.people.assignment` with the stored lists."""

from collections.abc import Collection
from datetime import date

from db.domain.catalog import UniversalList
from db.domain.deals.deal import Deal
from db.domain.errors import ListItemNotFound
from db.domain.people.assignment import Assignment, At, Because, assign, named_in
from db.domain.people.roles import DISPATCHERS, DRIVERS, SERVICE_ENGINEERS
from db.domain.shipping.delivery import CARRIER_DRIVER, DIRECTION, DRIVER
from db.domain.steps.repairs import EQUIPMENT_TYPE, SERVICE_PLACE
from db.ports.store import Store


def assign_in_deal(
    store: Store, deal: Deal, role: str, at: At, members: Collection[str], day: date
) -> Assignment:
    """Assignee of a deal's task; a driver named in the deal precedes the direction's driver."""
    card_driver = deal.values.get(DRIVER) if role == DRIVERS else None
    if role == DRIVERS and not card_driver and deal.values.get(CARRIER_DRIVER):
        return Assignment(role, None, DISPATCHERS, Because.CARRIER)
    if role == SERVICE_ENGINEERS:
        named = engineer_of(store, deal)
    else:
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


def naming_list(store: Store, role: str) -> str:
    """Name of the universal list in which an administrator names the people of a role."""
    known = store.catalog.lists.get(role) or shipping_list(store)
    return known.name if known else ""


def shipping_list(store: Store) -> UniversalList | None:
    """The universal list from which the deal's shipping direction is chosen."""
    field = store.catalog.fields.get(DIRECTION)
    return store.catalog.lists.get(field.list) if field and field.list else None


def engineer_of(store: Store, deal: Deal) -> str | None:
    """Login of the engineer whom the list names for the deal's workshop and type of equipment.

    An item without a workshop or a type is for all of them; the most exact item counts.
    """
    wanted = {"place": deal.values.get(SERVICE_PLACE), "equipment": deal.values.get(EQUIPMENT_TYPE)}
    best: tuple[int, str] | None = None
    for item in store.lists.items(SERVICE_ENGINEERS):
        engineer = item.attributes.get("engineer")
        given = {name: item.attributes.get(name) for name in wanted}
        if not item.active or not engineer:
            continue
        if any(value and value != wanted[name] for name, value in given.items()):
            continue
        exact = (2 if given["equipment"] else 0) + (1 if given["place"] else 0)
        if best is None or exact > best[0]:
            best = (exact, engineer)
    return best[1] if best else None
