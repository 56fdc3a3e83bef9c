"""The append-only history of a deal."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from fastapi import APIRouter
from pydantic import Field

from api.deals.access import Visiting
from api.deals.views import Viewed
from api.dependencies import EmployeesDep, ResourcesDep
from api.http.pagination import After, Limit, Page, following
from api.http.schema import PersonSchema, ResponseSchema
from api.http.strict_json import StrictRoute
from db.domain.history import HistoryRow, Kind
from db.domain.onec_bindings import BindingState

router = APIRouter(prefix="/deals/{deal_id}", tags=["История"], route_class=StrictRoute)

LABELS = {
    Kind.CREATED: "Сделка создана",
    Kind.STAGE: "Стадия",
    Kind.MANAGER: "Менеджер",
    Kind.DECISION: "Решение",
    Kind.ROUND: "Круг согласования",
    Kind.NOTE: "Запись",
    Kind.CORRECTION: "Возвращено на исправление",
    Kind.ASSIGNMENT: "Исполнитель задачи",
    Kind.PROCESS: "Процесс переведён",
    Kind.SHIPMENT: "Отгрузка",
    Kind.DELIVERY: "Доставка",
    Kind.ONEC: "запись в 1С",
}
ABOUT_FIELDS = (Kind.FIELD, Kind.FILE, Kind.DOWNLOAD, Kind.NUMBER, Kind.ONEC)


class ChangeSchema(ResponseSchema, title="ChangeShape"):
    """One change: who, when, by which road, from what to what."""

    id: int = Field(title="Номер записи")
    at: datetime = Field(title="Когда")
    actor: PersonSchema = Field(title="Кто")
    cause: str = Field(title="Чем вызвано: api, task, worker", examples=["task"])
    reference: str | None = Field(title="Задача или запрос")
    kind: str = Field(title="Вид изменения", examples=["field"])
    subject: str = Field(title="Что изменено", examples=["limit"])
    label: str = Field(title="Подпись", examples=["Лимит"])
    old: Any = Field(title="Было")
    new: Any = Field(title="Стало")
    old_text: str = Field(title="Было, для чтения")
    new_text: str = Field(title="Стало, для чтения", examples=["1 500 000 ₽"])
    version: int = Field(title="Версия сделки после изменения")


class HistoryPage(Page):
    items: list[ChangeSchema] = Field(title="Изменения")


@router.get("/history", summary="История изменений")
def read_history(
    visitor: Visiting,
    resources: ResourcesDep,
    employees: EmployeesDep,
    after: After = 0,
    limit: Limit = 200,
) -> HistoryPage:
    """Every change of the deal, the oldest first; nobody can alter or delete one."""
    names = employees.names()
    with resources.database.reading() as store:
        deal, right = visitor.enter(store)
        viewed = Viewed(store, deal, right, names)
        rows = store.history.of(deal.id, after=after, limit=limit + 1)
        items = [_shape(viewed, row) for row in rows[:limit] if _shows(viewed, row)]
    return HistoryPage(items=items, next=following(f"/deals/{deal.id}/history", rows, limit))


def _shows(viewed: Viewed, row: HistoryRow) -> bool:
    """Names of files with personal data are personal data too."""
    field = viewed.store.catalog.fields.get(row.subject)
    return row.kind not in ABOUT_FIELDS or field is None or viewed.shows(field)


def _shape(viewed: Viewed, row: HistoryRow) -> ChangeSchema:
    return ChangeSchema(
        id=row.id,
        at=row.at,
        actor=viewed.names.person(row.actor),
        cause=row.cause,
        reference=row.reference,
        kind=row.kind,
        subject=row.subject,
        label=_label(viewed, row),
        old=row.old,
        new=row.new,
        old_text=_text(viewed, row, row.old),
        new_text=_text(viewed, row, row.new),
        version=row.version,
    )


def _label(viewed: Viewed, row: HistoryRow) -> str:
    if row.kind in ABOUT_FIELDS and (field := viewed.store.catalog.fields.get(row.subject)):
        return f"{field.label}: {LABELS[Kind.ONEC]}" if row.kind is Kind.ONEC else field.label
    if row.kind is Kind.DECISION and (step := viewed.store.catalog.approval_steps.get(row.subject)):
        return step.name
    return LABELS.get(row.kind, row.kind)


def _text(viewed: Viewed, row: HistoryRow, value: Any) -> str:
    """The old or new side of a change in words; "" where it has none."""
    if value is None:
        return ""
    catalog = viewed.store.catalog
    if row.kind is Kind.FIELD and row.subject in catalog.fields:
        return viewed.names.text(catalog.fields[row.subject], value, viewed.store.lists)
    if row.kind is Kind.STAGE:
        return next((s.name for s in viewed.direction.stages if s.code == value), str(value))
    if row.kind in (Kind.MANAGER, Kind.ASSIGNMENT):
        return viewed.names.of(str(value))
    if isinstance(value, bool):
        return "да" if value else "нет"
    if row.kind is Kind.ONEC and isinstance(value, dict):
        return _in_onec(value)
    if isinstance(value, dict):
        return _words(value)
    return WORDS.get(value, str(value)) if isinstance(value, str) else ""


def _in_onec(value: dict[str, Any]) -> str:
    """A row of 1C as one look found it: «№ 17-ОП от 02.11.2026, проведение отменено»."""
    day = value.get("date")
    since = f" от {date.fromisoformat(day):%d.%m.%Y}" if isinstance(day, str) else ""
    state = STATES.get(value.get("state", ""), "")
    return f"№ {value.get('number')}{since}{', ' if state else ''}{state}"


def _words(value: dict[str, Any]) -> str:
    """The most telling part of a structured change: a file's name, a note, a decision."""
    for name in ("name", "text", "number", "outcome"):
        if isinstance(found := value.get(name), str):
            return WORDS.get(found, found)
    return ""


STATES: Mapping[str, str] = {
    BindingState.UNVERIFIED: "без проверки в 1С",
    BindingState.OVERRIDDEN: "без проверки в 1С",
    BindingState.NOT_CONFIRMED: "1С не знает такого номера",
    BindingState.NOT_POSTED: "проведение отменено",
    BindingState.MARKED_DELETED: "пометка на удаление",
    BindingState.LOST: "записи больше нет",
}
WORDS = {
    "approved": "согласовано",
    "rejected": "отклонено",
    "open": "открыт",
    "withdrawn": "отозван",
}
