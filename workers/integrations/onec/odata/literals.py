"""How values and addresses are written for 1C's OData."""

from collections.abc import Mapping
from datetime import date
from urllib.parse import quote
from uuid import UUID


def text(value: str) -> str:
    """A string literal; quotes inside are doubled."""
    doubled = value.replace("'", "''")
    return f"'{doubled}'"


def guid(value: UUID) -> str:
    return f"guid'{value}'"


def moment(day: date) -> str:
    """The first second of the day, by the infobase's own clock."""
    return f"datetime'{day.isoformat()}T00:00:00'"


def address(root: str, resource: str, options: Mapping[str, str]) -> str:
    """A full URL. Spaces become %20: 1C takes `+` literally and fails on it with 500."""
    path = quote(resource, safe="/():,='$")
    query = "&".join(f"{name}={quote(value, safe=_IN_VALUE)}" for name, value in options.items())
    return f"{root}/{path}?{query}"


_IN_VALUE = "$,'()/:;_*="
