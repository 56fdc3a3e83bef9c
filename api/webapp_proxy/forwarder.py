"""Forwards requests to the engine's nodes and copies the responses, with filtered headers."""

import re
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack
from typing import IO
from urllib.parse import urlsplit

import httpx2
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response

from api.auth.sessions import COOKIE, session_cookie
from api.engine.nodes import Destination, EngineNodes, Node
from api.webapp_proxy.refusals import EngineNotResponding, ResponseLost
from db.tracing import span

TIMEOUT = httpx2.Timeout(30, connect=3, pool=10)
CONNECT_RETRIES = 1
"""Further attempts to connect; repeating is safe because no request was sent yet."""
LIMITS = httpx2.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=20)
"""Idle connections expire here first: the engine keeps them for a minute (application.yaml), so
that it never closes one while a request is being sent."""
MEMORY_BYTES = 256 * 1024
"""A buffered response up to this size stays in memory, a larger one goes to a temporary file."""
CHUNK = 64 * 1024
NOT_SENT = (httpx2.ConnectTimeout, httpx2.PoolTimeout)
"""Errors before the first byte is sent. ConnectError is one more, handled by another node."""
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")
QUERIES = ("GET", "HEAD", "OPTIONS")
TOKEN_COOKIE = "XSRF-TOKEN"
FORWARDED_HEADERS = (
    "accept",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "range",
    "user-agent",
    "x-requested-with",
    "x-xsrf-token",
)
"""Request headers that are forwarded. X-Forwarded-* and Authorization are not among them."""
DROPPED_HEADERS = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "server",
        "date",
        "x-powered-by",
        "www-authenticate",
    }
)
"""Response headers that are dropped: hop-by-hop headers, and those that reveal internals."""


class Forwarder:
    """Connection pool to the engine's nodes; keeps no cookies between requests."""

    def __init__(
        self, nodes: EngineNodes, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        """``transport``: replaces real connections in tests."""
        self._nodes = nodes
        self._client = httpx2.AsyncClient(
            timeout=TIMEOUT,
            transport=transport
            or httpx2.AsyncHTTPTransport(limits=LIMITS, trust_env=False, retries=CONNECT_RETRIES),
            follow_redirects=False,
            trust_env=False,
        )

    async def send(
        self, request: Request, path: str, query: str, body: bytes | None, content_type: str
    ) -> httpx2.Response:
        """Forward to the session's node, or to another one while connections are refused.

        The response's body must then be read by `streamed` or `read`.

        Raises: EngineNotResponding, ResponseLost.
        """
        target = path + (f"?{query}" if query else "")
        extra = {} if body is None else {"content-type": content_type}
        cookie = session_cookie(request)
        destination: Destination | None
        destination = await run_in_threadpool(self._nodes.destination, cookie)
        while destination is not None:
            headers = {**dict(_headers(request, destination)), **extra}
            url = f"{destination.node.origin}{target}"
            plain = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
            call = self._client.build_request(request.method, url, headers=plain, content=body)
            call.extensions["pit_node"] = destination.node
            try:
                with span("engine"):
                    return await self._client.send(call, stream=True)
            except httpx2.ConnectError:
                destination = await run_in_threadpool(self._nodes.alternative, destination)
            except NOT_SENT as error:
                raise EngineNotResponding from error
            except httpx2.HTTPError as error:
                raise _no_response(request.method) from error
            finally:
                self._client.cookies.clear()
        raise EngineNotResponding

    async def read(self, answer: httpx2.Response) -> bytes:
        """The whole body of a small response. Raises: EngineNotResponding, ResponseLost."""
        try:
            return await answer.aread()
        except httpx2.HTTPError as error:
            raise _no_response(answer.request.method) from error
        finally:
            await answer.aclose()

    async def streamed(self, answer: httpx2.Response, request: Request) -> StreamingResponse:
        """The engine's response, unchanged, read to its end before the first byte is sent on.

        A client that reads slowly holds no connection to the engine.
        Raises: EngineNotResponding, ResponseLost.
        """
        buffer = await self._buffered(answer)
        response = StreamingResponse(_chunks(buffer), answer.status_code)
        self._copy_headers(answer, response.headers, request)
        return response

    async def _buffered(self, answer: httpx2.Response) -> IO[bytes]:
        """The body's bytes. A large body lies in an unnamed temporary file until it is closed."""
        with ExitStack() as undone:
            buffer = undone.enter_context(tempfile.SpooledTemporaryFile(MEMORY_BYTES))
            try:
                async for chunk in answer.aiter_raw(CHUNK):
                    buffer.write(chunk)
            except httpx2.HTTPError as error:
                raise _no_response(answer.request.method) from error
            finally:
                await answer.aclose()
            undone.pop_all()
        buffer.seek(0)
        return buffer

    def whole(self, answer: httpx2.Response, body: bytes, request: Request) -> Response:
        """The engine's response with another body, which has no content encoding."""
        response = Response(body, answer.status_code)
        length = response.headers.get("content-length", "0")
        self._copy_headers(answer, response.headers, request)
        del response.headers["content-encoding"]
        response.headers["content-length"] = length
        return response

    async def close(self) -> None:
        """Close the connections to the engine."""
        await self._client.aclose()

    def _copy_headers(
        self, answer: httpx2.Response, headers: MutableHeaders, request: Request
    ) -> None:
        node: Node = answer.request.extensions["pit_node"]
        for name, value in answer.headers.multi_items():
            if name == "set-cookie":
                headers.append(name, _secured(_marked(value, node), request.url.scheme))
            elif name == "location":
                headers[name] = _relative(value, node)
            elif name not in DROPPED_HEADERS:
                headers[name] = value


def _no_response(method: str) -> EngineNotResponding:
    """Refusal for a request that was sent without getting a response."""
    return EngineNotResponding() if method in QUERIES else ResponseLost()


def _relative(location: str, node: Node) -> str:
    """A redirect without the engine's internal address."""
    if location.startswith(node.origin):
        return location[len(node.origin) :] or "/"
    place = urlsplit(location)
    return (place.path or "/") + (f"?{place.query}" if place.query else "")


def _marked(cookie: str, node: Node) -> str:
    """The session cookie with the mark of its node; other cookies unchanged."""
    pair, semicolon, flags = cookie.partition(";")
    name, _, value = pair.partition("=")
    if name.strip() != COOKIE or not value:
        return cookie
    return f"{name}={value}.{node.mark}{semicolon}{flags}"


def _headers(request: Request, destination: Destination) -> Iterator[tuple[str, str]]:
    for name in FORWARDED_HEADERS:
        if (value := request.headers.get(name)) is not None:
            yield name, value
    if "x-xsrf-token" not in request.headers and (token := _token(request)):
        yield "x-xsrf-token", token
    if cookies := "; ".join(
        f"{name}={value}" for name, value in _cookies(request, destination).items()
    ):
        yield "cookie", cookies
    yield "host", _host(request)
    yield "x-forwarded-for", request.client.host if request.client else "unknown"
    yield "x-forwarded-proto", request.url.scheme
    yield "x-forwarded-host", _host(request)


def _token(request: Request) -> str | None:
    """The engine's CSRF token for a call of our own pages, which cannot read its cookie.

    They lie outside the path of that cookie. Their proof is a header that no page of another
    origin can set; the Origin header was compared before.
    """
    if request.headers.get("x-requested-with", "").lower() != "xmlhttprequest":
        return None
    return request.cookies.get(TOKEN_COOKIE)


def _host(request: Request) -> str:
    """The public host, from which the engine builds links; "localhost" for a malformed one."""
    host = request.headers.get("host", "")
    return host if _HOST.fullmatch(host) else "localhost"


def _cookies(request: Request, destination: Destination) -> Mapping[str, str]:
    """The two cookies of the engine; others are not forwarded."""
    found = {COOKIE: destination.session, TOKEN_COOKIE: request.cookies.get(TOKEN_COOKIE)}
    return {name: value for name, value in found.items() if value is not None}


def begins_session(answer: httpx2.Response) -> bool:
    """Whether the engine has created a session for this call."""
    return any(cookie.startswith(f"{COOKIE}=") for cookie in answer.headers.get_list("set-cookie"))


async def _chunks(buffer: IO[bytes]) -> AsyncIterator[bytes]:
    with buffer:
        while chunk := buffer.read(CHUNK):
            yield chunk


def _secured(cookie: str, scheme: str) -> str:
    flags = {part.strip().lower() for part in cookie.split(";")[1:]}
    return f"{cookie}; Secure" if scheme == "https" and "secure" not in flags else cookie
