"""Literals and URLs of 1C's OData interface (OData v3)."""

from collections.abc import Mapping
from datetime import date
from urllib.parse import quote
from uuid import UUID

_UNQUOTED = "$,'()/:;_*="


def text(value: str) -> str:
    """Return a string literal; single quotes inside are doubled."""
    doubled = value.replace("'", "''")
    return f"'{doubled}'"


def guid(key: str) -> str:
    """Return a key literal. Raises: ValueError, ``key`` is no UUID."""
    return f"guid'{UUID(key)}'"


def moment(day: date) -> str:
    """Return the literal of the first second of a day, in the time zone of the infobase."""
    return f"datetime'{day.isoformat()}T00:00:00'"


def address(root: str, resource: str, options: Mapping[str, str]) -> str:
    """Return a full URL. Spaces become %20: 1C reads `+` literally and answers it with 500."""
    path = quote(resource, safe="/():,='$")
    query = "&".join(f"{name}={quote(value, safe=_UNQUOTED)}" for name, value in options.items())
    return f"{root}/{path}?{query}"
