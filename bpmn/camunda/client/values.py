"""Process variables and instants as the engine's REST interface writes and reads them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Variables = Mapping[str, Any]
"""Variable name → plain Python value."""

INTEGERS = range(-(2**31), 2**31)
"""What the engine calls Integer; the rest is Long."""

INSTANT = "%Y-%m-%dT%H:%M:%S.%f%z"


def encode(variables: Variables) -> dict[str, dict[str, Any]]:
    """Typed variables for the engine; user text always travels as a value, never as an expression.

    Raises:
        TypeError: a value of a type that no process variable holds.
    """
    return {name: _typed(value) for name, value in variables.items()}


def decode(wire: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Plain values of the engine's typed ones: Json is parsed, a Date is an aware instant."""
    return {name: _plain(typed) for name, typed in wire.items()}


def instant(moment: datetime) -> str:
    """An aware instant in the engine's format, e.g. 2026-11-23T18:00:00.000+0000."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}+0000"


def moment(text: str | None) -> datetime | None:
    """An instant as the engine writes it."""
    return datetime.strptime(text, INSTANT) if text else None


def _typed(value: Any) -> dict[str, Any]:
    match value:
        case None:
            return {"value": None, "type": "Null"}
        case bool():
            return {"value": value, "type": "Boolean"}
        case int():
            return {"value": value, "type": "Integer" if value in INTEGERS else "Long"}
        case str():
            return {"value": value, "type": "String"}
        case datetime() if value.tzinfo is not None:
            return {"value": instant(value), "type": "Date"}
        case Decimal():
            return {"value": str(value), "type": "String"}
        case dict() | list():
            return {"value": json.dumps(value, ensure_ascii=False), "type": "Json"}
    raise TypeError(f"no process variable can hold a {type(value).__name__}")


def _plain(typed: Mapping[str, Any]) -> Any:
    value = typed.get("value")
    match typed.get("type"), value:
        case "Json", str():
            return json.loads(value)
        case "Date", str():
            return moment(value)
    return value
