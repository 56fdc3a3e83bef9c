"""Client of clamd, the ClamAV daemon: INSTREAM over TCP or a Unix socket."""

import logging
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from api.inspection.antivirus import OK, Antivirus, NoAntivirus, printable_signature
from db.domain.errors import Unavailable

log = logging.getLogger(__name__)

CHUNK = 64 * 1024  # bytes
MAX_REPLY = 4096  # bytes
CONNECT_TIMEOUT = 5.0  # seconds
IDLE_TIMEOUT = 60.0  # seconds without progress on the connection
TOTAL_TIMEOUT = 120.0  # seconds for one file
PING_TIMEOUT = 3.0  # seconds
NOT_SCANNED = "Антивирус не ответил, файл не принят. Повторите через минуту."


class AddressRefused(ValueError):
    """The address is neither host:port nor an absolute path."""

    def __init__(self) -> None:
        super().__init__("нужно имя:порт антивируса clamd или полный путь его сокета")


def antivirus_at(address: str) -> Antivirus:
    """The antivirus of a setting: host:port, absolute path of a Unix socket, or "" for none.

    Raises: AddressRefused.
    """
    if not address:
        return NoAntivirus()
    if address.startswith("/"):
        return Clamd(Path(address))
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port[:6]) < 65536:
        raise AddressRefused
    return Clamd((host.strip("[]"), int(port)))


@dataclass(frozen=True)
class Clamd:
    """`Antivirus` implemented by clamd, with one connection per file."""

    address: Path | tuple[str, int]
    connect_timeout: float = CONNECT_TIMEOUT
    idle_timeout: float = IDLE_TIMEOUT
    total_timeout: float = TOTAL_TIMEOUT

    def scan(self, content: BinaryIO) -> str | None:
        """Scan a file. Safe to repeat because clamd keeps nothing.

        Raises: Unavailable without a definite result; the file must not be kept then.
        """
        content.seek(0)
        deadline = time.monotonic() + self.total_timeout
        try:
            with self._connected(self.idle_timeout) as connection:
                self._send(connection, content, deadline)
                reply = self._read_reply(connection, deadline)
        except OSError as error:
            log.error("clamd did not scan a file: %s", type(error).__name__)
            raise Unavailable(NOT_SCANNED) from error
        return _signature(reply)

    def state(self) -> str:
        try:
            with self._connected(PING_TIMEOUT) as connection:
                connection.sendall(b"zPING\0")
                reply = self._read_reply(connection, time.monotonic() + PING_TIMEOUT)
        except OSError:
            return "no answer"
        return OK if reply == "PONG" else "strange answer"

    def _send(self, connection: socket.socket, content: BinaryIO, deadline: float) -> None:
        """Send the file in chunks prefixed with their length; an empty chunk ends it.

        clamd replies and closes the connection early when the file exceeds its StreamMaxLength:
        the broken pipe is ignored and the reply is read.
        """
        try:
            connection.sendall(b"zINSTREAM\0")
            while chunk := content.read(CHUNK):
                self._limit_time(connection, deadline)
                connection.sendall(len(chunk).to_bytes(4, "big") + chunk)
            connection.sendall(bytes(4))
        except (BrokenPipeError, ConnectionResetError):
            return

    def _read_reply(self, connection: socket.socket, deadline: float) -> str:
        """Read until the null byte that ends the reply. Raises: OSError."""
        reply = b""
        while not reply.endswith(b"\0") and len(reply) < MAX_REPLY:
            self._limit_time(connection, deadline)
            piece = connection.recv(MAX_REPLY)
            if not piece:
                break
            reply += piece
        return reply.rstrip(b"\0\n").decode(errors="replace")

    def _limit_time(self, connection: socket.socket, deadline: float) -> None:
        """Set the timeout of the next operation. Raises: TimeoutError after the total time."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(min(left, self.idle_timeout))

    @contextmanager
    def _connected(self, idle_timeout: float) -> Iterator[socket.socket]:
        timeout = min(self.connect_timeout, idle_timeout)
        if isinstance(self.address, Path):
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(timeout)
        else:
            connection = socket.create_connection(self.address, timeout)
        with connection:
            if isinstance(self.address, Path):
                connection.connect(str(self.address))
            connection.settimeout(idle_timeout)
            yield connection


def _signature(reply: str) -> str | None:
    """The signature name in a reply to INSTREAM; None if clean. Raises: Unavailable."""
    result = reply.removeprefix("stream: ")
    if result == "OK":
        return None
    if result.endswith(" FOUND"):
        return printable_signature(result.removesuffix(" FOUND"))
    if "size limit exceeded" in result:
        log.error(
            "clamd refuses a file of this size: raise its StreamMaxLength to API_MAX_FILE_BYTES"
        )
    else:
        log.error("clamd gave no clear answer: %s", printable_signature(result))
    raise Unavailable(NOT_SCANNED)
