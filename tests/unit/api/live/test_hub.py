"""The hub: what a page has read is not told again, what happens after it is, and the end."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.live import hub as module
from api.live.hub import Hub, Stream
from api.live.news import Digest, News, Topic
from db.domain.errors import Unavailable

PATIENCE = 20.0
"""Seconds for what takes some hundredths of one."""
EVERYTHING = {"deals": None, "notifications": None, "tasks": None}


class Changes:
    """A watch whose findings the test decides."""

    def __init__(self) -> None:
        self.found: list[News] = []
        self.down = False
        self.looks = 0

    def __call__(self) -> Sequence[News]:
        self.looks += 1
        if self.down:
            raise Unavailable("test")
        found, self.found = self.found, []
        return found


def of_deal(number: int) -> News:
    return News(Topic.DEALS, f"D-{number}", everybody=True)


async def looked(changes: Changes) -> None:
    """Wait until a look has begun and ended after this call."""
    before = changes.looks
    async with asyncio.timeout(PATIENCE):
        while changes.looks < before + 2:
            await asyncio.sleep(0.005)


async def told(stream: Stream) -> dict[str, list[str] | None]:
    async with asyncio.timeout(PATIENCE):
        await stream.wake.wait()
    return stream.take().data()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.01)


@pytest.fixture
def changes() -> Changes:
    return Changes()


def in_a_loop(
    changes: Changes, scene: Callable[[Hub, Changes], Coroutine[None, None, None]]
) -> None:
    """Play a scene with a hub of its own, and close it."""

    async def played() -> None:
        hub = Hub(lambda: changes)
        try:
            await scene(hub, changes)
        finally:
            hub.close()
            await hub.closed()

    with ThreadPoolExecutor(1) as apart:  # the tests with a browser leave a loop in this thread
        apart.submit(asyncio.run, played()).result()


def test_a_page_is_told_what_happens_after_its_position_and_nothing_else(changes: Changes) -> None:
    async def scene(hub: Hub, changes: Changes) -> None:
        changes.found = [of_deal(1)]
        hub.expect()
        position = await hub.settled()
        changes.found = [of_deal(2)]
        await looked(changes)
        stream = hub.open("manager1", (), "", position)

        assert await told(stream) == {"deals": ["D-2"]}
        changes.found = [of_deal(3)]
        assert await told(stream) == {"deals": ["D-3"]}
        assert hub.open("manager1", (), "", hub.position).digest == Digest()

    in_a_loop(changes, scene)


def test_a_page_that_nobody_expected_reads_everything_again(changes: Changes) -> None:
    async def scene(hub: Hub, changes: Changes) -> None:
        assert await hub.settled() == ""
        stream = hub.open("manager1", (), "", "")
        assert await told(stream) == EVERYTHING

    in_a_loop(changes, scene)


def test_a_page_does_not_wait_for_a_database_that_is_down(
    changes: Changes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_LOOK", 0.05)

    async def scene(hub: Hub, changes: Changes) -> None:
        changes.down = True
        hub.expect()
        position = await hub.settled()
        stream = hub.open("manager1", (), "", position)
        changes.down = False

        assert position == ""
        assert await told(stream) == EVERYTHING

    in_a_loop(changes, scene)


def test_looking_ends_when_no_page_comes(changes: Changes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "UNHEARD", 0.05)

    async def scene(hub: Hub, changes: Changes) -> None:
        hub.expect()
        position = await hub.settled()
        async with asyncio.timeout(PATIENCE):
            await hub.closed()

        assert position
        assert hub.position == ""
        assert await told(hub.open("manager1", (), "", position)) == EVERYTHING

    in_a_loop(changes, scene)
