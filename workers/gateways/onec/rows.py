"""One row of an answer, read by name and type; what does not fit is never taken for data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from workers.gateways.onec.errors import OnecMisconfigured, OnecUnavailable

NOBODY = UUID(int=0)
"""The key of an empty reference."""


@dataclass(frozen=True)
class Row:
    """Each reader raises OnecMisconfigured for a missing field, OnecUnavailable for a wrong type.

    Both name the field, neither its value.
    """

    values: Mapping[str, Any]

    def text(self, name: str) -> str:
        value = self._value(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise _unfit(name)
        return value.strip()

    def flag(self, name: str) -> bool:
        value = self._value(name)
        if not isinstance(value, bool):
            raise _unfit(name)
        return value

    def key(self, name: str) -> UUID:
        try:
            return UUID(self.text(name))
        except ValueError as unreadable:
            raise _unfit(name) from unreadable

    def day(self, name: str) -> date | None:
        """The date by the infobase's own clock; None for 1C's empty date."""
        value = self.text(name)
        if not value:
            return None
        try:
            day = datetime.fromisoformat(value).date()
        except ValueError as unreadable:
            raise _unfit(name) from unreadable
        return None if day.year == 1 else day

    def _value(self, name: str) -> Any:
        try:
            return self.values[name]
        except KeyError as missing:
            raise OnecMisconfigured(f"в ответе нет поля «{name}»") from missing


def _unfit(name: str) -> OnecUnavailable:
    return OnecUnavailable(f"в ответе негодное значение поля «{name}»")
