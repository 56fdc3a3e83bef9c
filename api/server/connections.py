"""Connections of all clients: how many one address may have, and which end when room is needed."""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Collection
from enum import Enum
from typing import Protocol

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api.http.client_network import network_of
from api.server.limits import Limits

log = logging.getLogger(__name__)

SLOW = 5.0
"""Seconds without progress after which a request may end for somebody else's sake."""
SHARE = 20
"""Of too many connections one in so many ends at once: looking for them costs most."""
TELL_EVERY = 60.0  # seconds


class WaitingFor(Enum):
    """What the server waits for at a connection."""

    HEADERS = "headers"
    REQUEST = "the next request"
    BODY = "body of a request that is worked on"  # api.http.middleware has a clock for it
    REST = "rest of a body whose request is answered"
    READING = "the client to take its answer"
    NOTHING = "nothing: the client waits for us"


AT_REST = (WaitingFor.HEADERS, WaitingFor.REQUEST)


class Member(Protocol):
    """A connection as the registry sees it."""

    def waiting(self, now: float) -> tuple[WaitingFor, float]: ...

    def end(self) -> None: ...


class Connections:
    """Ends connections that are overdue, and the longest waiting ones when there are too many.

    A newcomer is let in as long as somebody can be ended for it, so nobody keeps others out by
    holding connections. Who is busy with each of them keeps out newcomers of the same address; when
    the server is full, one of the address that has most makes room.
    """

    def __init__(self, limits: Limits, trusted: str = "") -> None:
        self._limits = limits
        self._trusted = ProxyHeadersMiddleware(_nothing, trusted).trusted_hosts
        self._allowed = {
            WaitingFor.HEADERS: limits.headers,
            WaitingFor.REST: limits.stalled,
            WaitingFor.READING: limits.stalled,
        }
        self._pause = min(1.0, *(seconds / 4 for seconds in self._allowed.values()))
        self._by_address: defaultdict[str, set[Member]] = defaultdict(set)
        self._address: dict[Member, str] = {}
        self._looking = False
        self._told_at = float("-inf")

    def enter(self, member: Member, peer: str) -> None:
        address = network_of(peer)
        if not self._has_room(address, peer in self._trusted):
            member.end()
            return
        self._by_address[address].add(member)
        self._address[member] = address
        if not self._looking:
            self._looking = True
            asyncio.get_running_loop().call_later(self._pause, self._look)

    def leave(self, member: Member) -> None:
        address = self._address.pop(member, None)
        if address is not None and (members := self._by_address[address]):
            members.discard(member)
            if not members:
                del self._by_address[address]

    def _has_room(self, address: str, trusted: bool) -> bool:
        members: Collection[Member] = self._by_address.get(address, ())
        if not trusted and len(members) >= self._limits.of_one_address:
            return self._thinned(members, SLOW)
        if len(self._address) >= self._limits.connections:
            largest = max(self._by_address.values(), key=len)
            return self._thinned(largest, 0) or self._thinned(self._address.keys(), SLOW)
        return True

    def _thinned(self, members: Collection[Member], slow: float) -> bool:
        """Whether some of too many connections could be ended."""
        self._tell(len(members))
        leaving = self._longest(members, slow)[: max(1, len(members) // SHARE)]
        for member in leaving:
            self._end(member)
        return bool(leaving)

    def _longest(self, members: Collection[Member], slow: float) -> list[Member]:
        """Who may be ended, the longest waiting first; somebody with a request only if nobody is
        without one, and if it has stood still for ``slow`` seconds."""
        now = time.monotonic()
        seen = [(member, *member.waiting(now)) for member in members]
        found = [(since, member) for member, awaited, since in seen if awaited in AT_REST]
        found = found or [
            (since, member)
            for member, awaited, since in seen
            if awaited is not WaitingFor.NOTHING and now - since > slow
        ]
        return [member for _, member in sorted(found, key=lambda pair: pair[0])]

    def _look(self) -> None:
        now = time.monotonic()
        for member in list(self._address):
            awaited, since = member.waiting(now)
            if awaited in self._allowed and now - since > self._allowed[awaited]:
                self._end(member)
        self._looking = bool(self._address)
        if self._looking:
            asyncio.get_running_loop().call_later(self._pause, self._look)

    def _end(self, member: Member) -> None:
        self.leave(member)
        member.end()

    def _tell(self, count: int) -> None:
        now = time.monotonic()
        if now - self._told_at > TELL_EVERY:
            self._told_at = now
            log.warning("%d connections are open: the longest waiting ones are ended", count)


async def _nothing(*_: object) -> None:
    """An application for uvicorn's reading of trusted addresses; it is never called."""
