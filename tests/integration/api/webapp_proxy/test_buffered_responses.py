"""Responses of the engine are buffered before they are sent to the browser."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from starlette.requests import Request

from api.engine.nodes import EngineNodes
from api.webapp_proxy.forwarder import MEMORY_BYTES, Forwarder


class _Whole(httpx2.AsyncByteStream):
    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> Any:
        yield self._body


def a_request(method: str) -> Request:
    scope = {"type": "http", "method": method, "scheme": "http", "path": "/", "headers": []}
    return Request(scope | {"query_string": b"", "server": ("front", 80)})


@pytest.mark.parametrize("size", [0, 10, MEMORY_BYTES + 1, 5 * MEMORY_BYTES])
def test_an_answer_is_taken_from_the_engine_before_it_is_sent(size: Any) -> None:
    """A browser that reads slowly holds no connection to the engine."""
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)

    async def called() -> tuple[bool, bytes]:
        transport = httpx2.MockTransport(lambda _: httpx2.Response(200, stream=_Whole(body)))
        proxy = Forwarder(EngineNodes("http://engine", lambda *_: ["127.0.0.1"]), transport)
        reply = await proxy.send(a_request("GET"), "/camunda/x", "", None, "")
        response = await proxy.streamed(reply, a_request("GET"))
        freed = reply.is_closed
        sent = b"".join(
            [bytes(part) async for part in response.body_iterator if not isinstance(part, str)]
        )
        await proxy.close()
        return freed, sent

    with ThreadPoolExecutor(1) as apart:
        assert apart.submit(asyncio.run, called()).result() == (True, body)
