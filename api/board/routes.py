"""Endpoints of the board: a direction with all columns, and further pages of one column."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query

from api.auth import Principal
from api.board.responses import BoardSchema, CardPage, ClosingStage
from api.board.views import NOTHING, CardViews, OpenTasks, column
from api.deals.access import restrict_to_readable
from api.deals.directions import DirectionCode, known_direction
from api.dependencies import CurrentCaller, NamesDep, Resources, ResourcesDep
from api.http.schema import Code, Login, Named
from api.routing import StrictRoute
from db.domain.catalog import Direction
from db.domain.deals.deal import Deal
from db.ports.board import Place
from db.ports.deals import DealFilter

router = APIRouter(prefix="/directions/{direction}/board", tags=["Доска"], route_class=StrictRoute)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
CURSOR = r"^[0-9]{1,16}-[0-9]{1,9}$"
"""Arrival at the stage in microseconds, and number of the last deal of the page before."""

Manager = Annotated[Login | None, Query(title="Только сделки этого менеджера")]
CardLimit = Annotated[int, Query(ge=1, le=40, title="Карточек в столбце")]


@router.get("", summary="Доска направления")
def read_board(
    direction: DirectionCode,
    caller: CurrentCaller,
    resources: ResourcesDep,
    names: NamesDep,
    manager: Manager = None,
    limit: CardLimit = 20,
) -> BoardSchema:
    """All stages with counts and sums of the open deals that the caller may read, and the first
    cards of each."""
    catalog = resources.database.catalog
    line = known_direction(resources.database.catalog, direction)
    wanted = _wanted(line, manager, caller, resources)
    stages = [stage for stage in line.stages if stage.outcome is None]
    codes = [stage.code for stage in stages]
    with resources.database.reading() as store:
        totals = store.board.totals(wanted)
        pages = store.board.cards(wanted, codes, after=None, limit=limit + 1)
    shown = {code: deals[:limit] for code, deals in pages.items()}
    tasks = OpenTasks.read(resources, [deal for deals in shown.values() for deal in deals])
    views = CardViews(resources, caller, names, tasks)
    columns = [
        column(
            line,
            stage,
            totals.get(stage.code, NOTHING),
            [views.card(deal) for deal in shown[stage.code]],
            _next(line, stage.code, pages[stage.code], manager, limit),
        )
        for stage in stages
    ]
    return BoardSchema(
        direction=Named.of(line),
        managers=Named.of(catalog.roles[line.managers]),
        amount_label=catalog.fields[line.amount].label if line.amount else None,
        columns=columns,
        closing=[ClosingStage.of(stage) for stage in line.stages if stage.outcome],
        tasks_known=tasks.known,
    )


@router.get("/{stage}", summary="Следующие карточки столбца")
def read_column(
    direction: DirectionCode,
    stage: Annotated[Code, Path(title="Код стадии", examples=["newClient"])],
    caller: CurrentCaller,
    resources: ResourcesDep,
    names: NamesDep,
    manager: Manager = None,
    after: Annotated[str | None, Query(pattern=CURSOR, title="Конец прошлой страницы")] = None,
    limit: CardLimit = 20,
) -> CardPage:
    """A page of the open deals in one stage; ``next`` is the address of the next page."""
    line = known_direction(resources.database.catalog, direction)
    line.stage(stage)
    wanted = _wanted(line, manager, caller, resources)
    with resources.database.reading() as store:
        page = store.board.cards(wanted, [stage], after=_place(after), limit=limit + 1)[stage]
    tasks = OpenTasks.read(resources, page[:limit])
    views = CardViews(resources, caller, names, tasks)
    cards = [views.card(deal) for deal in page[:limit]]
    return CardPage(cards=cards, next=_next(line, stage, page, manager, limit))


def _wanted(
    direction: Direction, manager: str | None, caller: Principal, resources: Resources
) -> DealFilter:
    """Open deals of the direction that the caller may read; its head may read all of them."""
    wanted = DealFilter(direction=direction.code, manager=manager, open=True)
    if direction.heads in caller.roles:
        return wanted
    return restrict_to_readable(wanted, caller, resources)


def _place(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    since, number = re.split("-", cursor)
    return Place(EPOCH + int(since) * MICROSECOND, int(number))


def _next(
    direction: Direction, stage: str, page: Sequence[Deal], manager: str | None, limit: int
) -> str | None:
    if len(page) <= limit:
        return None
    last = page[limit - 1]
    since = (last.stage_since - EPOCH) // MICROSECOND
    query = {"after": f"{since}-{int(last.id.rpartition('-')[2])}", "limit": limit}
    if manager is not None:
        query["manager"] = manager
    return f"/api/v1/directions/{direction.code}/board/{stage}?{urlencode(query)}"
