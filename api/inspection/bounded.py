"""The API's end of the inspection: files are handed over, two at a time, findings come back."""

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

AT_ONCE = 2
WAITING = 50
"""Files that may wait for one of the places, each on the disk; one more is an outage."""
PATIENCE = 120.0  # seconds; a fork's own limit of processor time is far less
NOT_NOW = "Файл не удалось проверить, повторите позже."
ROOT = Path(__file__).parents[2]

KIND = 8
"""Bytes of the message that names the kind of a file."""
PASSED, BUG = "passed", "!"
"""Answers beside the findings; a bug is followed by its class."""


class FileSuspect(FileRefused):
    """An inspector found something; ``finding`` says what to programs."""

    def __init__(self, name: str, finding: Finding) -> None:
        super().__init__(SENTENCES[finding].format(name=name, megapixels=MEGAPIXELS))
        self.finding = finding

    @property
    def details(self) -> dict[str, str]:
        return {"finding": self.finding}


class Inspection:
    """Files are looked at in processes of their own, the waiting ones hold no thread."""

    def __init__(self) -> None:
        self._places = CapacityLimiter(AT_ONCE)
        self._forks = Forks()

    async def look(self, name: str, kind: str, content: BinaryIO) -> None:
        """``kind``: as `api.inspection.__main__` names it. Raises: FileSuspect, Unavailable."""
        if self._places.statistics().tasks_waiting >= WAITING:
            raise Unavailable("Слишком много файлов ждут проверки, повторите через минуту.")
        finding = await to_thread.run_sync(
            self._forks.finding_of, kind, content, limiter=self._places
        )
        if finding is not None:
            raise FileSuspect(name, finding)

    def close(self) -> None:
        self._forks.close()


class Forks:
    """The process that forks for every file; started with the first one, again if it died."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None

    def finding_of(self, kind: str, content: BinaryIO) -> Finding | None:
        """Raises: Unavailable, no process could be started, or the machine is far too slow."""
        answer, pipe = os.pipe()
        try:
            try:
                self._hand_over(kind, content, pipe)
            finally:
                os.close(pipe)
            word = _read(answer)
        except OSError as error:
            log.warning("A file could not be inspected: %s", type(error).__name__)
            raise Unavailable(NOT_NOW) from error
        finally:
            os.close(answer)
        if word.startswith(BUG):
            raise RuntimeError(f"inspection of {kind} failed: {word[1:]}")
        if not word and self._died():
            raise Unavailable(NOT_NOW)
        if not word:  # the kernel ended the fork: processor time or memory
            return Finding.TOO_COMPLEX
        return None if word == PASSED else Finding(word)

    def _died(self) -> bool:
        with self._lock:
            return self._process is None or self._process.poll() is not None

    def close(self) -> None:
        """End it; what it is looking at just now it ends by itself."""
        with self._lock:
            self._stop()

    def _hand_over(self, kind: str, content: BinaryIO, pipe: int) -> None:
        message, files = [kind.ljust(KIND).encode()], [content.fileno(), pipe]
        with self._lock:
            try:
                socket.send_fds(self._line or self._start(), message, files)
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
                env={"PYTHONDONTWRITEBYTECODE": "1"},  # none of our settings and secrets
                start_new_session=True,  # Ctrl+C in the terminal lets it finish
            )
        self._line = ours
        return ours

    def _stop(self) -> None:
        if self._line is not None and self._process is not None:
            self._line.close()
            self._process.kill()
            self._process.wait()
        self._line, self._process = None, None


def _read(pipe: int) -> str:
    """Up to its end. Raises: TimeoutError."""
    poll, word = select.poll(), b""
    poll.register(pipe, select.POLLIN)
    while poll.poll(PATIENCE * 1000):
        piece = os.read(pipe, 100)
        if not piece:
            return word.decode()
        word += piece
    raise TimeoutError
