"""Endpoints of reports: what there is, one report, and its export."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import Field

from api.auth import Principal
from api.dependencies import CurrentCaller, NamesDep, Resources, ResourcesDep
from api.engine.users import PersonNames
from api.http.clock import now
from api.http.problems import HttpRefusal
from api.http.schema import Code, Day, Named, RequestSchema
from api.reports.export import as_csv, as_xlsx
from api.reports.responses import (
    ReportCell,
    ReportColumn,
    ReportKind,
    ReportKinds,
    ReportRow,
    ReportSchema,
)
from api.reports.tables import REPORTS, Cell, Column, Report, Request, Table, Unit
from api.routing import StrictRoute
from db.domain.catalog import Direction
from db.domain.clock import BUSINESS_ZONE, today
from db.domain.errors import FieldProblem, FieldsInvalid, Unavailable
from db.domain.fields.values import day as in_words
from db.domain.fields.values import money
from db.domain.people.roles import ADMINISTRATORS
from db.ports.reports import Period

router = APIRouter(prefix="/reports", tags=["Отчёты"], route_class=StrictRoute)

LONGEST = timedelta(days=1_100)
USUAL = timedelta(days=89)
AT_ONCE = threading.BoundedSemaphore(2)
"""Reports that one process makes at a time: the others' requests need the database too."""
PATIENCE = 20.0  # seconds
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ReportNotFound(HttpRefusal):
    """There is no report of this code."""

    code = "REPORT_NOT_FOUND"
    status = 404
    sentence = "Такого отчёта нет. Выберите отчёт из списка."


class ReportQuery(RequestSchema):
    """Direction and period of a report."""

    direction: Code | None = Field(None, title="Направление; без него все доступные")
    since: Day | None = Field(None, title="Первый день; без него за 90 дней до последнего")
    until: Day | None = Field(None, title="Последний день, включительно; без него сегодня")


class ExportQuery(ReportQuery):
    """A report's query with the format of the file."""

    format: Literal["csv", "xlsx"] = Field("xlsx", title="Вид файла")


ReportCode = Annotated[Code, Path(title="Код отчёта", examples=["funnel"])]


@router.get("", summary="Какие есть отчёты")
def read_reports(caller: CurrentCaller, resources: ResourcesDep) -> ReportKinds:
    """Reports, and the directions whose deals the caller may see in them."""
    directions = [Named.of(one) for one in _visible(resources, caller)]
    return ReportKinds(
        items=[ReportKind.of(one) for one in REPORTS.values()], directions=directions
    )


@router.get("/{report}", summary="Отчёт таблицей")
def read_report(
    report: ReportCode,
    query: Annotated[ReportQuery, Query()],
    caller: CurrentCaller,
    resources: ResourcesDep,
    names: NamesDep,
) -> ReportSchema:
    """The report over the deals of the directions that the caller heads; all for administrators.

    Days are those of Moscow. 422 for a period that is longer than three years.
    """
    made = _Made.of(report, query, caller, resources, names)
    table = made.table
    return ReportSchema(
        report=ReportKind.of(made.report),
        directions=[Named.of(one) for one in made.directions],
        since=made.since,
        until=made.until,
        columns=[ReportColumn.of(column) for column in table.columns],
        rows=[_row(table, row) for row in table.rows],
        total=_row(table, table.total) if table.total else None,
        bars=table.bars,
    )


@router.get("/{report}/export", response_class=Response, summary="Отчёт файлом CSV или XLSX")
def export_report(
    report: ReportCode,
    query: Annotated[ExportQuery, Query()],
    caller: CurrentCaller,
    resources: ResourcesDep,
    names: NamesDep,
) -> Response:
    """The table of the report for a spreadsheet; texts are never formulas."""
    made = _Made.of(report, query, caller, resources, names)
    is_csv = query.format == "csv"
    content = as_csv(made.table, made.about) if is_csv else as_xlsx(made.table, made.about)
    name = f"{made.report.code}-{made.since}-{made.until}.{query.format}"
    return Response(
        content,
        media_type="text/csv; charset=utf-8" if is_csv else XLSX,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


class _Made:
    """A report that was made for a query."""

    def __init__(
        self, report: Report, directions: tuple[Direction, ...], since: date, until: date
    ) -> None:
        self.report, self.directions = report, directions
        self.since, self.until = since, until
        self.table: Table

    @classmethod
    def of(
        cls,
        code: str,
        query: ReportQuery,
        caller: Principal,
        resources: Resources,
        names: PersonNames,
    ) -> "_Made":
        """Raises: ReportNotFound, FieldsInvalid, Unavailable."""
        report = REPORTS.get(code)
        if report is None:
            raise ReportNotFound
        directions = _chosen(report, query.direction, _visible(resources, caller))
        since, until = _days(query)
        made = cls(report, directions, since, until)
        period = Period(_midnight(since), _midnight(until + timedelta(days=1)))
        with _turn(), resources.database.reading() as store:
            made.table = report.make(Request(store, directions, period, names, now()))
        return made

    @property
    def about(self) -> list[str]:
        """Lines above the table of a file: report, days, directions."""
        days = f"с {in_words(self.since.isoformat())} по {in_words(self.until.isoformat())}"
        return [self.report.name, days, ", ".join(one.name for one in self.directions)]


def _visible(resources: Resources, caller: Principal) -> tuple[Direction, ...]:
    known = sorted(resources.database.catalog.directions.values(), key=lambda one: one.order)
    if ADMINISTRATORS in caller.roles:
        return tuple(known)
    return tuple(one for one in known if one.heads in caller.roles)


def _chosen(
    report: Report, code: str | None, visible: tuple[Direction, ...]
) -> tuple[Direction, ...]:
    if code is None and not report.single:
        return visible
    chosen = tuple(one for one in visible if one.code == code)
    if not chosen:
        sentence = "Выберите направление, которым вы руководите."
        raise FieldsInvalid([FieldProblem("direction", "Направление", sentence)])
    return chosen


def _days(query: ReportQuery) -> tuple[date, date]:
    until = query.until or today()
    since = query.since or until - USUAL
    if since > until:
        sentence = "Первый день позже последнего."
        raise FieldsInvalid([FieldProblem("since", "Первый день", sentence)])
    if until - since > LONGEST:
        sentence = "Период длиннее трёх лет: выберите короче."
        raise FieldsInvalid([FieldProblem("since", "Первый день", sentence)])
    return since, until


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), BUSINESS_ZONE)


@contextmanager
def _turn() -> Iterator[None]:
    """Wait for a place among the reports that are being made. Raises: Unavailable."""
    if not AT_ONCE.acquire(timeout=PATIENCE):
        raise Unavailable("Отчёты уже считают другие. Повторите через минуту.")
    try:
        yield
    finally:
        AT_ONCE.release()


def _row(table: Table, row: tuple[Cell, ...]) -> ReportRow:
    pairs = zip(row, table.columns, strict=True)
    return ReportRow(cells=[_cell(cell, column) for cell, column in pairs])


def _cell(cell: Cell, column: Column) -> ReportCell:
    if cell is None or isinstance(cell, str):
        return ReportCell(text=cell or "", value=None)
    return ReportCell(text=_text(cell, column.unit), value=float(cell))


def _text(number: int | float | Decimal, unit: Unit) -> str:
    match unit:
        case Unit.MONEY:
            return money(Decimal(number))
        case Unit.SHARE:
            return f"{number * 100:.1f}".replace(".", ",") + "\u00a0%"
        case Unit.HOURS:
            return _hours(float(number))
        case _:
            return f"{number:,}".replace(",", "\u00a0")


def _hours(hours: float) -> str:
    if 0 < hours < 1 / 60:
        return "меньше минуты"
    if hours < 1:
        return f"{round(hours * 60)}\u00a0мин"
    if hours < 48:
        return f"{hours:.1f}".replace(".", ",") + "\u00a0ч"
    return f"{hours / 24:.1f}".replace(".", ",") + "\u00a0дн."
