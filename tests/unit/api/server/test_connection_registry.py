"""`ConnectionRegistry` and `ConcurrentRequestLimit`: eviction and limits."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from starlette.types import Message, Receive, Scope, Send

from api.server.concurrent_requests import ConcurrentRequestLimit
from api.server.connection_registry import ConnectionRegistry, WaitingFor
from api.server.limits import MIN_CONNECTIONS, RESERVED, Limits

OFFICE, STRANGER = "192.0.2.1", "203.0.113.7"
LIMITS = Limits(headers=15, stalled=30, connections=6, of_one_address=4)


@dataclass(eq=False)
class Member:
    """A fake connection that has waited for its client for some seconds."""

    awaited: WaitingFor = WaitingFor.HEADERS
    seconds: float = 0.0
    ended: bool = False

    def waiting(self, now: float) -> tuple[WaitingFor, float]:
        return self.awaited, now - self.seconds

    def abort(self) -> None:
        self.ended = True


def in_a_loop(told: Callable[[], Coroutine[None, None, None]]) -> None:
    with ThreadPoolExecutor(1) as apart:  # the tests with a browser leave a loop in this thread
        apart.submit(asyncio.run, told()).result()


def test_the_longest_waiting_one_of_an_address_makes_room() -> None:
    async def told() -> None:
        crowd = ConnectionRegistry(LIMITS)
        members = [Member(seconds=seconds) for seconds in (1, 3, 2, 0)]
        other, newcomer = Member(seconds=9), Member()
        crowd.register(other, OFFICE)
        for member in (*members, newcomer):
            crowd.register(member, STRANGER)

        assert [member.ended for member in members] == [False, True, False, False]
        assert not newcomer.ended
        assert not other.ended

    in_a_loop(told)


@pytest.mark.parametrize(
    ("awaited", "seconds", "makes_room"),
    [
        (WaitingFor.REQUEST, 0.1, True),
        (WaitingFor.BODY, 0.1, False),
        (WaitingFor.BODY, 6, True),
        (WaitingFor.CLIENT_READ, 6, True),
        (WaitingFor.BODY_REST, 6, True),
        (WaitingFor.NOTHING, 60, False),
    ],
)
def test_somebody_at_work_ends_only_if_it_stands_still(
    awaited: WaitingFor, seconds: float, makes_room: bool
) -> None:
    async def told() -> None:
        crowd = ConnectionRegistry(LIMITS)
        members, newcomer = [Member(awaited, seconds) for _ in range(4)], Member()
        for member in (*members, newcomer):
            crowd.register(member, STRANGER)

        assert sum(member.ended for member in members) == makes_room
        assert newcomer.ended is not makes_room

    in_a_loop(told)


def test_a_full_house_ends_those_of_the_address_that_has_most() -> None:
    async def told() -> None:
        crowd = ConnectionRegistry(LIMITS)
        strangers, office = [Member() for _ in range(4)], [Member(seconds=9) for _ in range(2)]
        for member in strangers:
            crowd.register(member, STRANGER)
        for member in office:
            crowd.register(member, OFFICE)
        newcomer = Member()
        crowd.register(newcomer, "192.0.2.2")

        assert sum(member.ended for member in strangers) == 1
        assert not any(member.ended for member in (*office, newcomer))

    in_a_loop(told)


def test_when_the_house_is_full_being_busy_does_not_keep_others_out() -> None:
    async def told() -> None:
        crowd = ConnectionRegistry(LIMITS)
        busy = [Member(WaitingFor.BODY, 0.1) for _ in range(6)]
        for number, member in enumerate(busy):
            crowd.register(member, STRANGER if number < 4 else OFFICE)
        newcomer = Member()
        crowd.register(newcomer, "192.0.2.2")

        assert [member.ended for member in busy].index(True) < 4
        assert not newcomer.ended

    in_a_loop(told)


def test_a_trusted_proxy_has_as_many_as_there_are() -> None:
    async def told() -> None:
        crowd = ConnectionRegistry(LIMITS, "192.0.2.1, 10.0.0.0/8")
        members = [Member() for _ in range(6)]
        for member in members:
            crowd.register(member, "10.0.0.4")

        assert not any(member.ended for member in members)

    in_a_loop(told)


def test_addresses_of_one_ipv6_network_are_one() -> None:
    async def told() -> None:
        crowd = ConnectionRegistry(LIMITS)
        members = [Member(seconds=9 - number) for number in range(5)]
        for number, member in enumerate(members):
            crowd.register(member, f"2001:db8::{number + 1}")

        assert [member.ended for member in members] == [True, False, False, False, False]

    in_a_loop(told)


def test_what_left_counts_no_more() -> None:
    async def told() -> None:
        crowd = ConnectionRegistry(LIMITS)
        for _ in range(20):
            member = Member(WaitingFor.NOTHING)
            crowd.register(member, STRANGER)
            assert not member.ended
            crowd.unregister(member)
            crowd.unregister(member)

    in_a_loop(told)


def test_the_overdue_ones_end_by_themselves() -> None:
    async def told() -> None:
        crowd = ConnectionRegistry(Limits(headers=0.2, stalled=0.2))
        late = [
            Member(WaitingFor.HEADERS, 1),
            Member(WaitingFor.CLIENT_READ, 1),
            Member(WaitingFor.BODY_REST, 1),
        ]
        fine = [
            Member(WaitingFor.NOTHING, 1),
            Member(WaitingFor.REQUEST, 1),
            Member(WaitingFor.BODY, 1),
        ]
        for member in (*late, *fine):
            crowd.register(member, STRANGER)
        until = time.monotonic() + 20
        while not all(member.ended for member in late):
            assert time.monotonic() < until
            await asyncio.sleep(0.05)

        assert not any(member.ended for member in fine)

    in_a_loop(told)


@pytest.mark.parametrize(
    ("files", "connections", "of_one"),
    [
        (65_536, 1000, 200),
        (1024, 1024 - RESERVED, 200),
        (640, 128, 64),
        (256, MIN_CONNECTIONS, MIN_CONNECTIONS // 2),
    ],
)
def test_no_more_connections_than_files_may_be_open(
    files: int, connections: int, of_one: int
) -> None:
    bound = Limits().within(files)

    assert (bound.connections, bound.of_one_address) == (connections, of_one)


@pytest.mark.parametrize(
    ("second", "status"),
    [("2001:db8::1:2", 503), ("2001:db8:0:1::2", 200), ("203.0.113.7", 200)],
)
def test_requests_of_one_network_of_ipv6_are_counted_together(second: str, status: int) -> None:
    async def told() -> None:
        first_came, first_goes = asyncio.Event(), asyncio.Event()
        said: list[int] = []

        async def application(scope: Scope, _: Receive, send: Send) -> None:
            if scope["client"][0] == "2001:db8::1":
                first_came.set()
                await first_goes.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})

        async def receive() -> Message:
            return {"type": "http.request"}

        async def send(message: Message) -> None:
            said.append(message.get("status", 0))

        async def come(address: str) -> None:
            scope = {"type": "http", "client": (address, 1), "headers": [], "method": "GET"}
            await bounded(scope, receive, send)

        bounded = ConcurrentRequestLimit(application, of_one_address=1)
        first = asyncio.create_task(come("2001:db8::1"))
        await first_came.wait()
        await come(second)
        first_goes.set()
        await first

        assert said[0] == status

    in_a_loop(told)
