"""What the universal list says of a deal's shipping direction."""

from collections.abc import Mapping
from datetime import timedelta

from db.domain.deal import Deal
from db.domain.delivery import BRANCH, CARRIER_DRIVER, DIRECTION, DRIVER, ROUTE
from db.domain.errors import FieldProblem, FieldsInvalid, ListItemNotFound
from db.domain.field_updates import write
from db.domain.values import is_empty
from db.ports.store import Store

REMIND_AFTER = timedelta(hours=24)
"""Three working days: so long a client may take to come, or a parcel to arrive."""


def attributes_of(store: Store, item: object) -> Mapping[str, str | None]:
    """Branch, route, people of an item; nothing of one that is not there."""
    known = store.catalog.fields[DIRECTION].list
    try:
        return store.lists.item(known or "", str(item)).attributes
    except ListItemNotFound:
        return {}


def redirect(store: Store, deal: Deal, direction: object) -> None:
    """Ship the deal by another item of the list, from now on.

    A driver of the branch that does not ship it any more does not follow: the rule of assignment
    then finds the new direction's, or the dispatchers.
    Raises: FieldsInvalid: not an item in force, or one without a route.
    """
    label = store.catalog.fields[DIRECTION].label
    if is_empty(direction):
        raise FieldsInvalid([FieldProblem(DIRECTION, label, "Выберите направление отгрузки.")])
    before, after = (
        attributes_of(store, deal.values.get(DIRECTION)),
        attributes_of(store, direction),
    )
    left = _drivers_left(deal, before, after)
    changes = {DIRECTION: direction, **left}
    write(store.catalog, deal, changes, store.lists, by_worker=True)
    if after.get(ROUTE) is None:
        sentence = (
            "У этого направления не указан маршрут. Выберите другое или попросите администратора "
            "портала указать маршрут в списке «Направления отгрузки»."
        )
        raise FieldsInvalid([FieldProblem(DIRECTION, label, sentence)])
    run = store.runs.current(deal.id)
    if run is not None:
        store.runs.redirected(run, str(direction))


def _drivers_left(
    deal: Deal, before: Mapping[str, str | None], after: Mapping[str, str | None]
) -> dict[str, None]:
    """Fields of the card to empty: all drivers at another branch, else the old default only."""
    if before.get(BRANCH) and before.get(BRANCH) != after.get(BRANCH):
        return {DRIVER: None, CARRIER_DRIVER: None}
    was_default = deal.values.get(DRIVER) == before.get(DRIVER)
    return {DRIVER: None} if was_default and before.get(DRIVER) != after.get(DRIVER) else {}
