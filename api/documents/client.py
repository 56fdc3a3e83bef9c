"""Client of the template processes: a process per template, two at a time, with a time limit."""

import json
import logging
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anyio import CapacityLimiter, to_thread

from db.domain.documents.placeholders import Filling
from db.domain.documents.templates import FoundPlaceholder, Scan
from db.domain.errors import FileRefused, Unavailable

log = logging.getLogger(__name__)

MAX_CONCURRENT, MAX_WAITING = 2, 50
TIMEOUT = 60.0  # seconds; the limit of processor time is lower
ROOT = Path(__file__).parents[2]
NOT_NOW = "Документ не удалось составить, повторите позже."
TOO_COMPLEX = "Шаблон слишком сложный. Уберите из него большие таблицы и сохраните заново."


@dataclass(frozen=True)
class Document:
    """A filled document, and its sections as the preview shows them."""

    content: bytes
    sections: list[dict[str, Any]]


class TemplateReader:
    """Reads and fills templates in processes of their own; who waits occupies no thread."""

    def __init__(self) -> None:
        self._places = CapacityLimiter(MAX_CONCURRENT)

    async def scan(self, content: bytes) -> Scan:
        """Find all placeholders. Raises: FileRefused, Unavailable."""
        head, _ = await self._run({"do": "scan"}, content)
        return Scan([FoundPlaceholder(**each) for each in head["found"]], head["stray"])

    async def fill(self, content: bytes, filling: Filling) -> Document:
        """Raises: FileRefused, Unavailable."""
        order = {"do": "fill", "texts": filling.texts, "rows": filling.rows}
        head, document = await self._run(order, content)
        return Document(document, head["sections"])

    async def _run(self, order: Mapping[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
        if self._places.statistics().tasks_waiting >= MAX_WAITING:
            raise Unavailable("Слишком много документов составляется, повторите через минуту.")
        message = json.dumps(order).encode() + b"\n" + content
        return await to_thread.run_sync(_run_process, message, limiter=self._places)


def _run_process(message: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "api.documents"],
            input=message,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a trace could quote the document
            cwd=ROOT,
            env={"PYTHONDONTWRITEBYTECODE": "1"},  # no settings, no secrets
            start_new_session=True,
            timeout=TIMEOUT,
            check=False,
        )
    except OSError as error:
        log.warning("a template could not be read: %s", type(error).__name__)
        raise Unavailable(NOT_NOW) from error
    except subprocess.TimeoutExpired:
        raise FileRefused(TOO_COMPLEX) from None
    if done.returncode < 0:  # the kernel killed it: limit of processor time or memory
        raise FileRefused(TOO_COMPLEX)
    if done.returncode:
        raise RuntimeError(f"template process failed: {done.returncode}")
    head, _, document = done.stdout.partition(b"\n")
    result: dict[str, Any] = json.loads(head)
    if "refused" in result:
        raise FileRefused(result["refused"])
    return result, document
