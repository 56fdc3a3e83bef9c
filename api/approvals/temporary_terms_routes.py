"""Temporary terms that are agreed: their last day is the head's to change."""

from fastapi import APIRouter, Response

from api.deals.access import Visiting
from api.deals.requests import LastDay
from api.deals.responses import DealSchema
from api.deals.versions import IfMatch, check, etag, required
from api.deals.views import Viewed, deal_card
from api.dependencies import CurrentActor, EmployeesDep, ResourcesDep
from api.http.strict_json import StrictRoute
from db.domain.errors import AccessDenied
from db.domain.temporary_terms import prolong, side_key

router = APIRouter(prefix="/deals/{deal_id}", tags=["Сделки"], route_class=StrictRoute)


@router.put(
    "/temporary-period", response_model=DealSchema, summary="Изменить период временных условий"
)
def change_period(
    body: LastDay,
    visitor: Visiting,
    resources: ResourcesDep,
    employees: EmployeesDep,
    actor: CurrentActor,
    seen: IfMatch,
    response: Response,
) -> DealSchema:
    """Heads of the direction give agreed terms another last day, later or earlier, without a new
    approval, also when the deal is closed. A day that is over ends the terms at once.

    428 without a version, 412 if somebody else changed the deal since, 409 without agreed
    temporary terms, 422 if the day is none or lies before the period; the day that stands
    already is a success.
    """
    version, names = required(seen, body.version), employees.names()
    with resources.database.writing() as store:
        deal, right = visitor.enter(store, for_update=True)
        if not right.changes_period:
            raise AccessDenied("Период согласованных условий меняет руководитель направления.")
        agreed = store.side_processes.find(side_key(deal.id))
        if prolong(store.catalog, deal, body.to, agreed, store.lists):
            check(store, deal, version)
            store.deals.save(deal, actor)
            store.side_processes.changed(side_key(deal.id))
        card = deal_card(Viewed(store, deal, right, names))
    response.headers.update(etag(card.version))
    return card
