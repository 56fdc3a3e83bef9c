"""Registry of client connections: limits per address and in all, eviction, time limits."""

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

STALLED_SECONDS = 5.0
"""Time without progress after which a connection with a request may be evicted."""
EVICTED_SHARE = 20
"""One in so many connections is evicted at once, because finding candidates is the main cost."""
WARN_EVERY = 60.0  # seconds


class WaitingFor(Enum):
    """Reason why the server waits on a connection."""

    HEADERS = "headers"
    REQUEST = "the next request"
    BODY = "body of a request in progress"  # api.http.middleware limits its time
    BODY_REST = "rest of a body whose response is complete"
    CLIENT_READ = "the client to read its response"
    NOTHING = "nothing: the client waits for the server"


WITHOUT_REQUEST = (WaitingFor.HEADERS, WaitingFor.REQUEST)


class RegisteredConnection(Protocol):
    """Interface of a connection that the registry can observe and abort."""

    def waiting(self, now: float) -> tuple[WaitingFor, float]:
        """Current wait of the server, and the monotonic time of the client's last progress."""
        ...

    def abort(self) -> None: ...


class ConnectionRegistry:
    """Aborts overdue connections, and evicts the longest idle ones when a limit is reached.

    A new connection is accepted if another one can be evicted for it, so idle connections cannot
    block the server. An address at its limit evicts its own connections; if all of them are busy,
    the new one is refused. A full server evicts from the address with most connections.
    """

    def __init__(self, limits: Limits, trusted: str = "") -> None:
        self._limits = limits
        self._trusted = ProxyHeadersMiddleware(_unused_application, trusted).trusted_hosts
        self._allowed = {
            WaitingFor.HEADERS: limits.headers,
            WaitingFor.BODY_REST: limits.stalled,
            WaitingFor.CLIENT_READ: limits.stalled,
        }
        self._pause = min(1.0, *(seconds / 4 for seconds in self._allowed.values()))
        self._by_address: defaultdict[str, set[RegisteredConnection]] = defaultdict(set)
        self._address: dict[RegisteredConnection, str] = {}
        self._check_scheduled = False
        self._warned_at = float("-inf")

    def register(self, connection: RegisteredConnection, peer: str) -> None:
        """Add a new connection from address ``peer``, or abort it if there is no room."""
        address = network_of(peer)
        if not self._has_room(address, peer in self._trusted):
            connection.abort()
            return
        self._by_address[address].add(connection)
        self._address[connection] = address
        if not self._check_scheduled:
            self._check_scheduled = True
            asyncio.get_running_loop().call_later(self._pause, self._abort_overdue)

    def unregister(self, connection: RegisteredConnection) -> None:
        """Remove a closed connection."""
        address = self._address.pop(connection, None)
        if address is not None and (connections := self._by_address[address]):
            connections.discard(connection)
            if not connections:
                del self._by_address[address]

    def _has_room(self, address: str, trusted: bool) -> bool:
        connections: Collection[RegisteredConnection] = self._by_address.get(address, ())
        if not trusted and len(connections) >= self._limits.of_one_address:
            return self._evict(connections, STALLED_SECONDS)
        if len(self._address) >= self._limits.connections:
            largest = max(self._by_address.values(), key=len)
            return self._evict(largest, 0) or self._evict(self._address.keys(), STALLED_SECONDS)
        return True

    def _evict(self, connections: Collection[RegisteredConnection], stalled_seconds: float) -> bool:
        """Evict some of these connections; False if none could be evicted."""
        self._warn(len(connections))
        evicted = self._candidates(connections, stalled_seconds)[
            : max(1, len(connections) // EVICTED_SHARE)
        ]
        for connection in evicted:
            self._abort(connection)
        return bool(evicted)

    def _candidates(
        self, connections: Collection[RegisteredConnection], stalled_seconds: float
    ) -> list[RegisteredConnection]:
        """Connections that may be evicted, longest idle first.

        One with a request only if all have one, and after ``stalled_seconds`` without progress.
        """
        now = time.monotonic()
        states = [(connection, *connection.waiting(now)) for connection in connections]
        found = [
            (since, connection)
            for connection, awaited, since in states
            if awaited in WITHOUT_REQUEST
        ]
        found = found or [
            (since, connection)
            for connection, awaited, since in states
            if awaited is not WaitingFor.NOTHING and now - since > stalled_seconds
        ]
        return [connection for _, connection in sorted(found, key=lambda pair: pair[0])]

    def _abort_overdue(self) -> None:
        now = time.monotonic()
        for connection in list(self._address):
            awaited, since = connection.waiting(now)
            if awaited in self._allowed and now - since > self._allowed[awaited]:
                self._abort(connection)
        self._check_scheduled = bool(self._address)
        if self._check_scheduled:
            asyncio.get_running_loop().call_later(self._pause, self._abort_overdue)

    def _abort(self, connection: RegisteredConnection) -> None:
        self.unregister(connection)
        connection.abort()

    def _warn(self, count: int) -> None:
        now = time.monotonic()
        if now - self._warned_at > WARN_EVERY:
            self._warned_at = now
            log.warning("%d connections are open: the longest idle ones are closed", count)


async def _unused_application(*_: object) -> None:
    """Placeholder for `ProxyHeadersMiddleware`, of which only the parsed addresses are used."""
