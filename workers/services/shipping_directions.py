"""Shipping direction of a deal: attributes of its list item, and changing it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from db.domain.deals.deal import Deal
from db.domain.deals.field_updates import write
from db.domain.errors import FieldProblem, FieldsInvalid, ListItemNotFound
from db.domain.fields.values import is_empty
from db.domain.people.roles import DRIVERS
from db.domain.shipping.delivery import (
    BRANCH,
    CARRIER_DRIVER,
    DIRECTION,
    DRIVEN_ROUTES,
    DRIVER,
    ROUTE,
)
from db.ports.store import Store
from workers.ports.services import ExternalServices
from workers.runtime.contract import Task

REMIND_AFTER = timedelta(hours=24)
"""Working time after which an uncollected or undelivered order is reported: three days."""


def active_drivers(_: Task[Any, None], external: ExternalServices) -> frozenset[str]:
    """Return the logins of active drivers. Raises: Unavailable."""
    return frozenset(person.login for person in external.people.members(DRIVERS))


def attributes_of(store: Store, item: object) -> Mapping[str, str | None]:
    """Return branch, route and employees of a list item; empty for an unknown item."""
    known = store.catalog.fields[DIRECTION].list
    try:
        return store.lists.item(known or "", str(item)).attributes
    except ListItemNotFound:
        return {}


def default_driver_set(
    store: Store, deal: Deal, active: frozenset[str], *, refused: bool = False
) -> bool:
    """Write the default driver of the direction into a deal without an ``active`` driver.

    ``refused``: a driver returned the order, so a dispatcher decides.
    Returns: False when a dispatcher has to choose a driver.
    """
    if not deal.is_open or deal.values.get(CARRIER_DRIVER) or deal.values.get(DRIVER) in active:
        return True
    attributes = attributes_of(store, deal.values.get(DIRECTION))
    if attributes.get(ROUTE) not in DRIVEN_ROUTES and not refused:
        return True
    default = attributes.get(DRIVER)
    if refused or default not in active:
        return False
    write(store.catalog, deal, {DRIVER: default}, store.lists, by_worker=True)
    return True


def redirect(store: Store, deal: Deal, direction: object) -> None:
    """Change the shipping direction of the deal and its current run.

    A driver of the former branch is removed, so that the assignment rule finds the new
    direction's driver or a dispatcher.
    Raises: FieldsInvalid: ``direction`` is not an active item, or has no route.
    """
    label = store.catalog.fields[DIRECTION].label
    if is_empty(direction):
        raise FieldsInvalid([FieldProblem(DIRECTION, label, "Выберите направление отгрузки.")])
    before, after = (
        attributes_of(store, deal.values.get(DIRECTION)),
        attributes_of(store, direction),
    )
    cleared = _drivers_to_clear(deal, before, after)
    changes = {DIRECTION: direction, **cleared}
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


def _drivers_to_clear(
    deal: Deal, before: Mapping[str, str | None], after: Mapping[str, str | None]
) -> dict[str, None]:
    """Return driver fields to clear: both for another branch, else the former default driver."""
    if before.get(BRANCH) and before.get(BRANCH) != after.get(BRANCH):
        return {DRIVER: None, CARRIER_DRIVER: None}
    was_default = deal.values.get(DRIVER) == before.get(DRIVER)
    return {DRIVER: None} if was_default and before.get(DRIVER) != after.get(DRIVER) else {}
