"""Writes the scenario of a finished deal from its history and the engine's.

What people sent comes from the variables of their tasks, what they saved and uploaded from the
deal's history, timers from the engine. Numbers of 1C and dates become placeholders. Loops in which
the suite waits for a silent 1C are not recorded.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import yaml

from bpmn.camunda.client.rest import Engine
from bpmn.camunda.client.values import moment
from db.config.operator_error import OperatorError
from db.domain.catalog import Direction
from db.domain.deals.history import Cause, HistoryRow, Kind
from forms.task_forms import FORMS
from ops.scenarios.player import MOSCOW, counted
from ops.scenarios.scenario import Known
from ops.scenarios.way import instances_of, passages, walks

FROM_ONEC: Mapping[str, str] = {
    "Task_EnterOnecContract": "contract",
    "Task_CreateRealization": "shipment",
    "Task_EnterItem": "item",
}
"""Task in which a person enters the number of a row of 1C → kind of the row."""
LOSS = frozenset({"lossReason", "lossComment"})
DROPPED = frozenset({"seenVersion", "fileId"})
"""Variables that the player fills in itself."""
DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
TIMER = "boundaryTimer"

Raw = dict[str, Any]
"""A step as it is written."""


class NotRecordable(OperatorError):
    """The deal cannot become a scenario; the message says why and what to do."""


@dataclass(frozen=True)
class Recorded:
    """A step and the instant at which it was done."""

    at: datetime
    raw: Raw


@dataclass(frozen=True)
class Recorder:
    """One finished deal, read."""

    deal_id: str
    direction: Direction
    history: Sequence[HistoryRow]
    engine: Engine
    known: Known

    def text(self, name: str) -> str:
        """The scenario as YAML. Raises: NotRecordable."""
        moves = [str(row.new) for row in self._rows(Kind.STAGE)]
        end = moves[-1] if moves else ""
        if not end or not self.direction.stage(end).outcome:
            raise NotRecordable(
                f"Сделка {self.deal_id} ещё не закончена. Доведите её до конца и повторите."
            )
        gone = walks(self.engine, self.deal_id, self.known.diagrams)
        way: dict[str, dict[str, int]] = {}
        for process in sorted(gone):
            way |= counted(self.known.diagrams[process], gone)
        created = self._created()
        whole = {
            "name": name,
            "direction": self.direction.code,
            "who": created.actor,
            "fields": self._saved(created.at, created.at),
            "steps": self._steps(created),
            "expected": {"end": end, "stages": moves, "way": way},
        }
        return yaml.safe_dump(whole, allow_unicode=True, sort_keys=False, width=100)

    def _created(self) -> HistoryRow:
        for row in self._rows(Kind.CREATED):
            return row
        raise NotRecordable(
            f"Начала сделки {self.deal_id} нет в истории: оно уже удалено по сроку хранения. "
            "Запишите сделку поновее."
        )

    def _rows(self, kind: Kind) -> Iterator[HistoryRow]:
        return (row for row in self.history if row.kind is kind)

    def _steps(self, created: HistoryRow) -> list[Raw]:
        tasks = self._tasks()
        sent = {str(one.raw.pop("fileId", "")) for one in tasks}
        found = [*tasks, *self._saves(created.at), *self._uploads(sent), *self._moves()]
        found += self._timers()
        found.sort(key=lambda one: one.at)
        return list(self._with_stages(found))

    def _with_stages(self, steps: Sequence[Recorded]) -> Iterator[Raw]:
        """The steps, each after the stage that the deal had reached by then."""
        moves = [(row.at, str(row.new)) for row in self._rows(Kind.STAGE)]
        reached, named = "", set[str]()
        for step in steps:
            stage = next((code for at, code in reversed(moves) if at < step.at), "")
            if stage not in ("", reached):
                yield {"stage": stage}
                reached = stage
            kind = FROM_ONEC.get(str(step.raw.get("task")), "")
            if kind and step.raw["answer"].get("number") == f"{{{kind}}}":
                yield self._row_of(kind, named)
                named.add(kind)
            yield step.raw

    def _row_of(self, kind: str, named: Collection[str]) -> Raw:
        """The step that makes a row of 1C; ``named``: placeholders that exist by then."""
        value = self._value_of
        if kind == "item":
            values = {"name": value("productName"), "article": value("manufacturerCode")}
        else:
            values = {"inn": value("inn"), "name": value("counterparty")}
        if kind == "shipment":
            known = "contract" in named
            values["contract_number"] = "{contract}" if known else value("contractNumber")
        filled = {name: one for name, one in values.items() if one is not None}
        return {"onec": kind, "values": filled}

    def _value_of(self, code: str) -> Any:
        rows = [row.new for row in self._rows(Kind.FIELD) if row.subject == code]
        return rows[-1] if rows else None

    def _saved(self, at: datetime, day: datetime) -> Raw:
        """Fields that were saved at an instant."""
        return {
            row.subject: _relative(row.new, day)
            for row in self._rows(Kind.FIELD)
            if row.at == at and row.cause is Cause.API and self._by_hand(row.subject)
        }

    def _by_hand(self, code: str) -> bool:
        """Tell if people write the field on the card; others follow from what they write."""
        field = self.known.catalog.fields.get(code)
        return field is not None and not field.system and code not in LOSS

    def _saves(self, created: datetime) -> Iterator[Recorded]:
        seen = {created}
        for row in self._rows(Kind.FIELD):
            if row.cause is Cause.API and row.at not in seen:
                seen.add(row.at)
                if values := self._saved(row.at, row.at):
                    yield Recorded(row.at, {"who": row.actor, "fill": values})

    def _uploads(self, sent: set[str]) -> Iterator[Recorded]:
        for row in self._rows(Kind.FILE):
            if isinstance(row.new, dict) and str(row.new.get("id")) not in sent:
                yield Recorded(row.at, {"who": row.actor, "upload": [row.subject]})

    def _moves(self) -> Iterator[Recorded]:
        for row in self._rows(Kind.STAGE):
            if row.cause is not Cause.API:
                continue
            raw: Raw = {"who": row.actor, "move": row.new}
            loss = {one.subject: one.new for one in self._rows(Kind.FIELD) if one.at == row.at}
            for key, code in (("reason", "lossReason"), ("comment", "lossComment")):
                if loss.get(code) is not None:
                    raw[key] = loss[code]
            yield Recorded(row.at, raw)

    def _timers(self) -> Iterator[Recorded]:
        for instance in instances_of(self.engine, self.deal_id):
            for one in passages(self.engine, instance):
                if one.type == TIMER and (at := moment(one.entered)):
                    yield Recorded(at.astimezone(UTC), {"timer": one.element})

    def _tasks(self) -> list[Recorded]:
        query = {
            "processInstanceBusinessKey": self.deal_id,
            "finished": True,
            "taskDeleteReason": "completed",
            "sorting": [{"sortBy": by, "sortOrder": "asc"} for by in ("endTime", "taskId")],
        }
        mine = instances_of(self.engine, self.deal_id)
        rows = self.engine.all_of("/history/task", query)
        return [self._task(row) for row in rows if row["processInstanceId"] in mine]

    def _task(self, row: Mapping[str, Any]) -> Recorded:
        at, key = moment(row["endTime"]), str(row["taskDefinitionKey"])
        assert at is not None, "the query asks for finished tasks"
        given = self._variables(row, key)
        raw: Raw = {"who": row["assignee"], "task": key}
        answer: Raw = {}
        for name, value in given.items():
            if value is not None and name not in DROPPED:
                answer[name] = _relative(_parsed(value), at)
        kind = FROM_ONEC.get(key)
        if kind and _plain(answer.get("number")) in self._confirmed():
            answer["number"] = f"{{{kind}}}"
        raw["answer"] = answer
        if file := given.get("fileId"):
            raw["fileId"] = file
            raw["file"] = self._field_of(str(file))
        return Recorded(at.astimezone(UTC), raw)

    def _variables(self, row: Mapping[str, Any], key: str) -> dict[str, Any]:
        """Variables that the form of a task sent, from the engine's history."""
        node = self.known.tasks.get(key)
        form = next((one for one in FORMS if node and one.name == node.form), None)
        if form is None:
            raise NotRecordable(
                f"Задачи {key} нет на нынешних схемах: сделка шла по прежней версии. "
                "Запишите сделку, начатую после изменения схемы."
            )
        query = {
            "activityInstanceIdIn": [row["activityInstanceId"]],
            "includeDeleted": True,
            "sorting": [{"sortBy": "variableName", "sortOrder": "asc"}],
        }
        rows = self.engine.all_of("/history/variable-instance?deserializeValues=false", query)
        return {one["name"]: one["value"] for one in rows if one["name"] in form.submits}

    def _confirmed(self) -> set[str]:
        """Numbers that 1C confirmed."""
        found = set()
        for row in self._rows(Kind.NUMBER):
            if isinstance(row.new, dict):
                found.add(_plain(row.new.get("number")))
        return found

    def _field_of(self, file: str) -> str:
        for row in self._rows(Kind.FILE):
            if isinstance(row.new, dict) and str(row.new.get("id")) == file:
                return row.subject
        raise NotRecordable(f"Файла {file} нет в истории сделки {self.deal_id}.")


def _plain(number: object) -> str:
    """A number as people mean it: without blanks, in capitals."""
    return "".join(str(number).split()).upper() if number else "-"


def _parsed(value: Any) -> Any:
    """Text with a JSON object as the object."""
    if isinstance(value, str) and value.startswith("{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _relative(value: Any, day: datetime) -> Any:
    """The value with dates counted from the day on which it was written."""
    if isinstance(value, Mapping):
        return {name: _relative(one, day) for name, one in value.items()}
    if not isinstance(value, str) or not DAY.fullmatch(value):
        return value
    try:
        days = (date.fromisoformat(value) - (day.astimezone(UTC) + MOSCOW).date()).days
    except ValueError:
        return value
    return f"{{today{days:+d}}}" if abs(days) < 1000 else value
