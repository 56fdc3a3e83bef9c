"""uvicorn's HTTP protocol for one connection, which reports what the server waits for."""

import asyncio
import socket
import struct
import time
from typing import ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.server.connection_registry import ConnectionRegistry, WaitingFor
from api.server.limits import Limits

RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""Value of SO_LINGER with which closing sends RST and discards unsent data."""


class LimitedConnection(H11Protocol):
    """Connection that is registered and knows since when it has waited for its client."""

    registry: ClassVar[ConnectionRegistry]

    _headers_since: float | None = None
    """Time of the first byte of a request whose headers are incomplete; None between requests."""
    _received_at = 0.0
    _resumed = 0
    _state: tuple[WaitingFor, object] | None = None
    _state_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._headers_since = self._received_at = time.monotonic()
        self.registry.register(self, self.client[0] if self.client else "")

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.registry.unregister(self)

    def data_received(self, data: bytes) -> None:
        self._received_at = time.monotonic()
        if self._headers_since is None and self.conn.their_state is h11.IDLE:
            self._headers_since = self._received_at
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._headers_since = None

    def resume_writing(self) -> None:
        self._resumed += 1
        super().resume_writing()

    def abort(self) -> None:
        """Reset the connection; otherwise the kernel would retransmit unsent data for minutes."""
        if (peer := self.transport.get_extra_info("socket")) is not None:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self.transport.abort()

    def waiting(self, now: float) -> tuple[WaitingFor, float]:
        """Current wait of the server, and the monotonic time of the client's last progress."""
        awaited = self._awaited()
        state = (awaited, self._progress(awaited))
        if state != self._state:
            self._state, self._state_since = state, now
        if awaited is WaitingFor.HEADERS and self._headers_since is not None:
            return awaited, self._headers_since
        return awaited, self._received_at if awaited is WaitingFor.BODY else self._state_since

    def _awaited(self) -> WaitingFor:
        if self.transport.get_write_buffer_size():
            return WaitingFor.CLIENT_READ
        theirs = self.conn.their_state
        if theirs is h11.IDLE:
            return WaitingFor.REQUEST if self._headers_since is None else WaitingFor.HEADERS
        if theirs is h11.SEND_BODY and self.cycle.response_complete:
            return WaitingFor.BODY_REST
        if theirs is h11.SEND_BODY and not self._client_waits():
            return WaitingFor.BODY
        return WaitingFor.NOTHING

    def _client_waits(self) -> bool:
        return self.flow.read_paused or self.cycle.waiting_for_100_continue

    def _progress(self, awaited: WaitingFor) -> object:
        if awaited is WaitingFor.CLIENT_READ:
            return self._resumed, self.transport.get_write_buffer_size()
        return self.cycle


def limited_protocol(limits: Limits, trusted: str) -> type[LimitedConnection]:
    """Protocol class for one server. ``trusted``: proxies, separated by commas, or ``*``."""
    return type("Limited", (LimitedConnection,), {"registry": ConnectionRegistry(limits, trusted)})
