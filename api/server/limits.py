"""Limits of the HTTP server: timeouts, connections, file descriptors."""

import resource
from contextlib import suppress
from dataclasses import dataclass, replace

OPEN_FILES = 65_536
"""Requested limit of file descriptors where the hard limit is infinite."""
RESERVED = 512
"""File descriptors that are not for client connections: database, engine, files, and connections
accepted in one iteration of the event loop before the first of them is registered."""
MIN_CONNECTIONS = 32


@dataclass(frozen=True)
class Limits:
    """Timeouts and numbers of connections for clients."""

    headers: float = 15.0
    """Seconds for the headers of a request; the first request starts with the connection."""
    stalled: float = 30.0
    """Seconds without reading the response, or without completing the body of a refused request."""
    connections: int = 1000
    """Connections of all clients together."""
    of_one_address: int = 200
    """Connections of one address; enough for an office behind one router."""

    def within(self, open_files: int) -> "Limits":
        """These limits with at most as many connections as file descriptors allow."""
        bound = max(MIN_CONNECTIONS, min(self.connections, open_files - RESERVED))
        of_one_address = min(self.of_one_address, bound // 2)
        return replace(self, connections=bound, of_one_address=of_one_address)


def raise_open_files() -> None:
    """Raise the soft limit of file descriptors to the hard limit; failures are ignored."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        # macOS has a kernel limit below the hard limit
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def open_files() -> int:
    """Soft limit of file descriptors of this process."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return OPEN_FILES if soft == resource.RLIM_INFINITY else soft
