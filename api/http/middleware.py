"""What every request and answer goes through: an id, limits, safe headers, no leaked insides."""

import asyncio
import logging
import time
import uuid
from dataclasses import dataclass, field
from datetime import timedelta

from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import TITLES, of_bug, problem

log = logging.getLogger(__name__)

IDLE = timedelta(seconds=30)
"""A body that stands still so long is given up, unless settings say otherwise."""
WHOLE = timedelta(minutes=10)
"""A body that takes so long in all is given up."""
WEBAPPS = "/camunda"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
API_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
"""Unless the route itself says something else; the web applications bring their own."""
_CLOSE = {"Connection": "close"}


class BodyTooSlow(Exception):
    """The client stopped sending, or sends too slowly."""


class ProtectionMiddleware:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, *, max_body_bytes: int, idle: timedelta = IDLE) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._idle = idle.total_seconds()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        answer = _Answer(send, request_id, str(scope["path"]))
        refused = self._refused(Headers(scope=scope), request_id)
        if refused is not None:
            await refused(scope, receive, answer.send)
            return
        body = _Body(receive, self._idle)
        try:
            await self._app(_asked(scope), body.receive, answer.send)
        except BodyTooSlow:
            await answer.instead(_too_slow(request_id), scope, receive)
        except Exception:
            log.exception("request %s failed", request_id)
            await answer.instead(of_bug(request_id), scope, receive)

    def _refused(self, headers: Headers, request_id: str) -> JSONResponse | None:
        declared = headers.get("content-length", "")
        if declared and "transfer-encoding" in headers:
            sentence = "У запроса указаны две разные длины."
            return problem(request_id, 400, "TWO_LENGTHS", sentence, headers=_CLOSE)
        if declared.isdecimal() and int(declared[:20]) > self._max_body_bytes:
            megabytes = self._max_body_bytes // 1_000_000
            sentence = f"Запрос больше {megabytes} МБ. Уменьшите файл и повторите."
            return problem(request_id, 413, "BODY_TOO_LARGE", sentence, headers=_CLOSE)
        return None


def _asked(scope: Scope) -> Scope:
    """HEAD is answered as GET; the server itself leaves the body out. The web applications have
    rules of their own for it."""
    if scope["method"] != "HEAD" or scope["path"].startswith(WEBAPPS):
        return scope
    return {**scope, "method": "GET"}


@dataclass
class _Body:
    """The request's body under a clock; after its end nothing is timed."""

    channel: Receive
    idle: float
    ended: bool = False
    deadline: float = field(default_factory=lambda: time.monotonic() + WHOLE.total_seconds())

    async def receive(self) -> Message:
        if self.ended:
            return await self.channel()
        left = min(self.idle, self.deadline - time.monotonic())
        try:
            message = await asyncio.wait_for(self.channel(), max(left, 0))
        except TimeoutError:
            raise BodyTooSlow from None
        self.ended = not message.get("more_body", False)
        return message


@dataclass
class _Answer:
    channel: Send
    request_id: str
    path: str
    started: bool = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self._set_headers(MutableHeaders(scope=message))
        await self.channel(message)

    async def instead(self, response: JSONResponse, scope: Scope, receive: Receive) -> None:
        """Answer so, unless another answer is already on its way: that one is broken off."""
        if self.started:
            raise ConnectionAbortedError(f"answer {self.request_id} broken off")
        response.headers.update(_CLOSE)
        await response(scope, receive, self.send)

    def _set_headers(self, headers: MutableHeaders) -> None:
        headers["X-Request-Id"] = self.request_id
        webapp = self.path.startswith(WEBAPPS)
        for name, value in ({} if webapp else API_HEADERS).items():
            headers.setdefault(name, value)
        for name, value in HEADERS.items():
            headers.setdefault(name, value)


def _too_slow(request_id: str) -> JSONResponse:
    return problem(request_id, 408, "BODY_TOO_SLOW", f"{TITLES[408]}, повторите.")
