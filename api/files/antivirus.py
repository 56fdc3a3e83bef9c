"""Antivirus: the port through which uploaded files are scanned, and its absence."""

import logging
import re
from typing import BinaryIO, Protocol

from anyio import CapacityLimiter, to_thread

from db.domain.errors import FileRefused

log = logging.getLogger(__name__)

AT_ONCE = 8
OFF = "off"
OK = "ok"


class FileInfected(FileRefused):
    code = "FILE_INFECTED"

    def __init__(self, name: str, found: str) -> None:
        super().__init__(
            f"В файле «{name}» антивирус нашёл вредоносную программу ({found}). Файл не принят. "
            "Не открывайте его, сообщите системному администратору и попросите документ заново."
        )
        self.found = found

    @property
    def details(self) -> dict[str, str]:
        return {"found": self.found}


class Antivirus(Protocol):
    def scan(self, content: BinaryIO) -> str | None:
        """Returns: the name of what was found; None if nothing was.

        Raises: Unavailable, nobody knows: the file is not kept.
        """
        ...

    def state(self) -> str:
        """`OK`, `OFF`, or what is wrong, in a few English words."""
        ...


class NoAntivirus:
    """`Antivirus` where none is set: whoever runs the suite is told so, files pass."""

    def scan(self, content: BinaryIO) -> str | None:
        return None

    def state(self) -> str:
        return OFF


class Scanning:
    """Uploads on their way through the antivirus; the waiting ones hold no thread."""

    def __init__(self, antivirus: Antivirus) -> None:
        self.antivirus = antivirus
        self._places = CapacityLimiter(AT_ONCE)

    async def look(self, name: str, content: BinaryIO) -> None:
        """Raises: FileInfected, Unavailable."""
        found = await to_thread.run_sync(self.antivirus.scan, content, limiter=self._places)
        if found is not None:
            log.warning("The antivirus found %s in an upload", found)
            raise FileInfected(name, found)


def plain(found: str) -> str:
    """The name of a signature without anything that could disturb a log or a page."""
    return re.sub(r"[^\w.:/-]", "?", found)[:80]
