"""Typed access to the fields of a row that 1C sent; rejects values of another type."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from workers.ports.onec_errors import OnecMisconfigured, OnecUnavailable

EMPTY_REFERENCE = UUID(int=0)
LINE = "LineNumber"
"""Second part of the key in the tabular parts of documents."""
_KOPECK, _THOUSANDTH = Decimal("0.01"), Decimal("0.001")


@dataclass(frozen=True)
class ODataRow:
    """One row of an entity set.

    Each reader raises OnecMisconfigured for a missing field and OnecUnavailable for a value of the
    wrong type. Error messages name the field and never contain its value.
    """

    values: Mapping[str, Any]

    def text(self, name: str) -> str:
        """Return a string without surrounding spaces; "" for null."""
        value = self._value(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise _invalid(name)
        return value.strip()

    def flag(self, name: str) -> bool:
        """Return a boolean."""
        value = self._value(name)
        if not isinstance(value, bool):
            raise _invalid(name)
        return value

    def key(self, name: str) -> str:
        """Return a key as a lower-case UUID string."""
        return str(self._uuid(name))

    def reference(self, name: str) -> str | None:
        """Return the key of another row; None for an empty reference, zero UUID or null."""
        if not self.text(name):
            return None
        key = self._uuid(name)
        return None if key == EMPTY_REFERENCE else str(key)

    def money(self, name: str) -> Decimal | None:
        """Return an amount with 2 places; 1C sends a number or a string."""
        return self._decimal(name, _KOPECK)

    def quantity(self, name: str) -> Decimal | None:
        """Return a quantity with 3 places, as 1C keeps it."""
        return self._decimal(name, _THOUSANDTH)

    def _decimal(self, name: str, step: Decimal) -> Decimal | None:
        value = self._value(name)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
            raise _invalid(name)
        try:
            amount = Decimal(value).quantize(step)
        except InvalidOperation as unreadable:
            raise _invalid(name) from unreadable
        if amount.is_nan():
            raise _invalid(name)
        return amount

    def day(self, name: str) -> date | None:
        """Return a date in the time zone of the infobase; None for 1C's empty date, 0001-01-01."""
        value = self.text(name)
        if not value:
            return None
        try:
            day = datetime.fromisoformat(value).date()
        except ValueError as unreadable:
            raise _invalid(name) from unreadable
        return None if day.year == 1 else day

    def _uuid(self, name: str) -> UUID:
        try:
            return UUID(self.text(name))
        except ValueError as unreadable:
            raise _invalid(name) from unreadable

    def _value(self, name: str) -> Any:
        try:
            return self.values[name]
        except KeyError as missing:
            raise OnecMisconfigured(f"в ответе нет поля «{name}»") from missing


def references(rows: Iterable[ODataRow], name: str) -> list[str]:
    """Return the non-empty references in a field of the rows."""
    return [key for row in rows if (key := row.reference(name)) is not None]


def _invalid(name: str) -> OnecUnavailable:
    return OnecUnavailable(f"в ответе негодное значение поля «{name}»")
