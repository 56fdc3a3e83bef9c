"""Rows of the simulated infobase, in memory and optionally in a JSON file."""

import base64
import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from workers.integrations.onec.simulator.rendering import ODataError
from workers.integrations.onec.simulator.schema import Configuration, EdmType, EntitySet, sets_of

StoredRow = dict[str, Any]

_BY_PLATFORM_ONLY = ("Ref_Key", "DataVersion", "Posted")
_CLOSED_UNTIL = "2020-01-01T00:00:00"


class Infobase:
    """Stores and numbers rows as the platform does. Not safe to share between threads."""

    def __init__(self, configuration: Configuration = "ut11", file: Path | None = None) -> None:
        self.configuration = configuration
        self.sets = sets_of(configuration)
        self._file = file
        self._versions = 0
        self._numbers: dict[str, int] = {}
        self._rows: dict[str, dict[str, StoredRow]] = {name: {} for name in self.sets}
        if file is not None and file.exists():
            self._load(json.loads(file.read_text("utf-8")))

    def clear(self) -> None:
        """Delete all rows and restart the numbering."""
        for rows in self._rows.values():
            rows.clear()
        self._numbers.clear()
        self._save()

    @property
    def is_empty(self) -> bool:
        """Whether no set has rows."""
        return not any(self._rows.values())

    def rows(self, name: str) -> list[StoredRow]:
        """Return the rows of a set. Raises: ODataError, the set is unknown."""
        return list(self._rows[self.set_named(name).name].values())

    def set_named(self, name: str) -> EntitySet:
        """Return a set. Raises: ODataError, it is unknown."""
        try:
            return self.sets[name]
        except KeyError as unknown:
            raise ODataError(404, 8, f"Тип сущности {name} не найден") from unknown

    def row(self, name: str, key: str) -> StoredRow:
        """Return a row. Raises: ODataError, it does not exist."""
        try:
            return self._rows[self.set_named(name).name][key]
        except KeyError as unknown:
            raise ODataError(404, 9, "Экземпляр сущности не найден") from unknown

    def create(self, name: str, values: Mapping[str, Any], *, key: UUID | None = None) -> StoredRow:
        """Create a row and assign its key and number. Unknown fields are silently ignored.

        Raises: ODataError, the set is a tabular part.
        """
        entity_set = self.set_named(name)
        if entity_set.is_part:
            raise ODataError(405, 19, "HTTP-метод POST не поддерживается")
        row = _empty(entity_set)
        row |= _accepted(entity_set, values)
        fresh = row["Ref_Key"] = str(key or uuid4())
        if not row[entity_set.number_field]:
            row[entity_set.number_field] = self._next_number(entity_set, row)
        self._rows[name][fresh] = row
        self._written(row)
        return row

    def add_line(self, name: str, owner: str, values: Mapping[str, Any]) -> StoredRow:
        """Add a line to a tabular part of a document."""
        entity_set, lines = self.set_named(name), self._rows[self.set_named(name).name]
        number = sum(row["Ref_Key"] == owner for row in lines.values()) + 1
        row = _empty(entity_set) | _accepted(entity_set, values)
        row |= {"Ref_Key": owner, "LineNumber": str(number)}
        lines[f"{owner}/{number}"] = row
        self._save()
        return row

    def change(self, name: str, key: str, values: Mapping[str, Any]) -> StoredRow:
        """Change fields of a row; a deletion mark also unposts a document."""
        row = self.row(name, key)
        entity_set = self.set_named(name)
        row |= _accepted(entity_set, values)
        if entity_set.is_document and row["DeletionMark"]:
            row["Posted"] = False  # as the platform does
        self._written(row)
        return row

    def delete(self, name: str, key: str) -> None:
        """Delete a row."""
        self.row(name, key)
        del self._rows[name][key]
        self._save()

    def post(self, name: str, key: str, *, posted: bool) -> None:
        """Post or unpost a document. Raises: ODataError, a rule of 1C forbids it."""
        row = self.row(name, key)
        if not self.set_named(name).is_document:
            raise ODataError(400, 11, "Метод не найден")
        if posted and row["DeletionMark"]:
            raise ODataError(500, -1, "Помеченный на удаление документ не может быть проведён")
        if row["Date"] < _CLOSED_UNTIL:
            raise ODataError(500, -1, "Дата документа раньше даты запрета изменения данных")
        row["Posted"] = posted
        self._written(row)

    def _next_number(self, entity_set: EntitySet, row: StoredRow) -> str:
        if entity_set.is_document:
            number = self._greatest(entity_set, row["Date"][:4]) + 1
        else:
            number = self._numbers[entity_set.name] = self._numbers.get(entity_set.name, 0) + 1
        return f"{entity_set.number_prefix}{number:0{entity_set.number_width}}"

    def _greatest(self, entity_set: EntitySet, year: str) -> int:
        """Return the highest number of this year and prefix; numbering restarts every January."""
        prefix = entity_set.number_prefix
        numbers = (
            row["Number"].removeprefix(prefix)
            for row in self._rows[entity_set.name].values()
            if row["Date"].startswith(year) and row["Number"].startswith(prefix)
        )
        return max((int(digits) for digits in numbers if digits.isdecimal()), default=0)

    def _written(self, row: StoredRow) -> None:
        """Assign a new version, even if nothing changed."""
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


def _empty(entity_set: EntitySet) -> StoredRow:
    return {field: kind.kind.empty for field, kind in entity_set.properties.items()}


def _accepted(entity_set: EntitySet, values: Mapping[str, Any]) -> StoredRow:
    """Return the values of a body that the platform accepts; it silently drops the others."""
    accepted = {}
    for name, value in values.items():
        if name in entity_set.properties and name not in _BY_PLATFORM_ONLY:
            spec = entity_set.properties[name]
            taken = _taken(spec.kind, value)
            if taken is not None:
                accepted[name] = taken[: spec.length] if spec.length else taken
    return accepted


def _taken(kind: EdmType, value: Any) -> Any:
    """Convert a value to the platform's format; None if the platform ignores it."""
    match kind:
        case EdmType.GUID:
            return _parsed(kind, lambda: str(UUID(str(value))))
        case EdmType.DATETIME:
            return _parsed(kind, lambda: datetime.fromisoformat(str(value)).isoformat()[:19])
        case EdmType.INT64:
            return str(int(value)) if str(value).lstrip("-").isdecimal() else None
        case EdmType.BOOLEAN:
            return value if isinstance(value, bool) else None
        case EdmType.DOUBLE:
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            return value if is_number else None
        case EdmType.STRING:
            return value if isinstance(value, str) else None


def _parsed(kind: EdmType, parse: Any) -> str:
    try:
        return str(parse())
    except ValueError as bad:
        raise ODataError(400, 1, f"Ошибка при разборе значения типа {kind}") from bad
