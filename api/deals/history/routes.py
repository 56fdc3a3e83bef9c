"""Endpoints of the append-only history of a deal: every change, and the timeline of everything."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.deals.access import DealAccessDep
from api.deals.history.responses import HistoryPage, Timeline
from api.deals.history.timeline import CURSOR, TOPIC_LIST, TimelineQuery
from api.deals.history.views import KnownRounds, change, is_readable
from api.dependencies import ResourcesDep
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


@router.get("/timeline", summary="Лента событий")
def read_timeline(
    access: DealAccessDep,
    resources: ResourcesDep,
    topics: Annotated[
        str | None, Query(pattern=TOPIC_LIST, title="Только эти темы, через запятую")
    ] = None,
    before: Annotated[str | None, Query(pattern=CURSOR, title="Конец прошлой страницы")] = None,
    limit: Annotated[int, Query(ge=1, le=100, title="Событий на странице")] = 50,
) -> Timeline:
    """Changes, decisions, files, notes, e-mails and completed tasks of the deal in one order, the
    last first. Topics: fields, stages, decisions, numbers, files, notes, people, shipping, mail,
    tasks. A page may be shorter than ``limit``: what the caller may not see is left out.
    """
    query = TimelineQuery.of(topics, before, limit)
    tasks, known = query.tasks(resources.gateway, access.deal_id)
    with access.reading() as context:
        return query.page(context, tasks, tasks_known=known)
