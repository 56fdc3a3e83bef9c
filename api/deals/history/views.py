"""History views: build the response of a history row, with labels and values in Russian."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from api.deals.access import DealContext
from api.deals.history.responses import ChangeSchema
from db.domain.approval.rounds import OUTCOME_NAMES, RoundState, secret_decisions
from db.domain.catalog import FieldKind
from db.domain.deals.history import HistoryRow, Kind
from db.domain.fields.goods import goods_changes, read_goods
from db.domain.onec.bindings import BindingState

KIND_LABELS = {
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
NAMED_LINES = 10
"""Changed lines of an order that one event names."""
FIELD_KINDS = (Kind.FIELD, Kind.FILE, Kind.DOWNLOAD, Kind.NUMBER, Kind.ONEC)
"""Kinds whose subject is the code of a field."""
STATES: Mapping[str, str] = {
    BindingState.UNVERIFIED: "без проверки в 1С",
    BindingState.OVERRIDDEN: "без проверки в 1С",
    BindingState.NOT_CONFIRMED: "1С не знает такого номера",
    BindingState.NOT_POSTED: "проведение отменено",
    BindingState.MARKED_DELETED: "пометка на удаление",
    BindingState.LOST: "записи больше нет",
}
WORDS: Mapping[str, str] = {
    **OUTCOME_NAMES,
    RoundState.OPEN: "открыт",
    RoundState.WITHDRAWN: "отозван",
}
"""Outcome of a decision or state of a round → its name."""


@dataclass(frozen=True)
class KnownRounds:
    """Approval chain of each round, and the decisions that are still secret."""

    chains: Mapping[int, str]
    """Number of a round → code of its chain."""
    secret: frozenset[tuple[int, str]] = frozenset()
    """Round and step of the decisions that only their authors may see yet."""

    @classmethod
    def of(cls, context: DealContext, rows: Sequence[HistoryRow]) -> "KnownRounds":
        """Read the rounds, if ``rows`` have a decision."""
        if not any(row.kind is Kind.DECISION for row in rows):
            return cls({})
        rounds = context.store.rounds.of(context.deal.id)
        decisions = context.store.rounds.decisions(context.deal.id)
        secret = secret_decisions(context.store.catalog.chains, rounds, decisions)
        return cls({each.number: each.chain for each in rounds}, secret)


def is_readable(context: DealContext, row: HistoryRow, rounds: KnownRounds) -> bool:
    """Whether the caller may see the row: names of restricted files are personal data too, and a
    decision of a parallel group is secret until all have decided."""
    if row.kind is Kind.DECISION:
        return row.actor == context.login or (row.new["round"], row.subject) not in rounds.secret
    field = context.store.catalog.fields.get(row.subject)
    return row.kind not in FIELD_KINDS or field is None or context.can_read(field)


def change(context: DealContext, row: HistoryRow, rounds: KnownRounds) -> ChangeSchema:
    """The response of one row."""
    return ChangeSchema.of(
        row,
        actor=context.names.person(row.actor),
        label=_label(context, row, rounds),
        old_text=_text(context, row, row.old),
        new_text=_text(context, row, row.new) + _changed_lines(context, row),
    )


def _changed_lines(context: DealContext, row: HistoryRow) -> str:
    """Changed lines of a goods field, in brackets; empty for other fields."""
    field = context.store.catalog.fields.get(row.subject)
    if row.kind is not Kind.FIELD or field is None or field.kind is not FieldKind.GOODS:
        return ""
    if row.old is None or row.new is None:
        return ""
    found = goods_changes(read_goods(row.old), read_goods(row.new))
    more = f"; ещё изменений: {len(found) - NAMED_LINES}" if len(found) > NAMED_LINES else ""
    return f" ({'; '.join(found[:NAMED_LINES])}{more})" if found else ""


def _label(context: DealContext, row: HistoryRow, rounds: KnownRounds) -> str:
    if row.kind in FIELD_KINDS and (field := context.store.catalog.fields.get(row.subject)):
        return f"{field.label}: {KIND_LABELS[Kind.ONEC]}" if row.kind is Kind.ONEC else field.label
    if row.kind is Kind.DECISION:
        return context.store.catalog.step_name(rounds.chains[row.new["round"]], row.subject)
    return KIND_LABELS.get(row.kind, row.kind)


def _text(context: DealContext, row: HistoryRow, value: Any) -> str:
    """The old or new value as readable text; "" where there is none."""
    if value is None:
        return ""
    catalog = context.store.catalog
    if row.kind is Kind.FIELD and row.subject in catalog.fields:
        return context.names.text(catalog.fields[row.subject], value, context.store.lists)
    if row.kind is Kind.STAGE:
        return next((s.name for s in context.direction.stages if s.code == value), str(value))
    if row.kind is Kind.ASSIGNMENT and isinstance(value, dict):
        return f"{context.names.of(value['person'])}: {value['reason']}"
    if row.kind in (Kind.MANAGER, Kind.ASSIGNMENT):
        return context.names.of(str(value))
    if isinstance(value, bool):
        return "да" if value else "нет"
    if row.kind is Kind.ONEC and isinstance(value, dict):
        return _onec_row(value)
    if isinstance(value, dict):
        return _main_text(value)
    return WORDS.get(value, str(value)) if isinstance(value, str) else ""


def _onec_row(value: dict[str, Any]) -> str:
    """A row of 1C as it was found there: «№ 17-ОП от 02.11.2026, проведение отменено»."""
    day = value.get("date")
    since = f" от {date.fromisoformat(day):%d.%m.%Y}" if isinstance(day, str) else ""
    state = STATES.get(value.get("state", ""), "")
    return f"№ {value.get('number')}{since}{', ' if state else ''}{state}"


def _main_text(value: dict[str, Any]) -> str:
    """The main member of a structured value: name of a file, text of a note, outcome."""
    for name in ("name", "text", "number", "outcome"):
        if isinstance(found := value.get(name), str):
            return WORDS.get(found, found)
    return ""
