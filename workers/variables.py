"""Values as the engine's REST interface wants and gives them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Variables = Mapping[str, Any]
"""Variable name → plain Python value."""

Wire = dict[str, dict[str, Any]]
"""Variable name → {"value", "type"}: JSON types only, so it can be kept and sent again."""

INTEGERS = range(-(2**31), 2**31)
"""What the engine calls Integer; the rest is Long."""


def encode(variables: Variables) -> Wire:
    """Typed variables for the engine. Raises: TypeError for a value no process should carry."""
    return {name: _typed(value) for name, value in variables.items()}


def decode(wire: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Plain values of what the engine sent; Json stays text, as forms may send anything."""
    return {name: typed.get("value") for name, typed in wire.items()}


def instant(moment: datetime) -> str:
    """An aware instant in the one format the engine reads, e.g. 2026-11-23T18:00:00.000+0000."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}+0000"


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
        case datetime():
            return {"value": instant(value), "type": "Date"}
        case Decimal():
            return {"value": str(value), "type": "String"}
        case dict() | list():
            return {"value": json.dumps(value, ensure_ascii=False), "type": "Json"}
    raise TypeError(f"no process variable can hold a {type(value).__name__}")
