"""Finds the driver: the deal's, else the default of its shipping direction, else none."""

from typing import Any

from db.domain.field_updates import write
from db.domain.shipping.delivery import CARRIER_DRIVER, DIRECTION, DRIVEN_ROUTES, DRIVER, ROUTE
from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, TaskResult, Topic
from workers.services.process_variables import worker_actor
from workers.services.shipping_directions import active_drivers, attributes_of


class FindDriver(TaskInput):
    """Input of ``find-driver``."""

    refused_by: Any = None
    """Login of a driver who returned the order: then a dispatcher decides, because the default
    driver may be the same person or have the same substitute."""


class DriverSearched(TaskResult):
    """Result of ``find-driver``."""

    driver_known: bool
    """False: a dispatcher has to choose a driver."""


def find_driver(task: Task[FindDriver, frozenset[str]], services: Services) -> DriverSearched:
    """Write the default driver into a deal without an active driver.

    Safe to repeat because a deal that has an active driver is left unchanged.
    """
    store, active = services.store, task.fetched
    deal = store.deals.get(task.deal_id, for_update=True)
    if not deal.is_open or deal.values.get(CARRIER_DRIVER) or deal.values.get(DRIVER) in active:
        return DriverSearched(driver_known=True)
    attributes = attributes_of(store, deal.values.get(DIRECTION))
    refused = task.input.refused_by
    default = attributes.get(DRIVER)
    if attributes.get(ROUTE) not in DRIVEN_ROUTES and not refused:
        return DriverSearched(driver_known=True)
    if refused or default not in active:
        return DriverSearched(driver_known=False)
    write(store.catalog, deal, {DRIVER: default}, store.lists, by_worker=True)
    store.deals.save(deal, worker_actor(task))
    return DriverSearched(driver_known=True)


TOPIC = Topic("find-driver", FindDriver, DriverSearched, find_driver, fetch=active_drivers)
