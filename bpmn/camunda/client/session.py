"""One pooled HTTP session to the engine, and what can go wrong with a call.

EngineError
├── EngineUnavailable  no answer, or a failure inside the engine: the same call may succeed later
├── EngineConflict     somebody changed the same thing first: read again, then decide
└── EngineRefused      the engine understood and said no: repeating does not help
"""

import json
from typing import Any

import requests
from requests.adapters import HTTPAdapter

CONNECT_SECONDS = 3.0
READ_SECONDS = 15.0
CONNECTIONS = 20
CONFLICT_CODES = frozenset({1, 10001})
"""The engine's error codes of an optimistic locking conflict and of a database deadlock."""
CONFLICTS = frozenset({"OptimisticLockingException", "TaskAlreadyClaimedException"})
CONFLICT_WORDS = ("does not have a subscription to a message event", "ENGINE-03005")
"""A place that was left before a message got there, and two changes of one row: the engine says
both under types that mean other things as well."""
SAID_WITH_500 = frozenset(
    {
        "BadUserRequestException",
        "NotFoundException",
        "NotValidException",
        "NullValueException",
    }
)
"""A no of the engine's own, though its status says that the engine broke."""


class EngineError(Exception):
    """A call to the engine did not do what was asked."""


class EngineUnavailable(EngineError):
    """No connection, no answer in time, or a failure inside the engine (5xx)."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class EngineRefused(EngineError):
    """The engine's own no: ``type`` names its exception, ``status`` is 4xx or, rarely, 500."""

    def __init__(self, status: int, type_: str, message: str) -> None:
        super().__init__(f"{status} {type_}: {message}")
        self.status, self.type, self.message = status, type_, message


class EngineConflict(EngineError):
    """Two changes at once: this one lost and left nothing behind."""


class EngineSession(requests.Session):
    """Keeps connections open, sets time-outs, and raises typed errors instead of returning them.

    May be shared by threads. pycamunda's requests take it as their ``session``.
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
        """As in `requests`, but an answer other than 2xx is an exception.

        Raises:
            EngineUnavailable, EngineConflict, EngineRefused.
        """
        if options.get("timeout") is None:
            options["timeout"] = (CONNECT_SECONDS, READ_SECONDS)
        try:
            answer = super().request(method, url, *args, **options)
        except requests.RequestException as trouble:
            raise EngineUnavailable(f"{method} {_path(url)}: {type(trouble).__name__}") from trouble
        if not answer.ok:
            raise _refusal(method, _path(url), answer)
        return answer


def _refusal(method: str, path: str, answer: requests.Response) -> EngineError:
    type_, message, code = _explanation(answer)
    if code in CONFLICT_CODES or type_ in CONFLICTS or _collided(message):
        return EngineConflict(f"{method} {path}: {message}")
    if answer.status_code >= 500 and type_ not in SAID_WITH_500:
        text = f"{method} {path}: {answer.status_code} {type_} {message}"
        return EngineUnavailable(text, answer.status_code)
    return EngineRefused(answer.status_code, type_, message)


def _collided(message: str) -> bool:
    return any(words in message for words in CONFLICT_WORDS)


def _explanation(answer: requests.Response) -> tuple[str, str, int | None]:
    try:
        told = answer.json()
        return str(told.get("type", "")), str(told.get("message", "")), told.get("code")
    except (json.JSONDecodeError, AttributeError):
        return "", answer.reason, None


def _path(url: Any) -> str:
    return str(url).partition("/engine-rest")[2].partition("?")[0] or "/"
