"""ASGI middleware for all requests: request id, body limits, security headers, 500 responses."""

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
"""Default time without any progress after which the request is aborted."""
WHOLE = timedelta(minutes=10)
"""Time after which a request whose body is still incomplete is aborted."""
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
"""Defaults for the API; the web applications have their own."""
_CLOSE = {"Connection": "close"}


class BodyTooSlow(Exception):
    """The client sends its request body too slowly."""


class ProtectionMiddleware:
    """Gives every request an id, refuses too large or too slow bodies, and sets response headers.

    Only the declared size is checked here; chunked bodies are counted where they are read.
    """

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
        response = _ResponseSender(send, request_id, str(scope["path"]))
        refusal = self._refusal(Headers(scope=scope), request_id)
        if refusal is not None:
            await refusal(scope, receive, response.send)
            return
        body = _TimedBody(receive, self._idle)
        try:
            await self._app(_head_as_get(scope), body.receive, response.send)
        except BodyTooSlow:
            await response.send_instead(_too_slow(request_id), scope, receive)
        except Exception:
            log.exception("request %s failed", request_id)
            await response.send_instead(of_bug(request_id), scope, receive)

    def _refusal(self, headers: Headers, request_id: str) -> JSONResponse | None:
        """The response to a body whose declared length is contradictory or too large."""
        declared = headers.get("content-length", "")
        if declared and "transfer-encoding" in headers:
            sentence = "У запроса указаны две разные длины."
            return problem(request_id, 400, "TWO_LENGTHS", sentence, headers=_CLOSE)
        if declared.isdecimal() and int(declared[:20]) > self._max_body_bytes:
            megabytes = self._max_body_bytes // 1_000_000
            sentence = f"Запрос больше {megabytes} МБ. Уменьшите файл и повторите."
            return problem(request_id, 413, "BODY_TOO_LARGE", sentence, headers=_CLOSE)
        return None


def _head_as_get(scope: Scope) -> Scope:
    """The scope with HEAD replaced by GET for the API; the server omits the response body.

    The web applications handle HEAD themselves.
    """
    if scope["method"] != "HEAD" or scope["path"].startswith(WEBAPPS):
        return scope
    return {**scope, "method": "GET"}


@dataclass
class _TimedBody:
    """Receives the request body within the time limits; waiting for a disconnect has none."""

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
class _ResponseSender:
    """Sends the response with the headers of this middleware."""

    channel: Send
    request_id: str
    path: str
    started: bool = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self._set_headers(MutableHeaders(scope=message))
        await self.channel(message)

    async def send_instead(self, response: JSONResponse, scope: Scope, receive: Receive) -> None:
        """Send an error response; if another response has begun, abort the connection instead."""
        if self.started:
            raise ConnectionAbortedError(f"response {self.request_id} aborted")
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
