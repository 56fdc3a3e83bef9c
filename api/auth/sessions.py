"""Sessions of the engine's web applications as authentication, and checks against CSRF."""

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2
from fastapi import Request

from api.auth.expiring_cache import ExpiringCache
from api.auth.login_throttle import canonical_login
from api.auth.refusals import ForeignOrigin
from api.engine.nodes import Destination, EngineNodes, session_id
from api.http.clock import now
from db.domain.errors import Unavailable
from db.store.database import Database

COOKIE = "JSESSIONID"
CURRENT_USER = "/camunda/api/admin/auth/user/default"
CACHE_SECONDS = 5.0
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_COOKIE = re.compile(rf"(?:^|;)\s*{COOKIE}=([^;]*)")
_VALUE = re.compile(r"[A-Za-z0-9._-]{8,128}")


@dataclass(frozen=True)
class Session:
    """An open session of the web applications."""

    login: str
    applications: frozenset[str]
    """Web applications that this person may use: tasklist, cockpit, admin."""


def session_cookie(request: Request) -> str | None:
    """Value of the session cookie; None if it is missing, malformed or ambiguous.

    Two different values prove nothing: a page of another subdomain may have set one of them.
    """
    values = {
        value.strip().strip('"')
        for header in request.headers.getlist("cookie")
        for value in _COOKIE.findall(header)
    }
    if len(values) != 1:
        return None
    value = values.pop()
    return value if _VALUE.fullmatch(value) else None


class WebappSessions:
    """Open sessions of the web applications.

    The database records which sessions are valid, for all API processes at once. The engine knows
    whose a session is; its response is cached for some seconds. Methods raise Unavailable.
    """

    def __init__(self, nodes: EngineNodes, database: Database) -> None:
        self._nodes, self._database = nodes, database
        self._client = httpx2.Client(
            timeout=httpx2.Timeout(5, connect=2),
            trust_env=False,
            follow_redirects=False,
        )
        self._known: ExpiringCache[Session] = ExpiringCache(CACHE_SECONDS)

    def generation(self, login: str) -> int:
        """Number of password changes so far; read it before the password is checked."""
        with self._database.reading() as store:
            return store.web_sessions.generation(canonical_login(login))

    def begin(self, cookie: str, login: str, generation: int) -> None:
        """Record a session that began with a successful login."""
        with self._database.writing() as store:
            store.web_sessions.begin(_digest(cookie), canonical_login(login), generation, now())
            store.web_sessions.purge(now())

    def is_open(self, cookie: str) -> bool:
        """Whether a login began this session, and neither logout nor a new password ended it."""
        return self._account(cookie) is not None

    def find(self, cookie: str) -> Session | None:
        """The open session; None if nobody is logged in with this cookie."""
        login = self._account(cookie)
        if login is None:
            return None
        key = _digest(cookie)
        session = self._known.get(key)
        if session is None and (session := self._fetch(cookie)) is not None:
            self._known.put(key, session)
        return session if session is not None and canonical_login(session.login) == login else None

    def end(self, cookie: str) -> None:
        """End a session at logout."""
        self._known.drop(_digest(cookie))
        with self._database.writing() as store:
            store.web_sessions.end(_digest(cookie))

    def password_changed(self, login: str, keep: str | None = None, generation: int = 0) -> None:
        """End all sessions and cached password verifications of a login.

        The person's browsers show no more notifications either. The session of the cookie ``keep``
        stays open, unless somebody else changed the password after ``generation`` was read.
        """
        person = canonical_login(login)
        with self._database.writing() as store:
            store.web_sessions.password_changed(person)
            store.pushes.forget(person)
            if keep is not None:
                store.web_sessions.begin(_digest(keep), person, generation + 1, now())

    def close(self) -> None:
        """Close the connections to the engine."""
        self._client.close()

    def _account(self, cookie: str) -> str | None:
        with self._database.reading() as store:
            return store.web_sessions.login_of(_digest(cookie), now())

    def _fetch(self, cookie: str) -> Session | None:
        response = self._response(self._nodes.destination(cookie))
        if response is None or response.status_code in (401, 403, 404):
            return None
        if response.status_code != 200:
            raise Unavailable(f"The engine answered {response.status_code} about a session.")
        try:
            body = response.json()
            return Session(str(body["userId"]), frozenset(body["authorizedApps"]))
        except (ValueError, KeyError, TypeError) as error:
            raise Unavailable("The engine's response about a session is malformed.") from error

    def _response(self, destination: Destination) -> httpx2.Response | None:
        """None: the node of the session is gone, and the session with it. Raises: Unavailable."""
        while True:
            try:
                return self._get(destination)
            except httpx2.ConnectError as error:
                if (other := self._nodes.alternative(destination)) is None:
                    raise Unavailable("The engine does not answer about a session.") from error
                if destination.bound:
                    return None
                destination = other

    def _get(self, destination: Destination) -> httpx2.Response:
        """Ask a node whose session it is.

        Raises: httpx2.ConnectError (nothing was sent), Unavailable.
        """
        headers = {"Accept": "application/json", "Cookie": f"{COOKIE}={destination.session}"}
        try:
            return self._client.get(f"{destination.node.origin}{CURRENT_USER}", headers=headers)
        except httpx2.ConnectError:
            raise
        except httpx2.HTTPError as error:
            raise Unavailable("The engine does not answer about a session.") from error
        finally:
            self._client.cookies.clear()


def require_same_origin(request: Request, public_url: str | None) -> None:
    """Require proof that a change with a session cookie comes from a page of this origin.

    The proof is a header that a form of another origin cannot set, and the Origin header.
    Raises: ForeignOrigin.
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
    """Refuse a change that the browser attributes to another site. Raises: ForeignOrigin."""
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
    """SHA-256 of the session id without its node mark."""
    return hashlib.sha256(session_id(cookie).encode()).hexdigest()
