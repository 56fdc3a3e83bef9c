"""Conversion of process variables and timestamps between Python and the REST API."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Variables = Mapping[str, Any]
"""Variable name → plain Python value."""

TypedVariables = Mapping[str, Mapping[str, Any]]
"""Variable name → its value and type, as the engine sends them."""

INTEGERS = range(-(2**31), 2**31)
"""Range of the engine's type Integer; other integers are Long."""


def encode(variables: Variables) -> dict[str, dict[str, Any]]:
    """Return typed variables for a request. Strings are values, never evaluated as expressions.

    Raises:
        TypeError: unsupported type of a value.
    """
    return {name: _typed(value) for name, value in variables.items()}


def is_unchanged(value: Any, known: Mapping[str, Any] | None) -> bool:
    """Return whether a typed variable of the engine has this value; ``known`` is None without it.

    Values that look different, such as the same Json in another order, count as a change.
    """
    if known is None:
        return False
    typed, there = _typed(value), known.get("value")
    if typed["type"] != known.get("type"):
        return False
    if typed["type"] == "Date":  # the engine formats it in its own time zone
        return isinstance(there, str) and moment(there) == moment(typed["value"])
    return bool(typed["value"] == there)


def decode(wire: TypedVariables) -> dict[str, Any]:
    """Return Python values of typed variables: Bytes are JSON, a Date is an aware datetime."""
    return {name: _plain(typed) for name, typed in wire.items()}


def instant(moment: datetime) -> str:
    """Format an aware datetime for the engine, e.g. 2026-11-23T18:00:00.000+0000."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}+0000"


def moment(text: str | None) -> datetime | None:
    """Parse a timestamp of the engine; None for None or an empty text."""
    return datetime.fromisoformat(text) if text else None


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
            # A String holds 4000 characters only, Json needs a plugin of the engine.
            text = json.dumps(value, ensure_ascii=False)
            return {"value": b64encode(text.encode()).decode("ascii"), "type": "Bytes"}
    raise TypeError(f"a process variable cannot hold a {type(value).__name__}")


def _plain(typed: Mapping[str, Any]) -> Any:
    value = typed.get("value")
    match typed.get("type"), value:
        case "Bytes", str():
            return json.loads(b64decode(value))
        case "Date", str():
            return moment(value)
    return value
