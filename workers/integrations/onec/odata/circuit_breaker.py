"""A pause after several failures in a row, so that a dead 1C is not asked by every task."""

import threading
import time
from datetime import timedelta

from workers.integrations.onec.errors import OnecUnavailable


class Breaker:
    """Counts failures of one infobase; safe to share between threads."""

    def __init__(self, *, failures: int, pause: timedelta) -> None:
        self._allowed = failures
        self._pause = pause.total_seconds()
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until = 0.0

    def check(self) -> None:
        """Raises: OnecUnavailable while the pause lasts, with the rest of it as `retry_after`."""
        with self._lock:
            rest = self._open_until - time.monotonic()
        if rest > 0:
            raise OnecUnavailable(
                "несколько запросов подряд не удались, ждём",
                retry_after=timedelta(seconds=rest),
            )

    def failed(self) -> None:
        """After the pause one failure is enough to open it again; a success forgets them all."""
        with self._lock:
            self._failures += 1
            if self._failures >= self._allowed:
                self._open_until = time.monotonic() + self._pause

    def succeeded(self) -> None:
        with self._lock:
            self._failures = 0
