"""Hostile clients: many sockets from one address, limited in number and time."""

import contextlib
import select
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx2

from tests.support.waiting import eventually

STRANGER = "127.0.0.2"
"""Whole 127.0.0.0/8 is this machine, so an attacker can have an address that others have not."""
HALF_A_REQUEST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
FILE = "/camunda/lib/deps.js"
"""The largest of the web applications: four megabytes."""
READS_NOTHING = f"GET {FILE} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
HALF_A_BODY = (
    b"POST /camunda/api/admin/auth/user/default/login/tasklist HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3000\r\n\r\nu"
)
"""Of a call whose body is read before anybody is logged in."""


class Crowd:
    """Sockets of one attacker; sending ignores errors, because the server may abort any of them."""

    def __init__(self, url: str, address: str = STRANGER, buffer: int | None = None) -> None:
        """``buffer``: size of the receive buffer of a client that does not read."""
        where = urlsplit(url)
        self._to = (where.hostname or "", where.port or 80)
        self._tls = _careless() if where.scheme == "https" else None
        self._address = address
        self._buffer = buffer
        self.sockets: list[socket.socket] = []
        self.reached = 0
        """Connections that were made at all."""

    def open(self, count: int, said: bytes = b"") -> None:
        """Connect; without data not even TLS is started."""
        for _ in range(count):
            one = socket.socket()
            if self._buffer is not None:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._buffer)
            one.bind((self._address, 0))
            one.settimeout(20)
            with contextlib.suppress(OSError):
                one.connect(self._to)
                self.reached += 1
                if self._tls is not None and said:
                    one = self._tls.wrap_socket(one, server_hostname=self._to[0])
                one.sendall(said)
            self.sockets.append(one)

    def say(self, said: bytes) -> None:
        for one in self.sockets:
            with contextlib.suppress(OSError):
                one.sendall(said)

    def held(self) -> int:
        """Number of open sockets; received responses are discarded."""
        return sum(not _ended(one) for one in self.sockets)

    def ended(self) -> int:
        return len(self.sockets) - self.held()

    def deaf(self) -> int:
        """Number of open sockets by the kernel's state, without reading."""
        asked = select.poll()
        for one in self.sockets:
            asked.register(one, select.POLLRDHUP)
        return len(self.sockets) - len(asked.poll(0))

    def close(self) -> None:
        for one in self.sockets:
            one.close()


@contextlib.contextmanager
def crowd(url: str, address: str = STRANGER, buffer: int | None = None) -> Iterator[Crowd]:
    attackers = Crowd(url, address, buffer)
    try:
        yield attackers
    finally:
        attackers.close()


def answers(url: str, address: str = "127.0.0.1") -> bool:
    """Whether a new client gets a response."""
    with httpx2.Client(
        transport=httpx2.HTTPTransport(local_address=address), timeout=20, trust_env=False
    ) as client:
        return client.get(f"{url}/healthz").status_code == 200


def all_end(attackers: Crowd) -> None:
    eventually(lambda: attackers.held() == 0, 40)


def _careless() -> ssl.SSLContext:
    """TLS context without certificate checks."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _ended(one: socket.socket) -> bool:
    one.setblocking(False)
    try:
        while True:
            if not one.recv(65_536):
                return True
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        one.settimeout(20)
