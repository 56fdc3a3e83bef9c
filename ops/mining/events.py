"""Events of a log: the history of deals without people, values and texts.

Whoever gets the log learns what happened to which deal when, and nothing about who did it or about
the client: logins, comments, file names, field values and numbers of 1C are left out.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from db.domain.approval.rounds import DecisionOutcome, RoundState
from db.domain.catalog import Catalog, Direction
from db.domain.deals.history import HistoryRow, Kind
from db.domain.shipping.delivery import Answer
from db.domain.shipping.fulfillment import RunState
from db.ports.store import OpenStore

PAGE = 1000
"""Rows of history that are read at once; each page in a transaction of its own."""
DEAL, ROUND, RUN = "deal", "approvalRound", "shipment"
OBJECT_TYPES: Mapping[str, str] = {DEAL: "direction", ROUND: "", RUN: ""}
"""Type of an object → its attribute, if it has one."""
OUTCOMES: Mapping[str, str] = {
    DecisionOutcome.APPROVED: "одобрено",
    DecisionOutcome.REJECTED: "отклонено",
    RoundState.OPEN: "начат",
    RoundState.WITHDRAWN: "отозван",
    RunState.SHIPPED: "отгружено",
    RunState.CANCELLED: "отменено",
    Answer.DELIVERED: "доставлено",
    Answer.FAILED: "не доставлено",
    Answer.DRIVER_CHANGED: "другой водитель",
    Answer.DISCREPANCY: "расхождение",
    Answer.PROCEED: "выдано как есть",
    Answer.CANCEL: "отмена",
}
"""Outcome of a decision, a round, a shipment or a delivery → word."""
PLAIN: Mapping[Kind, str] = {
    Kind.CREATED: "Сделка создана",
    Kind.FIELD: "Карточка изменена",
    Kind.MANAGER: "Менеджер сменился",
    Kind.NOTE: "Добавлена заметка",
    Kind.ONEC: "Данные 1С изменились",
    Kind.ASSIGNMENT: "Задача передана",
    Kind.PROCESS: "Процесс переставлен",
    Kind.CORRECTION: "Исправление реквизитов",
}
"""Kinds of changes whose event has one name."""


@dataclass(frozen=True)
class Event:
    """One event of a deal, and of a round or a shipment of it."""

    id: str
    deal_id: str
    at: datetime
    name: str
    cause: str
    """"api", "task", "worker" or "link"."""
    part: tuple[str, str] | None = None
    """Id and type of the round or shipment that it belongs to."""
    outcome: str = ""


@dataclass(frozen=True)
class Trace:
    """All events of one deal, in order."""

    deal_id: str
    direction: str
    """Name of the direction of business."""
    events: Iterable[Event]


def traces(opened: OpenStore, catalog: Catalog) -> Iterator[Trace]:
    """Yield the deals with their events; at no time more than a page and one trace are kept.

    What is written meanwhile may be missing.
    """
    for deal_id, rows in groupby(_rows(opened), key=lambda pair: pair[0].deal_id):
        changes, codes = zip(*rows, strict=True)
        code = codes[0]
        direction = catalog.directions.get(code)
        name = direction.name if direction else code
        yield Trace(deal_id, name, list(_events(changes, catalog, direction)))


def _rows(opened: OpenStore) -> Iterator[tuple[HistoryRow, str]]:
    """Yield every row with the code of the direction of its deal."""
    after = ("", 0)
    while True:
        with opened() as store:
            rows = store.history.in_order(after, PAGE)
            directions = store.deals.stages({row.deal_id for row in rows}) if rows else {}
        for row in rows:
            yield row, directions.get(row.deal_id, ("", ""))[0]
        if len(rows) < PAGE:
            return
        after = (rows[-1].deal_id, rows[-1].id)


def _events(
    rows: Collection[HistoryRow], catalog: Catalog, direction: Direction | None
) -> Iterator[Event]:
    """Fields that were saved together are one event."""
    saved: set[int] = set()
    for row in rows:
        if row.kind is Kind.DOWNLOAD or (row.kind is Kind.FIELD and row.version in saved):
            continue
        if row.kind is Kind.FIELD:
            saved.add(row.version)
        outcome = _outcome(row)
        yield Event(
            id=f"{row.deal_id}/{row.id}",
            deal_id=row.deal_id,
            at=row.at,
            name=_name(row, catalog, direction),
            cause=row.cause.value,
            part=_part(row),
            outcome=OUTCOMES.get(outcome, "") if outcome else "",
        )


def _name(row: HistoryRow, catalog: Catalog, direction: Direction | None) -> str:
    if row.kind in PLAIN:
        return PLAIN[row.kind]
    if row.kind is Kind.STAGE:
        stages = {stage.code: stage.name for stage in direction.stages} if direction else {}
        return f"Стадия: {stages.get(str(row.new), 'прежнего каталога')}"
    if row.kind is Kind.DECISION:
        return f"Решение: {_step(row, catalog, direction)}"
    if row.kind is Kind.ROUND:
        return "Круг согласования"
    if row.kind is Kind.SHIPMENT:
        return "Отгрузка"
    if row.kind is Kind.DELIVERY:
        return "Ответ о доставке"
    field = catalog.fields.get(row.subject)
    label = field.label if field else "поле прежнего каталога"
    return f"{'Приложен документ' if row.kind is Kind.FILE else 'Подтверждён номер'}: {label}"


def _step(row: HistoryRow, catalog: Catalog, direction: Direction | None) -> str:
    for chain in catalog.chains.values():
        if direction and direction.code in chain.directions and row.subject in chain.steps:
            return chain.steps[row.subject].name
    return "шаг прежнего каталога"


def _outcome(row: HistoryRow) -> str | None:
    if row.kind in (Kind.DECISION, Kind.DELIVERY) and isinstance(row.new, dict):
        return str(row.new.get("outcome"))
    return str(row.new) if row.kind in (Kind.ROUND, Kind.SHIPMENT) else None


def _part(row: HistoryRow) -> tuple[str, str] | None:
    number = row.subject
    if row.kind is Kind.DECISION:
        number = str(row.new.get("round", "")) if isinstance(row.new, dict) else ""
    kind = {Kind.DECISION: ROUND, Kind.ROUND: ROUND, Kind.SHIPMENT: RUN, Kind.DELIVERY: RUN}.get(
        row.kind
    )
    return (f"{row.deal_id}/{kind}/{number}", kind) if kind and number.isdecimal() else None
