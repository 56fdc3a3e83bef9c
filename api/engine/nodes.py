"""Nodes of the engine's cluster, and sticky routing of web sessions to them.

A session of the web applications exists in the memory of one node. The browser's cookie has the
session id, a dot, and a mark of that node; the engine gets the session id alone. So every API
process finds the node without shared state.
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

LOOKUP_SECONDS = 2.0
"""Lifetime of a cached DNS lookup."""
AVOIDED_SECONDS = 5.0
"""Time without new sessions for a node that has refused a connection."""
_MARKED = re.compile(r"(.+)\.(n[0-9a-f]{8})")

Resolve = Callable[[str, int], Sequence[str]]
"""Distinct addresses of a host name and port. Raises: OSError."""


@dataclass(frozen=True)
class Node:
    """One engine process. ``origin`` is its address before /camunda."""

    origin: str

    @property
    def mark(self) -> str:
        """Mark of the node in cookies; a hash, so that it does not reveal internal addresses."""
        return f"n{hashlib.sha256(self.origin.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Destination:
    """Target of a request: a node, and the session id for it."""

    node: Node
    session: str | None
    bound: bool
    """Whether the cookie names this node as the home of the session."""


def resolve(host: str, port: int) -> Sequence[str]:
    """`Resolve` by the operating system."""
    found = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)
    return sorted({str(address[0]) for *_, address in found})


def session_id(cookie: str) -> str:
    """The session id in a cookie, without the node mark."""
    found = _MARKED.fullmatch(cookie)
    return found[1] if found else cookie


class EngineNodes:
    """Resolves the engine's host name and chooses nodes. Thread-safe; may block on DNS."""

    def __init__(self, engine_url: str, resolver: Resolve = resolve) -> None:
        parts = urlsplit(engine_url)
        self._scheme, self._host = parts.scheme, parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._resolve, self._lock = resolver, threading.Lock()
        self._nodes: Sequence[Node] = ()
        self._looked_up_at = float("-inf")
        self._refused: dict[Node, float] = {}

    def destination(self, cookie: str | None) -> Destination:
        """The node that the cookie names, or any node if that one is gone. Raises: Unavailable."""
        known = self._known()
        found = _MARKED.fullmatch(cookie) if cookie else None
        session, mark = (found[1], found[2]) if found else (cookie, None)
        for node in known:
            if node.mark == mark:
                return Destination(node, session, bound=True)
        return Destination(random.choice(self._not_avoided(known) or known), session, bound=False)

    def alternative(self, destination: Destination) -> Destination | None:
        """Another node after a refused connection; None if all nodes have refused recently.

        So a loop over alternatives ends. Raises: Unavailable.
        """
        self._refused[destination.node] = time.monotonic()
        others = self._not_avoided(self._known())
        return (
            Destination(random.choice(others), destination.session, bound=False) if others else None
        )

    def _not_avoided(self, nodes: Sequence[Node]) -> Sequence[Node]:
        soon = time.monotonic() - AVOIDED_SECONDS
        return [node for node in nodes if self._refused.get(node, soon) <= soon]

    def _known(self) -> Sequence[Node]:
        with self._lock:
            if time.monotonic() - self._looked_up_at > LOOKUP_SECONDS:
                self._refresh()
            return self._nodes

    def _refresh(self) -> None:
        try:
            addresses = self._resolve(self._host, self._port)
        except OSError as trouble:
            if not self._nodes:
                raise Unavailable("The host name of the engine cannot be resolved.") from trouble
            # A DNS failure, or all nodes are down: keep the last known addresses.
            self._looked_up_at = time.monotonic()
            return
        self._nodes = [Node(f"{self._scheme}://{address}:{self._port}") for address in addresses]
        self._looked_up_at = time.monotonic()
        self._refused = {n: at for n, at in self._refused.items() if n in self._nodes}
