"""Keep-alive HTTP connections to the engine, one per thread.

A report is a small POST with an empty answer. Sending it takes a quarter of the processor time
that a general HTTP client needs, because the head is formatted once and nothing is configurable.
"""

import select
import socket
import ssl
import threading
from collections.abc import Mapping
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit


class NoAnswer(Exception):
    """The connection failed or timed out; the server may have done what was asked."""


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
        self._open: set[socket.socket] = set()

    def post(self, url: str, body: bytes, read_seconds: float) -> tuple[int, bytes]:
        """Send a request to a URL of the server. Returns: status and body. Raises: NoAnswer."""
        head = f"POST {urlsplit(url).path} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n"
        try:
            connection = self._connection()
            connection.settimeout(read_seconds)
            connection.sendall(head.encode("latin-1") + b"\r\n" + body)
            with HTTPResponse(connection, method="POST") as answer:
                answer.begin()
                data = answer.read()
                closing = answer.will_close
        except (OSError, HTTPException) as error:
            self._drop()
            raise NoAnswer(type(error).__name__) from None
        except BaseException:
            self._drop()  # the answer of this request must not be taken for that of the next
            raise
        if closing:
            self._drop()
        return answer.status, data

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()

    def _connection(self) -> socket.socket:
        """Return the open connection of this thread; a new one if the server has closed it."""
        present: socket.socket | None = getattr(self._own, "connection", None)
        if present is not None and not _is_readable(present):
            return present
        self._drop()
        connection = socket.create_connection(self._address, self._connect_seconds)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._secure:
            context = ssl.create_default_context()
            connection = context.wrap_socket(connection, server_hostname=self._host)
        self._own.connection = connection
        with self._lock:
            self._open.add(connection)
        return connection

    def _drop(self) -> None:
        present: socket.socket | None = getattr(self._own, "connection", None)
        if present is not None:
            self._own.connection = None
            with self._lock:
                self._open.discard(present)
            present.close()


def _is_readable(connection: socket.socket) -> bool:
    """Return whether an idle connection has something to read: its end, or a stray answer."""
    if connection.fileno() < 0:
        return True
    poller = select.poll()
    poller.register(connection, select.POLLIN)
    return bool(poller.poll(0))
