"""Reads the route of the deal's shipping direction for the routing gateway."""

from datetime import datetime
from typing import Literal

from db.domain.shipping.delivery import DIRECTION, ONWARD, ROUTE
from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, TaskResult, Topic
from workers.services.shipping_directions import REMIND_AFTER, attributes_of

UNKNOWN = "unknown"


class FindRoute(TaskInput):
    """Input of ``find-route``."""

    at: Literal["source", "receiver"] = "source"
    """source: from the shipping branch; receiver: onward from the branch that accepted it."""


class RouteFound(TaskResult):
    """Result of ``find-route``."""

    route: str
    """Route of the list item; "unknown" leads to the task «Уточнить направление отгрузки»."""
    remind_at: datetime
    """When the manager is reminded of an order that has not arrived."""


def find_route(task: Task[FindRoute, None], services: Services) -> RouteFound:
    """Return the route and the time of the reminder. Safe to repeat because it only reads."""
    store, at = services.store, task.input.at
    deal = store.deals.get(task.deal_id)
    attributes = attributes_of(store, deal.values.get(DIRECTION))
    route = attributes.get(ROUTE if at == "source" else ONWARD)
    return RouteFound(
        route=route or UNKNOWN,
        remind_at=services.deadlines.after(store, deal, task.at, REMIND_AFTER),
    )


TOPIC = Topic("find-route", FindRoute, RouteFound, find_route)
