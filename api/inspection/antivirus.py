"""Antivirus port, its null implementation, and the scanner of uploads."""

import logging
import re
from typing import BinaryIO, Protocol

from anyio import CapacityLimiter, to_thread

from db.domain.errors import FileRefused

log = logging.getLogger(__name__)

MAX_CONCURRENT_SCANS = 8
OFF = "off"
OK = "ok"


class FileInfected(FileRefused):
    """The antivirus found malware in the file."""

    code = "FILE_INFECTED"

    def __init__(self, name: str, found: str) -> None:
        super().__init__(
            f"В файле «{name}» антивирус нашёл вредоносную программу ({found}). Файл не принят. "
            "Не открывайте его, сообщите системному администратору и попросите документ заново.",
            found=found,
        )


class Antivirus(Protocol):
    """Port of the antivirus."""

    def scan(self, content: BinaryIO) -> str | None:
        """Scan a file. Returns: the malware's signature name, None if the file is clean.

        Raises: Unavailable when there is no result; the file must not be kept then.
        """
        ...

    def state(self) -> str:
        """`OK`, `OFF`, or a short English description of the trouble."""
        ...


class NoAntivirus:
    """`Antivirus` for installations without one: every file passes, the state is `OFF`."""

    def scan(self, content: BinaryIO) -> str | None:
        return None

    def state(self) -> str:
        return OFF


class UploadScanner:
    """Scans uploads in worker threads; uploads that wait for one occupy no thread."""

    def __init__(self, antivirus: Antivirus) -> None:
        self.antivirus = antivirus
        self._limiter = CapacityLimiter(MAX_CONCURRENT_SCANS)

    async def check(self, name: str, content: BinaryIO) -> None:
        """Scan a file. Raises: FileInfected, Unavailable."""
        found = await to_thread.run_sync(self.antivirus.scan, content, limiter=self._limiter)
        if found is not None:
            log.warning("The antivirus found %s in an upload", found)
            raise FileInfected(name, found)


def printable_signature(found: str) -> str:
    """The name of a signature, safe to write to a log or a page."""
    return re.sub(r"[^\w.:/-]", "?", found)[:80]
