"""Client of clamd, the ClamAV daemon: INSTREAM over TCP or a Unix socket."""

import logging
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from api.files.antivirus import OK, Antivirus, NoAntivirus, plain
from db.domain.errors import Unavailable

log = logging.getLogger(__name__)

CHUNK = 64 * 1024  # bytes
ANSWER = 4096  # bytes
CONNECT = 5.0  # seconds
SILENCE = 60.0  # seconds until the next sign of life
WHOLE = 120.0  # seconds for one file in all
PING = 3.0  # seconds
NOT_SCANNED = "Антивирус не ответил, файл не принят. Повторите через минуту."


class AddressRefused(ValueError):
    """Neither host:port nor a path."""

    def __init__(self) -> None:
        super().__init__("нужно имя:порт антивируса clamd или полный путь его сокета")


def antivirus_at(address: str) -> Antivirus:
    """``address``: host:port, the absolute path of a Unix socket, or "" for none.

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
    """`Antivirus` by clamd; a connection per file, nothing is kept open."""

    address: Path | tuple[str, int]
    connect: float = CONNECT
    silence: float = SILENCE
    whole: float = WHOLE

    def scan(self, content: BinaryIO) -> str | None:
        """Safe to repeat. Raises: Unavailable, without a clear answer the file must not be kept."""
        content.seek(0)
        deadline = time.monotonic() + self.whole
        try:
            with self._connected(self.silence) as line:
                self._send(line, content, deadline)
                answer = self._answer(line, deadline)
        except OSError as error:
            log.error("clamd did not scan a file: %s", type(error).__name__)
            raise Unavailable(NOT_SCANNED) from error
        return _found(answer)

    def state(self) -> str:
        try:
            with self._connected(PING) as line:
                line.sendall(b"zPING\0")
                answer = self._answer(line, time.monotonic() + PING)
        except OSError:
            return "no answer"
        return OK if answer == "PONG" else "strange answer"

    def _send(self, line: socket.socket, content: BinaryIO, deadline: float) -> None:
        """Chunks with their lengths, then an empty one.

        clamd answers and closes at once when a file is longer than it wants: its answer counts.
        """
        try:
            line.sendall(b"zINSTREAM\0")
            while chunk := content.read(CHUNK):
                self._patient(line, deadline)
                line.sendall(len(chunk).to_bytes(4, "big") + chunk)
            line.sendall(bytes(4))
        except (BrokenPipeError, ConnectionResetError):
            return

    def _answer(self, line: socket.socket, deadline: float) -> str:
        """Up to the null byte that ends it. Raises: OSError."""
        answer = b""
        while not answer.endswith(b"\0") and len(answer) < ANSWER:
            self._patient(line, deadline)
            piece = line.recv(ANSWER)
            if not piece:
                break
            answer += piece
        return answer.rstrip(b"\0\n").decode(errors="replace")

    def _patient(self, line: socket.socket, deadline: float) -> None:
        """Raises: TimeoutError, all in all it takes too long."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        line.settimeout(min(left, self.silence))

    @contextmanager
    def _connected(self, silence: float) -> Iterator[socket.socket]:
        patience = min(self.connect, silence)
        if isinstance(self.address, Path):
            line = socket.socket(socket.AF_UNIX)
            line.settimeout(patience)
        else:
            line = socket.create_connection(self.address, patience)
        with line:
            if isinstance(self.address, Path):
                line.connect(str(self.address))
            line.settimeout(silence)
            yield line


def _found(answer: str) -> str | None:
    """Raises: Unavailable."""
    told = answer.removeprefix("stream: ")
    if told == "OK":
        return None
    if told.endswith(" FOUND"):
        return plain(told.removesuffix(" FOUND"))
    if "size limit exceeded" in told:
        log.error("clamd takes no file so large: raise its StreamMaxLength to API_MAX_FILE_BYTES")
    else:
        log.error("clamd gave no clear answer: %s", plain(told))
    raise Unavailable(NOT_SCANNED)
