"""Endpoints of approval rounds and of agreed temporary terms."""

from fastapi import APIRouter, Response

from api.approvals.requests import LastDay
from api.approvals.responses import ApprovalSchema
from api.approvals.views import approval_card
from api.deals.access import DealAccessDep
from api.deals.responses import DealSchema
from api.deals.versions import IfMatch, check_version, required_version
from api.deals.views import deal_card
from api.dependencies import CurrentActor
from api.http.etag import etag_header
from api.routing import StrictRoute
from db.domain.approval.temporary_terms import prolong, side_key
from db.domain.errors import AccessDenied

router = APIRouter(prefix="/deals/{deal_id}", tags=["Согласования"], route_class=StrictRoute)
temporary_terms = APIRouter(prefix="/deals/{deal_id}", tags=["Сделки"], route_class=StrictRoute)


@router.get("/approvals", summary="Круги согласования")
def read_approvals(access: DealAccessDep) -> ApprovalSchema:
    """All rounds with their decisions, independent of the engine's history."""
    with access.reading() as context:
        return approval_card(context)


@temporary_terms.put(
    "/temporary-period", response_model=DealSchema, summary="Изменить период временных условий"
)
def change_period(
    body: LastDay,
    access: DealAccessDep,
    actor: CurrentActor,
    if_match: IfMatch,
    response: Response,
) -> DealSchema:
    """Change the last day of agreed temporary terms without a new approval, also of a closed deal.
    For heads of the direction. A day in the past ends the terms at once.

    428 without a version; 412 if the deal has changed since that version; 409 without agreed
    temporary terms; 422 if the day is invalid or before the first day of the period. Safe to
    repeat: the present last day succeeds and changes nothing.
    """
    version = required_version(if_match, body.version)
    with access.writing() as context:
        store, deal = context.store, context.deal
        if not context.permissions.can_change_period:
            raise AccessDenied("Период согласованных условий меняет руководитель направления.")
        agreed = store.side_processes.find(side_key(deal.id))
        if prolong(store.catalog, deal, body.to, agreed, store.lists):
            check_version(store, deal, version)
            store.deals.save(deal, actor)
            store.side_processes.changed(side_key(deal.id))
        card = deal_card(context)
    response.headers.update(etag_header(card.version))
    return card
