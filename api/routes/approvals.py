"""Approval rounds of a deal: who decided what, in order, for ever."""

from fastapi import APIRouter

from api.approval_cards import approval_card
from api.approval_shapes import ApprovalShape
from api.cards import Viewed
from api.resources import Opened, Staff
from api.strict_json import StrictRoute
from api.visitors import Visiting

router = APIRouter(prefix="/deals/{deal_id}", tags=["Согласования"], route_class=StrictRoute)


@router.get("/approvals", summary="Круги согласования")
def read_approvals(visitor: Visiting, opened: Opened, staff: Staff) -> ApprovalShape:
    """Readable also after the engine has forgotten its own history."""
    names = staff.names()
    with opened.database.reading() as store:
        deal, right = visitor.enter(store)
        return approval_card(Viewed(store, deal, right, names))
