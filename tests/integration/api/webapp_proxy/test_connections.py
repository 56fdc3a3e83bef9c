"""Connections from the webapp proxy to the engine that cannot be opened in time."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest

from api.engine.nodes import EngineNodes
from api.webapp_proxy.forwarder import Forwarder
from api.webapp_proxy.refusals import EngineNotResponding
from tests.integration.api.webapp_proxy.test_buffered_responses import a_request
from tests.integration.api.webapp_proxy.webapp_stand_in import WebappStandIn

PRESS = "/camunda/api/engine/engine/default/task/t1/submit-form"


def press(engine: WebappStandIn) -> int:
    """Forward one POST. Returns: the status of the engine's response."""

    async def called() -> int:
        proxy = Forwarder(EngineNodes(engine.url))
        try:
            answer = await proxy.send(a_request("POST"), PRESS, "", b"{}", "application/json")
            await proxy.read(answer)
        finally:
            await proxy.close()
        return answer.status_code

    with ThreadPoolExecutor(1) as apart:
        return apart.submit(asyncio.run, called()).result()


def slow_connections(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """The first ``count`` connections are not opened in time."""
    opened, left = anyio.connect_tcp, [None] * count

    async def connect(*given: Any, **named: Any) -> Any:
        if left:
            left.pop()
            raise TimeoutError
        return await opened(*given, **named)

    monkeypatch.setattr(anyio, "connect_tcp", connect)


def test_a_press_is_sent_once_when_the_first_connection_takes_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with WebappStandIn() as engine:
        slow_connections(monkeypatch, 1)

        assert press(engine) == 200
        assert [seen.path for seen in engine.seen] == [PRESS]


def test_a_press_is_refused_when_no_connection_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    with WebappStandIn() as engine:
        slow_connections(monkeypatch, 9)

        with pytest.raises(EngineNotResponding):
            press(engine)
        assert engine.seen == []
