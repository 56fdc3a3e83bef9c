"""Pooled HTTP session for the engine's REST API, with timeouts and typed errors.

EngineError
├── EngineUnavailable  no response, or an internal error: the same call may succeed later
├── EngineConflict     concurrent change: read the current state, then decide
└── EngineRefused      invalid request: repeating it does not help
"""

import json
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from db.tracing import span

CONNECT_SECONDS = 3.0
READ_SECONDS = 15.0
CONNECTIONS = 20
CONFLICT_CODES = frozenset({1, 10001})
"""The engine's error codes of an optimistic locking conflict and of a database deadlock."""
CONFLICT_TYPES = frozenset({"OptimisticLockingException", "TaskAlreadyClaimedException"})
CONFLICT_TEXTS = ("does not have a subscription to a message event", "ENGINE-03005")
"""Parts of the messages of two conflicts whose exception types have other meanings as well: a
message event that nothing waits for any more, and a concurrent update."""
REFUSALS_WITH_500 = frozenset(
    {
        "BadUserRequestException",
        "NotFoundException",
        "NotValidException",
        "NullValueException",
    }
)
"""Exception types of invalid requests that the engine reports with status 500."""


class EngineError(Exception):
    """A call to the engine failed."""


class EngineUnavailable(EngineError):
    """Connection error, timeout, or an internal error of the engine (5xx, see ``status``)."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class EngineRefused(EngineError):
    """The engine rejected a request: ``type``: name of its exception, ``status``: 4xx or 500."""

    def __init__(self, status: int, type_: str, message: str) -> None:
        super().__init__(f"{status} {type_}: {message}")
        self.status, self.type, self.message = status, type_, message


class EngineConflict(EngineError):
    """Somebody else changed the same data first, or a deadlock: the call had no effect."""


class EngineSession(requests.Session):
    """`requests.Session` with a connection pool, default timeouts and typed errors.

    Safe to share between threads. pycamunda requests accept it as their ``session``.
    """

    def __init__(self, user: str, password: str) -> None:
        super().__init__()
        self.auth = (user, password)
        self.trust_env = False
        self.headers["Accept"] = "application/json"
        adapter = HTTPAdapter(pool_connections=2, pool_maxsize=CONNECTIONS)
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    def request(self, method: Any, url: Any, *args: Any, **options: Any) -> requests.Response:
        """Send a request; raise an `EngineError` for any status of 400 or more.

        Raises:
            EngineUnavailable, EngineConflict, EngineRefused.
        """
        if options.get("timeout") is None:
            options["timeout"] = (CONNECT_SECONDS, READ_SECONDS)
        with span("engine") as call:
            if call.recorded:
                call.rename(f"{method} {_subject(url)}")
            try:
                response = super().request(method, url, *args, **options)
            except requests.RequestException as error:
                raise EngineUnavailable(f"{method} {_path(url)}: {type(error).__name__}") from error
            call.note("http.response.status_code", response.status_code)
        if not response.ok:
            raise _error_of(method, _path(url), response)
        return response


def _error_of(method: str, path: str, response: requests.Response) -> EngineError:
    type_, message, code = _explanation(response)
    if code in CONFLICT_CODES or type_ in CONFLICT_TYPES or _is_conflict(message):
        return EngineConflict(f"{method} {path}: {message}")
    if response.status_code >= 500 and type_ not in REFUSALS_WITH_500:
        text = f"{method} {path}: {response.status_code} {type_} {message}"
        return EngineUnavailable(text, response.status_code)
    return EngineRefused(response.status_code, type_, message)


def _is_conflict(message: str) -> bool:
    return any(text in message for text in CONFLICT_TEXTS)


def _explanation(response: requests.Response) -> tuple[str, str, int | None]:
    try:
        body = response.json()
        return str(body.get("type", "")), str(body.get("message", "")), body.get("code")
    except (json.JSONDecodeError, AttributeError):
        return "", response.reason, None


def _subject(url: Any) -> str:
    """First part of the path, such as /task: the others may be ids and logins."""
    return "/" + _path(url).split("/", 2)[1]


def _path(url: Any) -> str:
    return str(url).partition("/engine-rest")[2].partition("?")[0] or "/"
