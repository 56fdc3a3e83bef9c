"""Export of a list of deals as CSV, streamed page by page."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from api.deals.access import restrict_to_readable
from api.deals.listing import filter_of, listed
from api.deals.requests import DealQuery
from api.dependencies import CurrentCaller, NamesDep, ResourcesDep
from api.engine.users import PersonNames
from api.routing import StrictRoute
from db.domain.catalog import Catalog
from db.domain.deals.deal import Deal
from db.ports.deals import DealFilter
from db.store.database import Database

router = APIRouter(prefix="/deals", tags=["Сделки"], route_class=StrictRoute)

MAX_ROWS = 10_000
AT_ONCE = 200  # deals in one transaction
MARK = "\ufeff"  # by which a spreadsheet knows that the text is UTF-8
ZONE = ZoneInfo("Europe/Moscow")
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings that a spreadsheet would take for a formula."""
HEADS = (
    "Номер",
    "Клиент",
    "ИНН",
    "Тема",
    "Направление",
    "Стадия",
    "На стадии с",
    "Сумма, ₽",
    "Менеджер",
    "Создана",
    "Закрыта",
)
CUT = f"Показаны первые {MAX_ROWS} сделок: уточните отбор и выгрузите остальные отдельно."


@router.get("/export", response_class=StreamingResponse, summary="Выгрузить список в CSV")
def export_deals(
    query: Annotated[DealQuery, Query()],
    caller: CurrentCaller,
    resources: ResourcesDep,
    names: NamesDep,
) -> StreamingResponse:
    """The list as CSV for a spreadsheet: UTF-8, semicolons, decimal commas; 10 000 deals at most.

    ``after`` and ``limit`` do not matter: the whole list is sent, in pages of transactions.
    """
    wanted = restrict_to_readable(filter_of(query), caller, resources)
    rows = _rows(resources.database, wanted, query.sort, names)
    headers = {"Content-Disposition": 'attachment; filename="deals.csv"'}
    return StreamingResponse(rows, headers=headers, media_type="text/csv; charset=utf-8")


def _rows(database: Database, wanted: DealFilter, sort: str, names: PersonNames) -> Iterator[str]:
    yield MARK + csv_line(HEADS)
    after, sent = None, 0
    while sent < MAX_ROWS:
        with database.reading() as store:
            page = listed(store, wanted, sort, after=after, limit=AT_ONCE)
        if not page:
            return
        yield "".join(csv_line(_cells(database.catalog, deal, names)) for deal, _ in page)
        if len(page) < AT_ONCE:
            return
        after, sent = page[-1][1], sent + len(page)
    yield csv_line([CUT])


def _cells(catalog: Catalog, deal: Deal, names: PersonNames) -> list[str]:
    direction, amount = catalog.direction_of(deal), deal.amount(catalog)
    return [
        deal.id,
        str(deal.values.get("counterparty") or ""),
        str(deal.values.get("inn") or ""),
        str(deal.values.get("subject") or ""),
        direction.name,
        direction.stage(deal.stage).name,
        _moment(deal.stage_since),
        "" if amount is None else f"{amount:.2f}".replace(".", ","),
        names.of(deal.manager),
        _moment(deal.created_at),
        "" if deal.closed_at is None else _moment(deal.closed_at),
    ]


def _moment(at: datetime) -> str:
    return f"{at.astimezone(ZONE):%d.%m.%Y %H:%M}"


def csv_line(cells: list[str] | tuple[str, ...]) -> str:
    """One line of CSV, in which nothing is a formula."""
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerow([_harmless(cell) for cell in cells])
    return text.getvalue()


def _harmless(cell: str) -> str:
    """The cell as text: a spreadsheet runs what looks like a formula."""
    return f"'{cell}" if cell.startswith(FORMULAS) else cell
