"""Approval rounds of a deal: who decided what, in order, for ever."""

from fastapi import APIRouter

from api.approvals.responses import ApprovalSchema
from api.approvals.views import approval_card
from api.deals.access import Visiting
from api.deals.views import Viewed
from api.dependencies import EmployeesDep, ResourcesDep
from api.http.strict_json import StrictRoute

router = APIRouter(prefix="/deals/{deal_id}", tags=["Согласования"], route_class=StrictRoute)


@router.get("/approvals", summary="Круги согласования")
def read_approvals(
    visitor: Visiting, resources: ResourcesDep, employees: EmployeesDep
) -> ApprovalSchema:
    """Readable also after the engine has forgotten its own history."""
    names = employees.names()
    with resources.database.reading() as store:
        deal, right = visitor.enter(store)
        return approval_card(Viewed(store, deal, right, names))
