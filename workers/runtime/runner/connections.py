"""Keep-alive HTTP/1.1 connections to the engine, one per thread.

A report is a small POST with an empty answer. A general HTTP client spends most of the worker's
processor time on headers that never change and that nobody reads.
"""

import select
import socket
import ssl
import threading
from collections.abc import Mapping
from typing import BinaryIO, NamedTuple
from urllib.parse import urlsplit

LINE_BYTES, HEADERS = 65_536, 100
"""Longest line and most headers of an answer."""
BODILESS = frozenset({204, 304})


class NoAnswer(Exception):
    """The connection failed or timed out; the server may have done what was asked."""


class MalformedAnswer(Exception):
    """Response that is not HTTP/1.1, or ends too early."""


class Answer(NamedTuple):
    """An answer; ``closing``: the server closes the connection after it."""

    status: int
    body: bytes
    closing: bool


class Connection:
    """An open connection and its buffered input."""

    def __init__(self, opened: socket.socket) -> None:
        self.socket = opened
        self.input: BinaryIO = opened.makefile("rb")

    def is_stale(self) -> bool:
        """Return whether the idle connection has something to read: its end, or a stray answer."""
        poller = select.poll()
        poller.register(self.socket, select.POLLIN)
        return bool(poller.poll(0))

    def close(self) -> None:
        self.input.close()
        self.socket.close()


class Connections:
    """POST requests to one server; thread-safe, each thread has a connection of its own."""

    def __init__(self, base_url: str, headers: Mapping[str, str], connect_seconds: float) -> None:
        """``base_url``: http or https; ``headers``: sent with every request."""
        server = urlsplit(base_url)
        self._secure = server.scheme == "https"
        self._host = server.hostname or ""
        self._address = self._host, server.port or (443 if self._secure else 80)
        self._connect_seconds = connect_seconds
        lines = {"Host": server.netloc.rpartition("@")[2], **headers}
        self._head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self._own = threading.local()
        self._lock = threading.Lock()
        self._open: set[Connection] = set()

    def post(self, url: str, body: bytes, read_seconds: float) -> tuple[int, bytes]:
        """Send a request to a URL of the server. Returns: status and body. Raises: NoAnswer."""
        head = f"POST {urlsplit(url).path} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n"
        try:
            connection = self._connection()
            connection.socket.settimeout(read_seconds)
            connection.socket.sendall(head.encode("latin-1") + b"\r\n" + body)
            answer = read_answer(connection.input)
        except (OSError, MalformedAnswer) as error:
            self._drop()
            raise NoAnswer(type(error).__name__) from None
        except BaseException:
            self._drop()  # the answer of this request must not be taken for that of the next
            raise
        if answer.closing:
            self._drop()
        return answer.status, answer.body

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()

    def _connection(self) -> Connection:
        """Return the open connection of this thread; a new one if the server has closed it."""
        present: Connection | None = getattr(self._own, "connection", None)
        if present is not None and not present.is_stale():
            return present
        self._drop()
        opened = socket.create_connection(self._address, self._connect_seconds)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._secure:
            opened = ssl.create_default_context().wrap_socket(opened, server_hostname=self._host)
        connection = Connection(opened)
        self._own.connection = connection
        with self._lock:
            self._open.add(connection)
        return connection

    def _drop(self) -> None:
        present: Connection | None = getattr(self._own, "connection", None)
        if present is not None:
            self._own.connection = None
            with self._lock:
                self._open.discard(present)
            present.close()


def read_answer(source: BinaryIO) -> Answer:
    """Read one answer. Raises: MalformedAnswer, OSError."""
    version, _, rest = _line(source).partition(b" ")
    if version not in (b"HTTP/1.1", b"HTTP/1.0") or not rest[:3].isdigit():
        raise MalformedAnswer
    status, headers = int(rest[:3]), _headers(source)
    closing = headers.get(b"connection", b"").lower() == b"close" or version == b"HTTP/1.0"
    if status in BODILESS:
        return Answer(status, b"", closing)
    if headers.get(b"transfer-encoding", b"").lower() == b"chunked":
        return Answer(status, _chunks(source), closing)
    length = headers.get(b"content-length", b"")
    if not length.isdigit():
        raise MalformedAnswer
    return Answer(status, _exactly(source, int(length)), closing)


def _headers(source: BinaryIO) -> dict[bytes, bytes]:
    """Read headers up to the empty line. Returns: values by name in lower case."""
    headers: dict[bytes, bytes] = {}
    for _ in range(HEADERS):
        if not (line := _line(source)):
            return headers
        name, _, value = line.partition(b":")
        headers[name.lower()] = value.strip()
    raise MalformedAnswer


def _chunks(source: BinaryIO) -> bytes:
    parts: list[bytes] = []
    while True:
        size = _line(source).partition(b";")[0].strip()
        try:
            length = int(size, 16)
        except ValueError:
            raise MalformedAnswer from None
        if length < 0:
            raise MalformedAnswer
        if not length:
            _headers(source)  # trailers
            return b"".join(parts)
        parts.append(_exactly(source, length))
        if _line(source):
            raise MalformedAnswer


def _line(source: BinaryIO) -> bytes:
    line = source.readline(LINE_BYTES)
    if not line.endswith(b"\n"):
        raise MalformedAnswer
    return line.rstrip(b"\r\n")


def _exactly(source: BinaryIO, length: int) -> bytes:
    data = source.read(length)
    if len(data) != length:
        raise MalformedAnswer
    return data
