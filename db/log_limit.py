"""Logging filter that limits repeated warnings of one place in the code.

A flood of requests or errors must not become a flood of log lines that fills the disk.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

WINDOW = 60.0  # seconds
MOST = 100
"""Warnings of one place in a window; who reads the log learns nothing more from the next ones."""
PLACES = 1000
"""Remembered; a place is a line of code, so there are few."""

Place = tuple[str, int, str]


@dataclass
class _Count:
    began: float
    written: int = 0
    left_out: int = 0


class LogLimit(logging.Filter):
    """Passes the first warnings of a minute; the next one reports how many were dropped.

    A handler's filter: a logger's own one does not see the records of the loggers below it.
    """

    def __init__(self, most: int = MOST, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._most, self._clock = most, clock
        self._counts: dict[Place, _Count] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        now, place = self._clock(), _place(record)
        count = self._counts.get(place)
        if count is None or now - count.began >= WINDOW:
            left_out = count.left_out if count else 0
            if len(self._counts) >= PLACES:
                self._counts.clear()
            count = self._counts[place] = _Count(now)
            if left_out:
                record.msg = f"{record.getMessage()} (and {left_out} more like it before)"
                record.args = ()
        if count.written >= self._most:
            count.left_out += 1
            return False
        count.written += 1
        return True


def _place(record: logging.LogRecord) -> Place:
    kind = record.exc_info[0] if record.exc_info else None
    return record.pathname, record.lineno, kind.__name__ if kind else ""
