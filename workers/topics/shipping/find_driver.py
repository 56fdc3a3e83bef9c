"""Finds the driver: the deal's, else the default of its shipping direction, else none."""

from typing import Any

from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, TaskResult, Topic
from workers.services.process_variables import worker_actor
from workers.services.shipping_directions import active_drivers, default_driver_set


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
    store = services.store
    deal = store.deals.get(task.deal_id, for_update=True)
    known = default_driver_set(store, deal, task.fetched, refused=bool(task.input.refused_by))
    store.deals.save(deal, worker_actor(task))
    return DriverSearched(driver_known=known)


TOPIC = Topic("find-driver", FindDriver, DriverSearched, find_driver, fetch=active_drivers)
