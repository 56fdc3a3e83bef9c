"""JSON logging, one object per line, without variables, secrets or foreign line breaks."""

import json
import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

from db.log_limit import LogLimit

_context: ContextVar[dict[str, str | None]] = ContextVar("log_context", default={})  # noqa: B039

NAMES = {"deal_id": "dealId", "task_id": "taskId", "topic": "topic", "worker": "worker"}


@contextmanager
def bound(
    *,
    deal_id: str | None = None,
    task_id: str | None = None,
    topic: str | None = None,
) -> Iterator[None]:
    """Add deal, task and topic to everything that this thread logs in the block."""
    token = _context.set({"deal_id": deal_id, "task_id": task_id, "topic": topic})
    try:
        yield
    finally:
        _context.reset(token)


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON, with its traceback but without exception messages."""

    def __init__(self, worker: str) -> None:
        super().__init__()
        self._worker = worker

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        context = {**_context.get(), "worker": self._worker}
        line |= {NAMES[key]: value for key, value in context.items() if value}
        if record.exc_info and record.exc_info[1] is not None:
            line["trace"] = safe_traceback(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False).translate(BREAKS)


BREAKS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}
"""Line breaks that JSON does not escape but some log readers split at."""


def configure(worker: str, level: str = "INFO", stream: TextIO = sys.stderr) -> None:
    """Send all logging of this process to one JSON handler."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter(worker))
    handler.addFilter(LogLimit())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("urllib3", "camunda", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def safe_traceback(error: BaseException) -> str:
    """Return the traceback of ``error`` and its causes without exception messages.

    Messages may quote personal data or SQL parameters.
    """
    chain: list[str] = []
    current: BaseException | None = error
    while current is not None:
        trace = "".join(traceback.format_tb(current.__traceback__))
        chain.append(f"{trace}{type(current).__module__}.{type(current).__qualname__}")
        current = current.__cause__ or (
            None if current.__suppress_context__ else current.__context__
        )
    return "\n\nwhich led to\n\n".join(reversed(chain))
