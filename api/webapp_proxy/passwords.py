"""Logins and password changes through the webapp proxy: throttling, sessions, engine messages."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import httpx2
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.auth import Authenticator, device_cookie
from api.auth.login_throttle import Attempt, CountedAttempt
from api.auth.refusals import WEAK_PASSWORD, WRONG_OWN_PASSWORD
from api.auth.sessions import COOKIE
from api.engine.gateway import POLICY_VIOLATION
from api.webapp_proxy.refusals import ProxyRefusal

WRONG_OWN = "authenticated user password is not valid"


class WeakPassword(ProxyRefusal):
    """The new password violates the engine's default policy.

    `bpmn/camunda/server/config/application.yaml` enables the policy.
    """

    code = "PASSWORD_TOO_WEAK"
    status = 422
    sentence = WEAK_PASSWORD


class WrongOwnPassword(ProxyRefusal):
    """The caller's current password is wrong."""

    code = "WRONG_OWN_PASSWORD"
    status = 400
    sentence = WRONG_OWN_PASSWORD


@dataclass(frozen=True)
class PasswordCalls:
    """Bookkeeping around calls with a password: counts attempts, begins and ends sessions.

    Methods run their database work in threads and raise Unavailable when it fails.
    """

    authenticator: Authenticator

    async def begin(self, request: Request, login: str) -> CountedAttempt:
        """Count the attempt before the engine gets the password. Raises: TooManyAttempts."""
        token = device_cookie.device_token_of(request)
        attempt = Attempt(
            login,
            request.client.host if request.client else "",
            device_cookie.place_of(token) if token else None,
        )
        return await run_in_threadpool(self.authenticator.throttle.begin, attempt)

    async def refused(self, counted: CountedAttempt, reply: httpx2.Response, body: bytes) -> None:
        """Settle an attempt that the engine refused, ``body`` being its message.

        A 403 does not mean a wrong password: the page's CSRF token is missing, or the person may
        not use the application.
        """
        unchecked = reply.status_code >= 500 or reply.status_code == 403
        if unchecked or _has_message(body, POLICY_VIOLATION):
            await self.withdraw(counted)
        elif counted.triggers_alert:
            await run_in_threadpool(self.authenticator.alert.send, counted.attempt.login)

    async def withdraw(self, counted: CountedAttempt) -> None:
        """Withdraw an attempt whose password the engine did not check."""
        await run_in_threadpool(self.authenticator.throttle.withdraw, counted)

    async def generation(self, login: str) -> int:
        """As `WebappSessions.generation`."""
        return await run_in_threadpool(self.authenticator.sessions.generation, login)

    async def logged_in(
        self, counted: CountedAttempt, response: Response, request: Request, generation: int
    ) -> None:
        """Begin the session after a successful login, and mark the browser as a known device."""
        known = device_cookie.device_token_of(request) if counted.device_known else None
        token = known or device_cookie.new_device_token()
        cookie = _session_of(response) or request.cookies.get(COOKIE, "")
        login, place = counted.attempt.login, device_cookie.place_of(token)
        await run_in_threadpool(self.authenticator.sessions.begin, cookie, login, generation)
        await run_in_threadpool(self.authenticator.throttle.succeeded, counted, place)
        device_cookie.set_device_cookie(response, token, request.url.scheme)

    async def proven(self, counted: CountedAttempt) -> None:
        """Settle an attempt whose password was right."""
        await run_in_threadpool(self.authenticator.throttle.succeeded, counted)

    async def changed(self, login: str) -> None:
        """End a login's sessions and cached passwords in all API processes; reset its counters."""
        await run_in_threadpool(self.authenticator.sessions.password_changed, login)
        await run_in_threadpool(self.authenticator.throttle.reset_attempts, login)


def changed_login(path: str) -> str:
    """Login whose password a call changes; "" if the path has none."""
    match path.strip("/").split("/"):
        case [*_, "user", login, "credentials"]:
            return login
    return ""


def password_refusal(body: bytes) -> ProxyRefusal | None:
    """Refusal for the engine's message about a password; None for any other message."""
    if _has_message(body, POLICY_VIOLATION):
        return WeakPassword()
    return WrongOwnPassword() if _has_message(body, WRONG_OWN) else None


def _has_message(body: bytes, part: str) -> bool:
    try:
        parsed = json.loads(body)
    except ValueError:
        return False
    return isinstance(parsed, Mapping) and part in str(parsed.get("message", "")).lower()


def _session_of(response: Response) -> str | None:
    for name, value in response.raw_headers:
        if name == b"set-cookie" and value.startswith(f"{COOKIE}=".encode()):
            return value.decode("latin-1").partition(";")[0].partition("=")[2]
    return None
