"""Deals without the right next step: there must be none, and here is where one would show."""

from fastapi import APIRouter
from pydantic import Field

from api.deals.permissions import ADMINS
from api.deals.responses import DealLine
from api.deals.views import deal_line
from api.dependencies import CurrentCaller, EmployeesDep, ResourcesDep
from api.http.clock import now
from api.http.schema import ResponseSchema
from api.http.strict_json import StrictRoute

router = APIRouter(tags=["Контроль"], route_class=StrictRoute)


class StuckSchema(ResponseSchema, title="StuckShape"):
    deal: DealLine = Field(title="Сделка")
    reason: str = Field(title="Почему она стоит и что делать")


class StuckList(ResponseSchema):
    items: list[StuckSchema] = Field(title="Сделки без следующего шага")


@router.get("/deals-without-next-step", summary="Сделки без следующего шага")
def read_stuck_deals(
    caller: CurrentCaller, resources: ResourcesDep, employees: EmployeesDep
) -> StuckList:
    """Open deals with no task for an active person, no timer and no system step under way; deals
    whose process waits in a task that does not fit their stage, or waits though they are closed.
    """
    catalog, names = resources.database.catalog, employees.names()
    stuck = resources.workplace.without_next_step(resources.database.reading, now())
    with resources.database.reading() as store:
        found = [(store.deals.get(each.deal_id), each.reason) for each in stuck]
        return StuckList(
            items=[
                StuckSchema(deal=deal_line(store, deal, names), reason=reason)
                for deal, reason in found
                if ADMINS in caller.roles or catalog.direction_of(deal).heads in caller.roles
            ]
        )
