"""Device cookie: recognizes a browser in which a login has succeeded; stored as a hash."""

import hashlib
import re
import secrets

from starlette.requests import Request
from starlette.responses import Response

from db.domain.people.login_throttling import PLACE_KNOWN

COOKIE = "pit_device"
PATH = "/camunda/api"
"""Limits the cookie to the paths that passwords are sent to."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def device_token_of(request: Request) -> str | None:
    """The browser's device token; None if it sends none or a malformed one."""
    token = request.cookies.get(COOKIE, "")
    return token if _TOKEN.fullmatch(token) else None


def new_device_token() -> str:
    """Create a random device token of 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def place_of(token: str) -> str:
    """The device as a place of `db.domain.people.login_throttling`.

    A plain hash is enough, because the token is long and random.
    """
    return f"device:{hashlib.sha256(token.encode()).hexdigest()}"


def set_device_cookie(response: Response, token: str, scheme: str) -> None:
    """Set the device cookie on a response, secure over HTTPS."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(PLACE_KNOWN.total_seconds()),
        path=PATH,
        secure=scheme == "https",
        httponly=True,
        samesite="strict",
    )
