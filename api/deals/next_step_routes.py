"""Deals without the right next step: there must be none, and here is where one would show."""

from fastapi import APIRouter
from pydantic import Field

from api.deals.permissions import ADMINS
from api.deals.responses import DealLine
from api.deals.views import deal_line
from api.dependencies import Caller, Opened, Staff
from api.http.clock import now
from api.http.schema import Shape
from api.http.strict_json import StrictRoute

router = APIRouter(tags=["Контроль"], route_class=StrictRoute)


class StuckShape(Shape):
    deal: DealLine = Field(title="Сделка")
    reason: str = Field(title="Почему она стоит и что делать")


class StuckList(Shape):
    items: list[StuckShape] = Field(title="Сделки без следующего шага")


@router.get("/deals-without-next-step", summary="Сделки без следующего шага")
def read_stuck_deals(caller: Caller, opened: Opened, staff: Staff) -> StuckList:
    """Open deals with no task for an active person, no timer and no system step under way; deals
    whose process waits in a task that does not fit their stage, or waits though they are closed.
    """
    catalog, names = opened.database.catalog, staff.names()
    stuck = opened.workplace.without_next_step(opened.database.reading, now())
    with opened.database.reading() as store:
        found = [(store.deals.get(each.deal_id), each.reason) for each in stuck]
        return StuckList(
            items=[
                StuckShape(deal=deal_line(store, deal, names), reason=reason)
                for deal, reason in found
                if ADMINS in caller.roles
                or catalog.directions[deal.direction].heads in caller.roles
            ]
        )
