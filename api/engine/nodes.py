"""The engine's nodes behind one name, and in which of them a browser's session lives.

A session of the web applications exists in the memory of one node. The cookie that a browser gets
carries, after a dot, a mark of that node; the engine gets its own value back without it. So any
API process finds the way, with nothing stored anywhere.
"""

import hashlib
import random
import re
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from db.domain.errors import Unavailable

FRESH = 2.0  # seconds that a look-up is believed
AVOIDED = 5.0  # seconds that a node which refused a connection gets no new sessions
_MARKED = re.compile(r"(.+)\.(n[0-9a-f]{8})")

Resolve = Callable[[str, int], Sequence[str]]
"""Addresses of a host name and port, without repetitions. Raises: OSError."""


@dataclass(frozen=True)
class Node:
    """One engine process. ``origin`` is its address before /camunda."""

    origin: str

    @property
    def mark(self) -> str:
        """What a cookie says of it; it tells nothing of our network."""
        return f"n{hashlib.sha256(self.origin.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Destination:
    """Where a call goes, and the session's id as that node knows it."""

    node: Node
    session: str | None
    bound: bool
    """Whether the session is known to live in this node."""


def resolve(host: str, port: int) -> Sequence[str]:
    """As `Resolve`, asked of the system."""
    found = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)
    return sorted({str(address[0]) for *_, address in found})


def session_id(cookie: str) -> str:
    """The session's id as its node knows it."""
    found = _MARKED.fullmatch(cookie)
    return found[1] if found else cookie


class EngineNodes:
    """May be shared by threads; asking may wait for the name service."""

    def __init__(self, engine_url: str, look_up: Resolve = resolve) -> None:
        parts = urlsplit(engine_url)
        self._scheme, self._host = parts.scheme, parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._look_up, self._lock = look_up, threading.Lock()
        self._nodes: Sequence[Node] = ()
        self._looked = float("-inf")
        self._refused: dict[Node, float] = {}

    def way(self, cookie: str | None) -> Destination:
        """To the node that the cookie names, to any if it is gone. Raises: Unavailable."""
        known = self._known()
        found = _MARKED.fullmatch(cookie) if cookie else None
        session, mark = (found[1], found[2]) if found else (cookie, None)
        for node in known:
            if node.mark == mark:
                return Destination(node, session, bound=True)
        return Destination(random.choice(self._willing(known) or known), session, bound=False)

    def another(self, way: Destination) -> Destination | None:
        """After a refused connection: a node instead; None if all have refused lately, so that
        trying one after the other comes to an end.

        Raises: Unavailable.
        """
        self._refused[way.node] = time.monotonic()
        others = self._willing(self._known())
        return Destination(random.choice(others), way.session, bound=False) if others else None

    def _willing(self, nodes: Sequence[Node]) -> Sequence[Node]:
        soon = time.monotonic() - AVOIDED
        return [node for node in nodes if self._refused.get(node, soon) <= soon]

    def _known(self) -> Sequence[Node]:
        with self._lock:
            if time.monotonic() - self._looked > FRESH:
                self._refresh()
            return self._nodes

    def _refresh(self) -> None:
        try:
            addresses = self._look_up(self._host, self._port)
        except OSError as trouble:
            if not self._nodes:
                raise Unavailable("No engine node has the settings' name.") from trouble
            # The name service hiccups, or all nodes are down: connecting will tell.
            self._looked = time.monotonic()
            return
        self._nodes = [Node(f"{self._scheme}://{address}:{self._port}") for address in addresses]
        self._looked = time.monotonic()
        self._refused = {n: at for n, at in self._refused.items() if n in self._nodes}
