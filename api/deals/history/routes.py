"""Endpoint of the append-only history of a deal."""

from fastapi import APIRouter

from api.deals.access import DealAccessDep
from api.deals.history.responses import HistoryPage
from api.deals.history.views import KnownRounds, change, is_readable
from api.http.pagination import After, Limit, next_page_url
from api.routing import StrictRoute

router = APIRouter(prefix="/deals/{deal_id}", tags=["История"], route_class=StrictRoute)


@router.get("/history", summary="История изменений")
def read_history(access: DealAccessDep, after: After = 0, limit: Limit = 200) -> HistoryPage:
    """Every change of the deal, oldest first. Rows are never altered or deleted."""
    with access.reading() as context:
        rows = context.store.history.of(access.deal_id, after=after, limit=limit + 1)
        known = KnownRounds.of(context, rows)
        shown = [row for row in rows[:limit] if is_readable(context, row, known)]
        items = [change(context, row, known) for row in shown]
    return HistoryPage(
        items=items, next=next_page_url(f"/deals/{access.deal_id}/history", rows, limit)
    )
