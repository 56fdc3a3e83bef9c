"""Limits of the server: seconds, connections, and the file descriptors that these may take."""

import resource
from contextlib import suppress
from dataclasses import dataclass, replace

OPEN_FILES = 65_536
"""As many as are asked for where the system sets no limit of its own."""
RESERVED = 512
"""File descriptors that connections of clients never get: databases, engine, files, and those
accepted in one turn of the event loop before the first of them is counted."""
FEWEST = 32


@dataclass(frozen=True)
class Limits:
    """How long a client may let the server wait, and how many connections it may have."""

    headers: float = 15.0
    """Seconds for the headers of a request; for the first one from the connection on."""
    stalled: float = 30.0
    """Seconds in which a client takes nothing of its answer or ends no refused body."""
    connections: int = 1000
    """Of all clients together."""
    of_one_address: int = 200
    """An office behind one router, and not the whole server."""

    def within(self, open_files: int) -> "Limits":
        """The same, with no more connections than this process may have files open."""
        bound = max(FEWEST, min(self.connections, open_files - RESERVED))
        of_one_address = min(self.of_one_address, bound // 2)
        return replace(self, connections=bound, of_one_address=of_one_address)


def raise_open_files() -> None:
    """Let this process open as many files as the system allows; a no changes nothing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        # macOS: another limit of the kernel lies below the hard one
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def open_files() -> int:
    """How many files this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return OPEN_FILES if soft == resource.RLIM_INFINITY else soft
