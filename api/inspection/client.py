"""Client of the inspection server: sends it files, two at a time, and receives findings."""

import logging
import os
import select
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import BinaryIO

from anyio import CapacityLimiter, to_thread

from api.inspection.findings import SENTENCES, Finding
from api.inspection.images import MEGAPIXELS
from db.domain.errors import FileRefused, Unavailable

log = logging.getLogger(__name__)

MAX_CONCURRENT = 2
MAX_WAITING = 50
"""Files in the queue, each stored on disk; one more is refused as an outage."""
TIMEOUT = 120.0  # seconds; the limit of processor time of one inspection is far lower
NOT_NOW = "Файл не удалось проверить, повторите позже."
ROOT = Path(__file__).parents[2]

KIND_BYTES = 8
"""Length of the message with the kind of a file."""
PASSED, BUG = "passed", "!"
"""Results other than findings; `BUG` is followed by the exception class."""


class FileSuspect(FileRefused):
    """The inspection found something; ``finding`` is its code for programs."""

    def __init__(self, name: str, finding: Finding) -> None:
        sentence = SENTENCES[finding].format(name=name, megapixels=MEGAPIXELS)
        super().__init__(sentence, finding=finding)


class Inspection:
    """Inspects files in separate processes; waiting files occupy no thread."""

    def __init__(self) -> None:
        self._places = CapacityLimiter(MAX_CONCURRENT)
        self._server = InspectionServer()

    async def inspect(self, name: str, kind: str, content: BinaryIO) -> None:
        """Inspect a file; ``kind``: a key of `api.inspection.__main__.INSPECTORS`.

        Raises: FileSuspect, Unavailable.
        """
        if self._places.statistics().tasks_waiting >= MAX_WAITING:
            raise Unavailable("Слишком много файлов ждут проверки, повторите через минуту.")
        finding = await to_thread.run_sync(
            self._server.inspect, kind, content, limiter=self._places
        )
        if finding is not None:
            raise FileSuspect(name, finding)

    def close(self) -> None:
        """Stop the inspection server."""
        self._server.close()


class InspectionServer:
    """The server process; started with the first file, and again if it has died."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None

    def inspect(self, kind: str, content: BinaryIO) -> Finding | None:
        """The finding; None if the file passed.

        Raises: Unavailable if no process could be started or the result took too long.
        """
        result_pipe, pipe = os.pipe()
        try:
            try:
                self._send(kind, content, pipe)
            finally:
                os.close(pipe)
            result = _read(result_pipe)
        except OSError as error:
            log.warning("file could not be inspected: %s", type(error).__name__)
            raise Unavailable(NOT_NOW) from error
        finally:
            os.close(result_pipe)
        if result.startswith(BUG):
            raise RuntimeError(f"inspection of {kind} failed: {result[1:]}")
        if not result and self._died():
            raise Unavailable(NOT_NOW)
        if not result:  # the kernel killed the process: limit of processor time or memory
            return Finding.TOO_COMPLEX
        return None if result == PASSED else Finding(result)

    def _died(self) -> bool:
        with self._lock:
            return self._process is None or self._process.poll() is not None

    def close(self) -> None:
        """Stop the server; running inspections end by themselves."""
        with self._lock:
            self._stop()

    def _send(self, kind: str, content: BinaryIO, pipe: int) -> None:
        message, files = [kind.ljust(KIND_BYTES).encode()], [content.fileno(), pipe]
        with self._lock:
            try:
                socket.send_fds(self._channel or self._start(), message, files)
            except (BrokenPipeError, ConnectionResetError):
                self._stop()
                socket.send_fds(self._start(), message, files)

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "api.inspection"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                cwd=ROOT,
                env={"PYTHONDONTWRITEBYTECODE": "1"},  # no settings, no secrets
                start_new_session=True,  # Ctrl+C in the terminal does not interrupt it
            )
        self._channel = ours
        return ours

    def _stop(self) -> None:
        if self._channel is not None and self._process is not None:
            self._channel.close()
            self._process.kill()
            self._process.wait()
        self._channel, self._process = None, None


def _read(pipe: int) -> str:
    """Read the pipe to its end. Raises: TimeoutError."""
    poll, content = select.poll(), b""
    poll.register(pipe, select.POLLIN)
    while poll.poll(TIMEOUT * 1000):
        piece = os.read(pipe, 100)
        if not piece:
            return content.decode()
        content += piece
    raise TimeoutError
