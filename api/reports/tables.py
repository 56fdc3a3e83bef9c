"""Tables of the reports: aggregates of the storage with names, shares and totals for people."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from api.engine.users import PersonNames
from db.domain.catalog import ApprovalStep, Direction
from db.domain.deals.stages import LOSS_REASON
from db.domain.shipping.delivery import ROUTE
from db.ports.reports import Period, StageNow
from db.ports.store import Store

SHIPPING = "shippingDirections"
MAX_REASONS = 100
"""Different comments of rejections that are listed; the others are one row."""
HOUR = 3600.0
UNKNOWN = "не указано"


class Unit(StrEnum):
    """Unit of the values in a column."""

    TEXT = "text"
    COUNT = "count"
    SHARE = "share"  # 0 to 1
    MONEY = "money"  # roubles
    HOURS = "hours"


Cell = str | int | float | Decimal | None


@dataclass(frozen=True)
class Column:
    """A column with its heading."""

    label: str
    unit: Unit = Unit.COUNT


@dataclass(frozen=True)
class Table:
    """A report: the cells of each row are in the order of the columns."""

    columns: tuple[Column, ...]
    rows: Sequence[tuple[Cell, ...]]
    bars: int
    """Column that the chart shows."""
    total: tuple[Cell, ...] | None = None


@dataclass(frozen=True)
class Request:
    """Input of a report: storage, directions, period, names."""

    store: Store
    directions: tuple[Direction, ...]
    """One for the reports of a `single` direction."""
    period: Period
    names: PersonNames
    at: datetime

    @property
    def direction(self) -> Direction:
        return self.directions[0]


@dataclass(frozen=True)
class Report:
    """A kind of report."""

    code: str
    name: str
    hint: str
    make: Callable[[Request], Table]
    single: bool = False
    """Whether it is made for one direction, whose stages it lists."""


def _text(label: str) -> Column:
    return Column(label, Unit.TEXT)


def funnel(request: Request) -> Table:
    """Funnel: deals created in the period by the stage that they reached."""
    reached = {one.stage: one for one in request.store.reports.funnel(*_one(request))}
    created = sum(one.count for one in reached.values())
    lost_stages = {stage.code for stage in request.direction.stages if stage.outcome == "lost"}
    rows: list[tuple[Cell, ...]] = []
    beyond, before = created, created
    for stage in request.direction.stages:
        if stage.code in lost_stages:
            continue
        own = reached.get(stage.code)
        lost = own.lost if own else 0
        rows.append((stage.name, beyond, _share(beyond, created), _share(beyond, before), lost))
        before, beyond = beyond, beyond - (own.count if own else 0)
    columns = (
        _text("Стадия"),
        Column("Дошло сделок"),
        Column("Из всех новых", Unit.SHARE),
        Column("С прошлой стадии", Unit.SHARE),
        Column("Проиграно на ней"),
    )
    return Table(columns, rows, bars=1)


def stage_times(request: Request) -> Table:
    """Time in each stage, of the stays that ended in the period, and what waits there now."""
    past = {one.stage: one for one in request.store.reports.stage_times(*_one(request))}
    now = {one.stage: one for one in request.store.reports.stages_now(request.direction)}
    rows: list[tuple[Cell, ...]] = []
    for stage in request.direction.stages:
        if stage.outcome is not None:
            continue
        stay, open_ = past.get(stage.code), now.get(stage.code)
        rows.append(
            (
                stage.name,
                stay.count if stay else 0,
                stay.mean_seconds / HOUR if stay else None,
                stay.longest_seconds / HOUR if stay else None,
                open_.count if open_ else 0,
                _waiting(open_, request.at),
            )
        )
    columns = (
        _text("Стадия"),
        Column("Прошло сделок"),
        Column("В среднем", Unit.HOURS),
        Column("Дольше всех", Unit.HOURS),
        Column("Сейчас на стадии"),
        Column("Дольше всех ждёт", Unit.HOURS),
    )
    return Table(columns, rows, bars=2)


def losses(request: Request) -> Table:
    """Reasons of the deals that were lost in the period."""
    found = request.store.reports.losses(request.directions, request.period)
    lost, amount = sum(one.count for one in found), sum((one.amount for one in found), Decimal())
    field = request.store.catalog.fields[LOSS_REASON]
    rows: list[tuple[Cell, ...]] = [
        (
            request.store.lists.name_of(field.list or "", one.reason) if one.reason else UNKNOWN,
            one.count,
            _share(one.count, lost),
            one.amount,
        )
        for one in found
    ]
    columns = (
        _text("Причина"),
        Column("Сделок"),
        Column("Доля", Unit.SHARE),
        Column("На сумму", Unit.MONEY),
    )
    total = ("Всего", lost, None, amount)
    return Table(columns, rows, bars=1, total=total)


def approvers(request: Request) -> Table:
    """Number of decisions per approver and their duration."""
    chains = request.store.catalog.chains.values()
    found = request.store.reports.approvers(chains, request.directions, request.period)
    rows: list[tuple[Cell, ...]] = [
        (
            request.names.of(one.person),
            _step_name(request, one.chain, one.step),
            one.approved + one.rejected,
            one.approved,
            one.rejected,
            one.mean_seconds / HOUR,
            one.longest_seconds / HOUR,
        )
        for one in found
    ]
    approved, rejected = sum(x.approved for x in found), sum(x.rejected for x in found)
    columns = (
        _text("Кто"),
        _text("Что решает"),
        Column("Решений"),
        Column("Согласовано"),
        Column("Отказано"),
        Column("В среднем", Unit.HOURS),
        Column("Дольше всего", Unit.HOURS),
    )
    total = ("Всего", "", approved + rejected, approved, rejected, None, None)
    return Table(columns, rows, bars=2, total=total)


def refusals(request: Request) -> Table:
    """Comments with which terms were rejected; what is beyond the longest list is one row."""
    reports, chains = request.store.reports, request.store.catalog.chains.values()
    made = reports.approvers(chains, request.directions, request.period)
    found = reports.refusals(request.directions, request.period, MAX_REASONS)
    rejected = sum(one.rejected for one in made)
    rows: list[tuple[Cell, ...]] = [
        (
            " ".join(one.comment.split()),
            _step_name(request, one.chain, one.step),
            one.count,
            _share(one.count, rejected),
        )
        for one in found
    ]
    rest = rejected - sum(one.count for one in found)
    if rest > 0:
        rows.append(("Остальные причины", "", rest, _share(rest, rejected)))
    columns = (
        _text("Причина словами отказавшего"),
        _text("Кто отказал"),
        Column("Отказов"),
        Column("Доля", Unit.SHARE),
    )
    return Table(columns, rows, bars=2, total=("Всего", "", rejected, None))


def shipments(request: Request) -> Table:
    """Shipments that ended in the period, by route and shipping direction."""
    found = request.store.reports.shipments(request.directions, request.period)
    items = {item.code: item for item in request.store.lists.items(SHIPPING)}
    routes = request.store.catalog.lists[SHIPPING].attributes[ROUTE].choices
    rows: list[tuple[Cell, ...]] = []
    for one in found:
        item = items.get(one.direction or "")
        route = item.attributes.get(ROUTE) if item else None
        mean = None if one.mean_seconds is None else one.mean_seconds / HOUR
        rows.append(
            (
                routes.get(route or "", UNKNOWN),
                item.name if item else one.direction or UNKNOWN,
                one.shipped,
                one.cancelled,
                mean,
            )
        )
    rows.sort(key=lambda row: (str(row[0]), str(row[1])))
    columns = (
        _text("Маршрут"),
        _text("Направление отгрузки"),
        Column("Отгружено"),
        Column("Отменено"),
        Column("В среднем", Unit.HOURS),
    )
    shipped, cancelled = sum(x.shipped for x in found), sum(x.cancelled for x in found)
    return Table(columns, rows, bars=2, total=("Всего", "", shipped, cancelled, None))


REPORTS: Mapping[str, Report] = {
    report.code: report
    for report in (
        Report(
            "funnel",
            "Воронка продаж",
            "Сделки, созданные за период: сколько дошло до каждой стадии. Проигранная считается "
            "до той стадии, дальше которой не прошла.",
            funnel,
            single=True,
        ),
        Report(
            "stages",
            "Время на стадиях",
            "Сколько часов сделки провели на стадии до перехода дальше (переходы за период), и что "
            "ждёт там сейчас.",
            stage_times,
            single=True,
        ),
        Report("losses", "Причины проигрыша", "Сделки, проигранные за период.", losses),
        Report(
            "approvers",
            "Согласующие",
            "Решения за период. Время идёт от начала круга или от решения предыдущего "
            "согласующего, ночи и выходные в него входят.",
            approvers,
        ),
        Report(
            "refusals",
            "Причины отказов",
            "Отказы согласующих за период, одинаковые слова сложены.",
            refusals,
        ),
        Report(
            "shipments",
            "Отгрузки по маршрутам",
            "Отгрузки, законченные за период; время от начала реализации до доставки.",
            shipments,
        ),
    )
}


def _one(request: Request) -> tuple[Direction, Period]:
    return request.direction, request.period


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _waiting(now: StageNow | None, at: datetime) -> float | None:
    return None if now is None else max(0.0, (at - now.since).total_seconds() / HOUR)


def _step_name(request: Request, chain: str, step: str) -> str:
    known = request.store.catalog.chains.get(chain)
    found: ApprovalStep | None = known.steps.get(step) if known else None
    return found.name if found else step
