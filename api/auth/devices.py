"""The mark of a browser with which somebody has logged in: a random cookie, stored as a hash."""

import hashlib
import re
import secrets

from starlette.requests import Request
from starlette.responses import Response

from db.domain.login_throttling import PLACE_KNOWN

COOKIE = "pit_device"
PATH = "/camunda/api"
"""Only where passwords are sent."""
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def mark_of(request: Request) -> str | None:
    """The browser's mark, if it sends a well-formed one."""
    mark = request.cookies.get(COOKIE, "")
    return mark if _SECRET.fullmatch(mark) else None


def new_mark() -> str:
    return secrets.token_urlsafe(32)


def place_of(mark: str) -> str:
    """The mark as a place of
    `db.domain.login_throttling`. It is random and long: a plain hash does."""
    return f"device:{hashlib.sha256(mark.encode()).hexdigest()}"


def give(response: Response, mark: str, scheme: str) -> None:
    response.set_cookie(
        COOKIE,
        mark,
        max_age=int(PLACE_KNOWN.total_seconds()),
        path=PATH,
        secure=scheme == "https",
        httponly=True,
        samesite="strict",
    )
