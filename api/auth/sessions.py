"""The Tasklist session as a proof of identity, and protection against foreign pages."""

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2
from fastapi import Request

from api.auth.expiring_cache import ExpiringCache
from api.auth.refusals import ForeignOrigin
from api.auth.throttle import Transactions, account
from api.engine.nodes import Destination, EngineNodes, session_id
from api.http.clock import now
from db.domain.errors import Unavailable

COOKIE = "JSESSIONID"
WHO = "/camunda/api/admin/auth/user/default"
FRESH = 5.0  # seconds
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_COOKIE = re.compile(rf"(?:^|;)\s*{COOKIE}=([^;]*)")
_VALUE = re.compile(r"[A-Za-z0-9._-]{8,128}")


@dataclass(frozen=True)
class Session:
    """An open session of the web applications."""

    login: str
    applications: frozenset[str]
    """Web applications that the engine lets this person use: tasklist, cockpit, admin."""


def session_cookie(request: Request) -> str | None:
    """The session's id; two different ones prove nothing, somebody planted one."""
    found = {
        value.strip().strip('"')
        for header in request.headers.getlist("cookie")
        for value in _COOKIE.findall(header)
    }
    if len(found) != 1:
        return None
    value = found.pop()
    return value if _VALUE.fullmatch(value) else None


class Sessions:
    """Sessions of the web applications. The database says whether one is still valid, for all API
    processes at once; the engine says whose it is, and its answer is cached for seconds.
    """

    def __init__(self, nodes: EngineNodes, database: Transactions) -> None:
        self._nodes, self._database = nodes, database
        self._client = httpx2.Client(
            timeout=httpx2.Timeout(5, connect=2),
            trust_env=False,
            follow_redirects=False,
        )
        self._known: ExpiringCache[Session] = ExpiringCache(FRESH)

    def generation(self, login: str) -> int:
        """To be asked before a password is looked at. Raises: Unavailable."""
        with self._database.reading() as store:
            return store.web_sessions.generation(account(login))

    def begin(self, cookie: str, login: str, generation: int) -> None:
        """Somebody logged in. Raises: Unavailable."""
        with self._database.writing() as store:
            store.web_sessions.begin(_digest(cookie), account(login), generation, now())
            store.web_sessions.purge(now())

    def is_open(self, cookie: str) -> bool:
        """Whether somebody logged in with it, and neither left nor has a new password since.

        Raises: Unavailable.
        """
        return self._account(cookie) is not None

    def of(self, cookie: str) -> Session | None:
        """None: nobody is logged in with it. Raises: Unavailable."""
        login = self._account(cookie)
        if login is None:
            return None
        key = _digest(cookie)
        session = self._known.get(key)
        if session is None and (session := self._ask(cookie)) is not None:
            self._known.put(key, session)
        return session if session is not None and account(session.login) == login else None

    def end(self, cookie: str) -> None:
        """Somebody logged out. Raises: Unavailable."""
        self._known.drop(_digest(cookie))
        with self._database.writing() as store:
            store.web_sessions.end(_digest(cookie))

    def password_changed(self, login: str) -> None:
        """End all sessions and remembered passwords of a login. Raises: Unavailable."""
        with self._database.writing() as store:
            store.web_sessions.password_changed(account(login))

    def _account(self, cookie: str) -> str | None:
        with self._database.reading() as store:
            return store.web_sessions.login_of(_digest(cookie), now())

    def close(self) -> None:
        self._client.close()

    def _ask(self, cookie: str) -> Session | None:
        answer = self._answered(self._nodes.way(cookie))
        if answer is None or answer.status_code in (401, 403, 404):
            return None
        if answer.status_code != 200:
            raise Unavailable(f"The engine answered {answer.status_code} about a session.")
        try:
            told = answer.json()
            return Session(str(told["userId"]), frozenset(told["authorizedApps"]))
        except (ValueError, KeyError, TypeError) as error:
            raise Unavailable("The engine's answer about a session is not understood.") from error

    def _answered(self, way: Destination) -> httpx2.Response | None:
        """None: the session died with its node. Raises: Unavailable."""
        while True:
            try:
                return self._asked(way)
            except httpx2.ConnectError as error:
                if (other := self._nodes.another(way)) is None:
                    raise Unavailable("The engine does not answer about a session.") from error
                if way.bound:
                    return None
                way = other

    def _asked(self, way: Destination) -> httpx2.Response:
        """Raises: httpx2.ConnectError (nobody was asked), Unavailable."""
        headers = {"Accept": "application/json", "Cookie": f"{COOKIE}={way.session}"}
        try:
            return self._client.get(f"{way.node.origin}{WHO}", headers=headers)
        except httpx2.ConnectError:
            raise
        except httpx2.HTTPError as error:
            raise Unavailable("The engine does not answer about a session.") from error
        finally:
            self._client.cookies.clear()


def require_same_origin(request: Request, public_url: str | None) -> None:
    """A change made with a cookie must prove that it comes from a page of ours: by a header that
    no foreign form can set, and by the origin. Raises: ForeignOrigin.
    """
    if request.method in SAFE_METHODS:
        return
    headers = request.headers
    if headers.get("x-requested-with", "").lower() != "xmlhttprequest":
        raise ForeignOrigin
    if not any(name in headers for name in ("origin", "referer", "sec-fetch-site")):
        raise ForeignOrigin
    refuse_cross_site(request, public_url)


def refuse_cross_site(request: Request, public_url: str | None) -> None:
    """Refuse a change of which the browser says that another site asked for it.

    Raises: ForeignOrigin.
    """
    if request.method in SAFE_METHODS:
        return
    headers = request.headers
    origin = headers.get("origin") or headers.get("referer")
    own = urlsplit(public_url).netloc if public_url else headers.get("host", "")
    if origin is not None and (not own or urlsplit(origin).netloc.lower() != own.lower()):
        raise ForeignOrigin
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise ForeignOrigin


def _digest(cookie: str) -> str:
    """Of the session's id without the mark of its node."""
    return hashlib.sha256(session_id(cookie).encode()).hexdigest()
