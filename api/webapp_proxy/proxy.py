"""A request as the engine may see it, and the engine's answer as a browser may see it."""

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

TIMEOUT = httpx2.Timeout(30, connect=3, pool=10)
LIMITS = httpx2.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=20)
"""Idle connections are ours to end: the engine keeps them for a minute (application.yaml), so none
dies under a request that was just sent."""
IN_MEMORY = 256 * 1024
"""Bytes of an answer that are kept in memory until the client has taken them; more go to disk."""
PART = 64 * 1024
NOT_SENT = (httpx2.ConnectTimeout, httpx2.PoolTimeout)
"""Troubles before the first byte. A refused connection is one more, and leads to another node."""
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")
QUESTIONS = ("GET", "HEAD", "OPTIONS")
TOKEN_COOKIE = "XSRF-TOKEN"
PASSED_ON = (
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
"""Everything else of the browser's headers stays here, its own X-Forwarded-* and logins too."""
KEPT_BACK = frozenset(
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
"""Of the engine's answer: headers of this one connection, and what tells about insides."""


class Proxy:
    """One pool of connections to the engine's nodes; nothing of one person's call stays in it."""

    def __init__(
        self, nodes: EngineNodes, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        """``transport``: instead of connections of our own, for tests."""
        self._nodes = nodes
        self._client = httpx2.AsyncClient(
            timeout=TIMEOUT,
            limits=LIMITS,
            transport=transport,
            follow_redirects=False,
            trust_env=False,
        )

    async def ask(self, request: Request, path: str) -> httpx2.Response:
        """A small question of ours, with the caller's own rights. Raises: EngineNotResponding."""
        reply = await self._sent(request, "GET", path, None, {"accept": "application/json"})
        await self.read(reply)
        return reply

    async def send(
        self, request: Request, path: str, query: str, body: bytes | None, content_type: str
    ) -> httpx2.Response:
        """The engine's answer with its body still to come; `passed` or `read` must end it.

        Raises: EngineNotResponding, ResponseLost.
        """
        place = path + (f"?{query}" if query else "")
        own = {} if body is None else {"content-type": content_type}
        return await self._sent(request, request.method, place, body, own)

    async def _sent(
        self, request: Request, method: str, place: str, body: bytes | None, own: Mapping[str, str]
    ) -> httpx2.Response:
        """A node that refuses the connection got nothing: another one may be asked."""
        way: Destination | None = await run_in_threadpool(self._nodes.way, session_cookie(request))
        while way is not None:
            headers = {**dict(_headers(request, way)), **own}
            url = f"{way.node.origin}{place}"
            plain = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
            call = self._client.build_request(method, url, headers=plain, content=body)
            call.extensions["pit_node"] = way.node
            try:
                return await self._client.send(call, stream=True)
            except httpx2.ConnectError:
                way = await run_in_threadpool(self._nodes.another, way)
            except NOT_SENT as error:
                raise EngineNotResponding from error
            except httpx2.HTTPError as error:
                raise _unanswered(method) from error
            finally:
                self._client.cookies.clear()
        raise EngineNotResponding

    async def read(self, answer: httpx2.Response) -> bytes:
        """The whole of a small answer. Raises: EngineNotResponding, ResponseLost."""
        try:
            return await answer.aread()
        except httpx2.HTTPError as error:
            raise _unanswered(answer.request.method) from error
        finally:
            await answer.aclose()

    async def passed(self, answer: httpx2.Response, request: Request) -> StreamingResponse:
        """The engine's response, unchanged, read to its end before the first byte is sent on.

        A client that reads slowly holds no connection to the engine.
        Raises: EngineNotResponding, ResponseLost.
        """
        kept = await self._kept(answer)
        response = StreamingResponse(_parts(kept), answer.status_code)
        self._copy_headers(answer, response.headers, request)
        return response

    async def _kept(self, answer: httpx2.Response) -> IO[bytes]:
        """The answer's bytes, a large one's in a file without a name, which ends with it."""
        with ExitStack() as undone:
            kept = undone.enter_context(tempfile.SpooledTemporaryFile(IN_MEMORY))
            try:
                async for part in answer.aiter_raw(PART):
                    kept.write(part)
            except httpx2.HTTPError as error:
                raise _unanswered(answer.request.method) from error
            finally:
                await answer.aclose()
            undone.pop_all()
        kept.seek(0)
        return kept

    def whole(self, answer: httpx2.Response, body: bytes, request: Request) -> Response:
        """``body`` is decoded already."""
        response = Response(body, answer.status_code)
        length = response.headers.get("content-length", "0")
        self._copy_headers(answer, response.headers, request)
        del response.headers["content-encoding"]
        response.headers["content-length"] = length
        return response

    async def close(self) -> None:
        await self._client.aclose()

    def _copy_headers(
        self, answer: httpx2.Response, headers: MutableHeaders, request: Request
    ) -> None:
        node: Node = answer.request.extensions["pit_node"]
        for name, value in answer.headers.multi_items():
            if name == "set-cookie":
                headers.append(name, _secured(_marked(value, node), request.url.scheme))
            elif name == "location":
                headers[name] = _own(value, node)
            elif name not in KEPT_BACK:
                headers[name] = value


def _unanswered(method: str) -> EngineNotResponding:
    """What to say when the call left and no answer came."""
    return EngineNotResponding() if method in QUESTIONS else ResponseLost()


def _own(location: str, node: Node) -> str:
    """A redirect of the engine names the engine's address; people know only ours."""
    if location.startswith(node.origin):
        return location[len(node.origin) :] or "/"
    place = urlsplit(location)
    return (place.path or "/") + (f"?{place.query}" if place.query else "")


def _marked(cookie: str, node: Node) -> str:
    """A session's cookie with the mark of the node where the session lives."""
    pair, semicolon, flags = cookie.partition(";")
    name, _, value = pair.partition("=")
    if name.strip() != COOKIE or not value:
        return cookie
    return f"{name}={value}.{node.mark}{semicolon}{flags}"


def _headers(request: Request, way: Destination) -> Iterator[tuple[str, str]]:
    for name in PASSED_ON:
        if (value := request.headers.get(name)) is not None:
            yield name, value
    if cookies := "; ".join(f"{name}={value}" for name, value in _cookies(request, way).items()):
        yield "cookie", cookies
    yield "host", _host(request)
    yield "x-forwarded-for", request.client.host if request.client else "unknown"
    yield "x-forwarded-proto", request.url.scheme
    yield "x-forwarded-host", _host(request)


def _host(request: Request) -> str:
    """The address that people use. The engine builds links from it and so never writes its own."""
    host = request.headers.get("host", "")
    return host if _HOST.fullmatch(host) else "localhost"


def _cookies(request: Request, way: Destination) -> Mapping[str, str]:
    """The engine's own two; others are none of its business."""
    found = {COOKIE: way.session, TOKEN_COOKIE: request.cookies.get(TOKEN_COOKIE)}
    return {name: value for name, value in found.items() if value is not None}


def begins_session(answer: httpx2.Response) -> bool:
    """Whether the engine made a session for this call."""
    return any(cookie.startswith(f"{COOKIE}=") for cookie in answer.headers.get_list("set-cookie"))


async def _parts(kept: IO[bytes]) -> AsyncIterator[bytes]:
    with kept:
        while part := kept.read(PART):
            yield part


def _secured(cookie: str, scheme: str) -> str:
    flags = {part.strip().lower() for part in cookie.split(";")[1:]}
    return f"{cookie}; Secure" if scheme == "https" and "secure" not in flags else cookie
