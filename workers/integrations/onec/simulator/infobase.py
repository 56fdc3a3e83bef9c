"""The rows of the simulated infobase: kept in memory and, if wished, in a JSON file."""

import base64
import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from workers.integrations.onec.simulator.rendering import Refused
from workers.integrations.onec.simulator.schema import Configuration, EntitySet, Kind, sets_of

Stored = dict[str, Any]

_BY_PLATFORM_ONLY = ("Ref_Key", "DataVersion", "Posted")
_CLOSED_UNTIL = "2020-01-01T00:00:00"


class Infobase:
    """Not for several threads: the simulator serves one request at a time."""

    def __init__(self, configuration: Configuration = "ut11", file: Path | None = None) -> None:
        self.configuration = configuration
        self.sets = sets_of(configuration)
        self._file = file
        self._versions = 0
        self._numbers: dict[str, int] = {}
        self._rows: dict[str, dict[str, Stored]] = {name: {} for name in self.sets}
        if file is not None and file.exists():
            self._load(json.loads(file.read_text("utf-8")))

    def clear(self) -> None:
        for rows in self._rows.values():
            rows.clear()
        self._numbers.clear()
        self._save()

    @property
    def is_empty(self) -> bool:
        return not any(self._rows.values())

    def rows(self, name: str) -> list[Stored]:
        return list(self._rows[self.set_named(name).name].values())

    def set_named(self, name: str) -> EntitySet:
        try:
            return self.sets[name]
        except KeyError as unknown:
            raise Refused(404, 8, f"Тип сущности {name} не найден") from unknown

    def row(self, name: str, key: str) -> Stored:
        try:
            return self._rows[self.set_named(name).name][key]
        except KeyError as unknown:
            raise Refused(404, 9, "Экземпляр сущности не найден") from unknown

    def create(self, name: str, values: Mapping[str, Any], *, key: UUID | None = None) -> Stored:
        """Keys and numbers are given by the platform; unknown fields are ignored without a word."""
        entity_set = self.set_named(name)
        row = _empty(entity_set)
        row |= _accepted(entity_set, values)
        fresh = row["Ref_Key"] = str(key or uuid4())
        if not row[entity_set.number_field]:
            row[entity_set.number_field] = self._next_number(entity_set, row)
        self._rows[name][fresh] = row
        self._written(row)
        return row

    def change(self, name: str, key: str, values: Mapping[str, Any]) -> Stored:
        row = self.row(name, key)
        entity_set = self.set_named(name)
        row |= _accepted(entity_set, values)
        if entity_set.is_document and row["DeletionMark"]:
            row["Posted"] = False  # the platform takes the postings back with the mark
        self._written(row)
        return row

    def delete(self, name: str, key: str) -> None:
        self.row(name, key)
        del self._rows[name][key]
        self._save()

    def post(self, name: str, key: str, *, posted: bool) -> None:
        row = self.row(name, key)
        if not self.set_named(name).is_document:
            raise Refused(400, 11, "Метод не найден")
        if posted and row["DeletionMark"]:
            raise Refused(500, -1, "Помеченный на удаление документ не может быть проведён")
        if row["Date"] < _CLOSED_UNTIL:
            raise Refused(500, -1, "Дата документа раньше даты запрета изменения данных")
        row["Posted"] = posted
        self._written(row)

    def _next_number(self, entity_set: EntitySet, row: Stored) -> str:
        if entity_set.is_document:
            number = self._greatest(entity_set, row["Date"][:4]) + 1
        else:
            number = self._numbers[entity_set.name] = self._numbers.get(entity_set.name, 0) + 1
        return f"{entity_set.number_prefix}{number:0{entity_set.number_width}}"

    def _greatest(self, entity_set: EntitySet, year: str) -> int:
        """Of the document's year and prefix: numbers begin anew in January."""
        prefix = entity_set.number_prefix
        numbers = (
            row["Number"].removeprefix(prefix)
            for row in self._rows[entity_set.name].values()
            if row["Date"].startswith(year) and row["Number"].startswith(prefix)
        )
        return max((int(digits) for digits in numbers if digits.isdecimal()), default=0)

    def _written(self, row: Stored) -> None:
        """Every write gives a new version, also one that changed nothing."""
        self._versions += 1
        row["DataVersion"] = base64.b64encode(self._versions.to_bytes(8, "big")).decode()
        self._save()

    def _save(self) -> None:
        if self._file is None:
            return
        state = {
            "configuration": self.configuration,
            "versions": self._versions,
            "numbers": self._numbers,
            "rows": self._rows,
        }
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(state, ensure_ascii=False, indent=1), "utf-8")
        os.replace(fresh, self._file)

    def _load(self, state: Mapping[str, Any]) -> None:
        if state["configuration"] != self.configuration:
            raise ValueError(f"the file holds an infobase of {state['configuration']}")
        self._versions, self._numbers = state["versions"], state["numbers"]
        for name, rows in state["rows"].items():
            empty = _empty(self.sets[name])
            self._rows[name] = {key: empty | row for key, row in rows.items()}


def _empty(entity_set: EntitySet) -> Stored:
    return {field: kind.kind.empty for field, kind in entity_set.properties.items()}


def _accepted(entity_set: EntitySet, values: Mapping[str, Any]) -> Stored:
    """What the platform takes of a body; the rest it drops silently."""
    accepted = {}
    for name, value in values.items():
        if name in entity_set.properties and name not in _BY_PLATFORM_ONLY:
            spec = entity_set.properties[name]
            taken = _taken(spec.kind, value)
            if taken is not None:
                accepted[name] = taken[: spec.length] if spec.length else taken
    return accepted


def _taken(kind: Kind, value: Any) -> Any:
    """The value in the platform's own form; None if it is ignored."""
    match kind:
        case Kind.GUID:
            return _parsed(kind, lambda: str(UUID(str(value))))
        case Kind.DATETIME:
            return _parsed(kind, lambda: datetime.fromisoformat(str(value)).isoformat()[:19])
        case Kind.INT64:
            return str(int(value)) if str(value).lstrip("-").isdecimal() else None
        case Kind.BOOLEAN:
            return value if isinstance(value, bool) else None
        case Kind.DOUBLE:
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            return value if is_number else None
        case Kind.STRING:
            return value if isinstance(value, str) else None


def _parsed(kind: Kind, parse: Any) -> str:
    try:
        return str(parse())
    except ValueError as bad:
        raise Refused(400, 1, f"Ошибка при разборе значения типа {kind}") from bad
