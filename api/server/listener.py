"""Listening sockets that keep asyncio from spinning when file descriptors run out."""

import errno
import socket
import time
from typing import Any

EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
PAUSE = 0.9
"""Seconds; a little less than asyncio's delay after such an error (ACCEPT_RETRY_DELAY)."""


class Listener(socket.socket):
    """Raises the error about missing file descriptors at most once per second.

    After such an error asyncio calls accept() as often as its backlog is long, logs a traceback
    and schedules a retry for every failure (python/cpython#151615).
    """

    _exhausted_at = float("-inf")

    def accept(self) -> tuple[socket.socket, Any]:
        try:
            return super().accept()
        except OSError as error:
            if error.errno not in EXHAUSTED:
                raise
            now = time.monotonic()
            if now - self._exhausted_at < PAUSE:
                raise BlockingIOError(errno.EAGAIN, "no file descriptors") from None
            self._exhausted_at = now
            raise


def listeners(host: str, port: int) -> list[socket.socket]:
    """Sockets bound to all addresses of the host. Raises: OSError."""
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    bound: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            listener = Listener(family, kind, protocol)
            bound.append(listener)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind(address)
    except OSError:
        for each in bound:
            each.close()
        raise
    return bound
