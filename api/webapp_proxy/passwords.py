"""Passwords at the front door: logging in, changing one, and what the engine says about them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import httpx2
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.auth import Authenticator, devices
from api.auth.sessions import COOKIE
from api.auth.throttle import Attempt, CountedAttempt
from api.webapp_proxy.refusals import ProxyRefusal

NO_POLICY = "password does not match policy"
WRONG_OWN = "authenticated user password is not valid"


class WeakPassword(ProxyRefusal):
    """The engine's default policy; `bpmn/camunda/server/config/application.yaml` switches it on."""

    code = "PASSWORD_TOO_WEAK"
    status = 422

    def __init__(self) -> None:
        super().__init__(
            "Новый пароль слишком простой. Нужно не меньше 10 знаков и среди них хотя бы одна "
            "строчная буква, одна заглавная, одна цифра и один специальный знак, например ! ? - _. "
            "Логина, имени, фамилии и почты в пароле быть не должно."
        )


class WrongOwnPassword(ProxyRefusal):
    code = "WRONG_OWN_PASSWORD"
    status = 400

    def __init__(self) -> None:
        super().__init__("Ваш нынешний пароль введён неверно. Введите его ещё раз.")


@dataclass(frozen=True)
class Passwords:
    """Counts attempts and ends sessions around password calls. Methods wait for the database."""

    authenticator: Authenticator

    async def begin(self, request: Request, login: str) -> CountedAttempt:
        """Before the engine sees the password. Raises: TooManyAttempts, Unavailable."""
        mark = devices.mark_of(request)
        attempt = Attempt(
            login,
            request.client.host if request.client else "",
            devices.place_of(mark) if mark else None,
        )
        return await run_in_threadpool(self.authenticator.throttle.begin, attempt)

    async def settle(self, counted: CountedAttempt, reply: httpx2.Response, said: bytes) -> None:
        """After a no of the engine; 403 says nothing of the password: a page's token is missing, or
        the application is not this person's."""
        if reply.status_code >= 500 or reply.status_code == 403 or _says(said, NO_POLICY):
            await self.unfinished(counted)
        elif counted.is_telling:
            await run_in_threadpool(self.authenticator.alarm.ring, counted.attempt.login)

    async def unfinished(self, counted: CountedAttempt) -> None:
        """Take the attempt back: the engine never checked the password."""
        await run_in_threadpool(self.authenticator.throttle.unfinished, counted)

    async def generation(self, login: str) -> int:
        return await run_in_threadpool(self.authenticator.sessions.generation, login)

    async def logged_in(
        self, counted: CountedAttempt, response: Response, request: Request, generation: int
    ) -> None:
        """The session begins, and the browser is known from now on."""
        known = devices.mark_of(request) if counted.device_known else None
        mark = known or devices.new_mark()
        cookie = _session_of(response) or request.cookies.get(COOKIE, "")
        login = counted.attempt.login
        await run_in_threadpool(self.authenticator.sessions.begin, cookie, login, generation)
        await run_in_threadpool(
            self.authenticator.throttle.succeeded, counted, devices.place_of(mark)
        )
        devices.give(response, mark, request.url.scheme)

    async def proven(self, counted: CountedAttempt) -> None:
        """The caller's own password was right."""
        await run_in_threadpool(self.authenticator.throttle.succeeded, counted)

    async def changed(self, login: str) -> None:
        """Sessions and remembered passwords of the login end, in every API process."""
        await run_in_threadpool(self.authenticator.sessions.password_changed, login)
        await run_in_threadpool(self.authenticator.throttle.forgive, login)


def changed_login(path: str) -> str:
    """Login whose password a call changes, "" if the path names none."""
    match path.strip("/").split("/"):
        case [*_, "user", login, "credentials"]:
            return login
    return ""


def password_refusal(said: bytes) -> ProxyRefusal | None:
    """The engine's words about a password, for people."""
    if _says(said, NO_POLICY):
        return WeakPassword()
    return WrongOwnPassword() if _says(said, WRONG_OWN) else None


def _says(said: bytes, words: str) -> bool:
    try:
        told = json.loads(said)
    except ValueError:
        return False
    return isinstance(told, Mapping) and words in str(told.get("message", "")).lower()


def _session_of(response: Response) -> str | None:
    for name, value in response.raw_headers:
        if name == b"set-cookie" and value.startswith(f"{COOKIE}=".encode()):
            return value.decode("latin-1").partition(";")[0].partition("=")[2]
    return None
