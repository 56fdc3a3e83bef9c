"""Who drives: the card's driver, else the default of the shipping direction, else nobody yet."""

from typing import Any

from db.domain.delivery import CARRIER_DRIVER, DIRECTION, DRIVEN_ROUTES, DRIVER, DRIVERS, ROUTE
from db.domain.field_updates import write
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import Task, TaskInput, TaskResult, Topic
from workers.services.process_variables import worker_actor
from workers.services.shipping_directions import attributes_of


class FindDriver(TaskInput):
    refused_by: Any = None
    """Login of whoever handed the order back: after that a dispatcher decides. The default could
    be the same person, or one whose substitute has just refused."""


class DriverSought(TaskResult):
    driver_known: bool


def active_drivers(task: Task[FindDriver, None], external: ExternalServices) -> frozenset[str]:
    """Logins of the people who drive now."""
    return frozenset(person.login for person in external.people.members(DRIVERS))


def find_driver(task: Task[FindDriver, frozenset[str]], services: Services) -> DriverSought:
    """Safe to repeat: a driver that the card has already is left alone."""
    store, active = services.store, task.fetched
    deal = store.deals.get(task.deal_id, for_update=True)
    if not deal.is_open or deal.values.get(CARRIER_DRIVER) or deal.values.get(DRIVER) in active:
        return DriverSought(driver_known=True)
    attributes = attributes_of(store, deal.values.get(DIRECTION))
    refused = task.input.refused_by
    default = attributes.get(DRIVER)
    if attributes.get(ROUTE) not in DRIVEN_ROUTES and not refused:
        return DriverSought(driver_known=True)
    if refused or default not in active:
        return DriverSought(driver_known=False)
    write(store.catalog, deal, {DRIVER: default}, store.lists, by_worker=True)
    store.deals.save(deal, worker_actor(task))
    return DriverSought(driver_known=True)


TOPIC = Topic("find-driver", FindDriver, DriverSought, find_driver, fetch=active_drivers)
