"""Which way the order goes: the route of the deal's shipping direction, asked for by a gateway."""

from datetime import datetime
from typing import Literal

from db.domain.delivery import DIRECTION, ONWARD, ROUTE
from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, TaskResult, Topic
from workers.services.shipping_directions import REMIND_AFTER, attributes_of

UNKNOWN = "unknown"


class FindRoute(TaskInput):
    at: Literal["source", "receiver"] = "source"
    """receiver: how the order goes on from the branch that accepted it."""


class RouteFound(TaskResult):
    route: str
    """As the list has it; "unknown" leads to the question."""
    remind_at: datetime


def find_route(task: Task[FindRoute, None], services: Services) -> RouteFound:
    """Safe to repeat: it only reads."""
    store, at = services.store, task.input.at
    deal = store.deals.get(task.deal_id)
    attributes = attributes_of(store, deal.values.get(DIRECTION))
    route = attributes.get(ROUTE if at == "source" else ONWARD)
    return RouteFound(
        route=route or UNKNOWN,
        remind_at=services.deadlines.after(store, deal, task.at, REMIND_AFTER),
    )


TOPIC = Topic("find-route", FindRoute, RouteFound, find_route)
