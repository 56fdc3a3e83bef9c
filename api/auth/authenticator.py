"""Authenticates requests by access token, by login and password, or by Tasklist session."""

import base64
import binascii
from dataclasses import dataclass

from fastapi import Request

from api.auth.expiring_cache import ExpiringCache
from api.auth.login_alert import LoginAlert
from api.auth.login_throttle import Attempt, LoginThrottle
from api.auth.passwords import PasswordVerifier
from api.auth.principal import Principal
from api.auth.refusals import ServiceAccountRefused, Unauthenticated
from api.auth.sessions import WebappSessions, refuse_cross_site, require_same_origin, session_cookie
from api.auth.tokens import MachineTokens
from api.engine.nodes import EngineNodes
from api.engine.users import is_service
from bpmn.camunda.client.rest import Engine, EngineError
from db.domain.errors import Unavailable
from db.store.database import Database

ROLES_CACHE_SECONDS = 15.0
NOT_LOGGED_IN = "Войдите в систему: сессия закончилась или вход не выполнен."
WRONG_PASSWORD = "Неверный логин или пароль. Проверьте раскладку и регистр и повторите."
WRONG_TOKEN = "Ключ доступа недействителен: проверьте его или получите новый у администратора."
WRONG_HEADER = "Заголовок Authorization не понят: нужен один, Basic или Bearer."


@dataclass(frozen=True)
class Authenticator:
    """Determines the caller of a request; refuses the request if it cannot."""

    sessions: WebappSessions
    passwords: PasswordVerifier
    tokens: MachineTokens
    throttle: LoginThrottle
    alert: LoginAlert
    engine: Engine
    roles: ExpiringCache[frozenset[str]]
    public_url: str | None = None

    @classmethod
    def of(
        cls,
        nodes: EngineNodes,
        engine: Engine,
        database: Database,
        public_url: str | None = None,
    ) -> "Authenticator":
        """``engine``: the engine's REST client with the API's own account."""
        throttle, alert = LoginThrottle(database), LoginAlert(engine, database)
        return cls(
            WebappSessions(nodes, database),
            PasswordVerifier(engine, throttle, alert, database),
            MachineTokens(database),
            throttle,
            alert,
            engine,
            ExpiringCache(ROLES_CACHE_SECONDS),
            public_url,
        )

    def authenticate(self, request: Request) -> Principal:
        """The caller: by the Authorization header if there is one, else by the session cookie.

        Raises: Unauthenticated, ServiceAccountRefused, ForeignOrigin, TooManyAttempts,
        Unavailable (the engine does not answer).
        """
        headers = request.headers.getlist("authorization")
        if not headers:
            return self._by_session(request)
        scheme, _, credentials = headers[0].partition(" ")
        if len(headers) == 1 and scheme.lower() == "bearer":
            return self._by_token(request, credentials.strip())
        if len(headers) == 1 and scheme.lower() == "basic":
            return self._by_password(request, credentials.strip())
        raise Unauthenticated(WRONG_HEADER, browser=_is_browser(request))

    def close(self) -> None:
        """Close the connections to the engine."""
        self.sessions.close()

    def _by_token(self, request: Request, secret: str) -> Principal:
        holder = self.tokens.holder(secret)
        if holder is None:
            raise Unauthenticated(WRONG_TOKEN, browser=_is_browser(request))
        return holder

    def _by_password(self, request: Request, credentials: str) -> Principal:
        refuse_cross_site(request, self.public_url)
        login, password = _login_and_password(credentials)
        if is_service(login):
            raise ServiceAccountRefused
        address = request.client.host if request.client else ""
        if not login or not self.passwords.verify(Attempt(login, address), password):
            raise Unauthenticated(WRONG_PASSWORD, browser=_is_browser(request))
        return self._person(login)

    def _by_session(self, request: Request) -> Principal:
        cookie = session_cookie(request)
        session = self.sessions.find(cookie) if cookie else None
        if session is None:
            raise Unauthenticated(NOT_LOGGED_IN, browser=_is_browser(request))
        require_same_origin(request, self.public_url)
        return self._person(session.login)

    def roles_of(self, login: str) -> frozenset[str]:
        """Groups of a person, cached for some seconds. Raises: Unavailable."""
        roles = self.roles.get(login)
        if roles is None:
            try:
                roles = self.engine.groups_of(login)
            except EngineError as error:
                raise Unavailable("The engine does not answer a query for groups.") from error
            self.roles.put(login, roles)
        return roles

    def _person(self, login: str) -> Principal:
        if is_service(login):
            raise ServiceAccountRefused
        return Principal(login, self.roles_of(login))


def current_principal(request: Request) -> Principal:
    """FastAPI dependency: the caller, authenticated once per request.

    Raises as `Authenticator.authenticate`.
    """
    if (known := getattr(request.state, "caller", None)) is None:
        authenticator = request.app.state.authenticator
        assert isinstance(authenticator, Authenticator)
        known = request.state.caller = authenticator.authenticate(request)
    assert isinstance(known, Principal)
    return known


def _login_and_password(credentials: str) -> tuple[str, str]:
    try:
        text = base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    login, _, password = text.partition(":")
    return (login, password) if len(text) <= 512 else ("", "")


def _is_browser(request: Request) -> bool:
    """Whether a page sent the request: a 401 must not open the browser's password dialog."""
    headers = request.headers
    return (
        "sec-fetch-mode" in headers
        or "x-requested-with" in headers
        or "text/html" in headers.get("accept", "")
    )
