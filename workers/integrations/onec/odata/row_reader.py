"""One row of an answer, read by name and type; what does not fit is never taken for data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from workers.integrations.onec.errors import OnecMisconfigured, OnecUnavailable

NOBODY = UUID(int=0)
"""The key of an empty reference."""
_KOPECK = Decimal("0.01")


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

    def reference(self, name: str) -> UUID | None:
        """The key of another row; None for an empty reference, however it is written."""
        if not self.text(name):
            return None
        key = self.key(name)
        return None if key == NOBODY else key

    def money(self, name: str) -> Decimal | None:
        """A sum with 2 places; 1C writes it as a number or as a string."""
        value = self._value(name)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
            raise _unfit(name)
        try:
            amount = Decimal(value).quantize(_KOPECK)
        except InvalidOperation as unreadable:
            raise _unfit(name) from unreadable
        if amount.is_nan():
            raise _unfit(name)
        return amount

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


def references(rows: Iterable[Row], name: str) -> list[UUID]:
    """What the rows refer to; empty references are left out."""
    return [key for row in rows if (key := row.reference(name)) is not None]


def _unfit(name: str) -> OnecUnavailable:
    return OnecUnavailable(f"в ответе негодное значение поля «{name}»")
