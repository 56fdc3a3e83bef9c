"""What the proxy says when no answer comes: not sent, or nobody knows."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from starlette.requests import Request

from api.engine.nodes import Nodes
from api.webapp_proxy.proxy import Proxy
from api.webapp_proxy.refusals import AnswerLost, EngineSilent

BEFORE = [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout]
MEANWHILE = [
    httpx.WriteError,
    httpx.WriteTimeout,
    httpx.ReadError,
    httpx.ReadTimeout,
    httpx.RemoteProtocolError,
]


class _Cut(httpx.AsyncByteStream):
    """A body whose end never comes."""

    async def __aiter__(self):
        yield b'{"type":'
        raise httpx.ReadError("cut")


def a_request(method: str) -> Request:
    scope = {"type": "http", "method": method, "scheme": "http", "path": "/", "headers": []}
    return Request(scope | {"query_string": b"", "server": ("front", 80)})


def told(
    method: str, answered: httpx.Response | type[httpx.HTTPError], *, whole: bool = False
) -> type[Exception]:
    """Which refusal a call ends with, its answer read, or passed on as a ``whole``."""

    def answer(request: httpx.Request) -> httpx.Response:
        if isinstance(answered, httpx.Response):
            return answered
        raise answered("trouble")

    async def called() -> None:
        proxy = Proxy(Nodes("http://engine", lambda *_: ["127.0.0.1"]), httpx.MockTransport(answer))
        request = a_request(method)
        try:
            reply = await proxy.send(request, "/camunda/x", "", b"{}", "")
            await (proxy.passed(reply, request) if whole else proxy.read(reply))
        finally:
            await proxy.close()

    with (
        ThreadPoolExecutor(1) as apart,  # the tests with a browser leave a loop in this thread
        pytest.raises(EngineSilent) as raised,
    ):
        apart.submit(asyncio.run, called()).result()
    return raised.type


@pytest.mark.parametrize("trouble", BEFORE)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_call_that_never_left_was_not_sent(method, trouble):
    assert told(method, trouble) is EngineSilent


@pytest.mark.parametrize("trouble", MEANWHILE)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_call_that_left_may_have_been_done(method, trouble):
    assert told(method, trouble) is AnswerLost


@pytest.mark.parametrize("trouble", MEANWHILE)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_question_may_simply_be_asked_again(method, trouble):
    assert told(method, trouble) is EngineSilent


@pytest.mark.parametrize(("method", "refusal"), [("GET", EngineSilent), ("POST", AnswerLost)])
def test_an_answer_that_breaks_off_is_no_answer(method, refusal):
    assert told(method, httpx.Response(500, stream=_Cut())) is refusal
    assert told(method, httpx.Response(200, stream=_Cut()), whole=True) is refusal
