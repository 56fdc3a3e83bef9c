"""Refusals of `Forwarder` without a response: request not sent, or result unknown."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from starlette.requests import Request

from api.engine.nodes import EngineNodes
from api.webapp_proxy.forwarder import Forwarder
from api.webapp_proxy.refusals import EngineNotResponding, ResponseLost

BEFORE = [httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout]
MEANWHILE = [
    httpx2.WriteError,
    httpx2.WriteTimeout,
    httpx2.ReadError,
    httpx2.ReadTimeout,
    httpx2.RemoteProtocolError,
]


class _Cut(httpx2.AsyncByteStream):
    """A response body that breaks off."""

    async def __aiter__(self) -> Any:
        yield b'{"type":'
        raise httpx2.ReadError("cut")


def a_request(method: str) -> Request:
    scope = {"type": "http", "method": method, "scheme": "http", "path": "/", "headers": []}
    return Request(scope | {"query_string": b"", "server": ("front", 80)})


def told(
    method: str, answered: httpx2.Response | type[httpx2.HTTPError], *, whole: bool = False
) -> type[Exception]:
    """Refusal class of a call whose response is read or, with ``whole``, streamed."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        if isinstance(answered, httpx2.Response):
            return answered
        raise answered("trouble")

    async def called() -> None:
        nodes = EngineNodes("http://engine", lambda *_: ["127.0.0.1"])
        proxy = Forwarder(nodes, httpx2.MockTransport(answer))
        request = a_request(method)
        try:
            reply = await proxy.send(request, "/camunda/x", "", b"{}", "")
            await (proxy.streamed(reply, request) if whole else proxy.read(reply))
        finally:
            await proxy.close()

    with (
        ThreadPoolExecutor(1) as apart,  # the tests with a browser leave a loop in this thread
        pytest.raises(EngineNotResponding) as raised,
    ):
        apart.submit(asyncio.run, called()).result()
    return raised.type


@pytest.mark.parametrize("trouble", BEFORE)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_call_that_never_left_was_not_sent(method: str, trouble: Any) -> None:
    assert told(method, trouble) is EngineNotResponding


@pytest.mark.parametrize("trouble", MEANWHILE)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_call_that_left_may_have_been_done(method: str, trouble: Any) -> None:
    assert told(method, trouble) is ResponseLost


@pytest.mark.parametrize("trouble", MEANWHILE)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_question_may_simply_be_asked_again(method: str, trouble: Any) -> None:
    assert told(method, trouble) is EngineNotResponding


@pytest.mark.parametrize(
    ("method", "refusal"), [("GET", EngineNotResponding), ("POST", ResponseLost)]
)
def test_an_answer_that_breaks_off_is_no_answer(method: str, refusal: Any) -> None:
    assert told(method, httpx2.Response(500, stream=_Cut())) is refusal
    assert told(method, httpx2.Response(200, stream=_Cut()), whole=True) is refusal
