"""Circuit breaker: stops requests for a while after several failures in a row."""

import threading
import time
from datetime import timedelta

from workers.ports.onec_errors import OnecUnavailable


class CircuitBreaker:
    """Counts consecutive failures of one infobase. Safe to share between threads."""

    def __init__(self, *, failures: int, pause: timedelta) -> None:
        """``failures``: how many in a row open the circuit, for ``pause``."""
        self._limit = failures
        self._pause = pause.total_seconds()
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until = 0.0

    def check(self) -> None:
        """Raise OnecUnavailable while the circuit is open; `retry_after` is the remaining pause."""
        with self._lock:
            rest = self._open_until - time.monotonic()
        if rest > 0:
            raise OnecUnavailable(
                "несколько запросов подряд не удались, ждём",
                retry_after=timedelta(seconds=rest),
            )

    def record_failure(self) -> None:
        """Count a failure. After a pause a single failure opens the circuit again."""
        with self._lock:
            self._failures += 1
            if self._failures >= self._limit:
                self._open_until = time.monotonic() + self._pause

    def record_success(self) -> None:
        """Reset the count."""
        with self._lock:
            self._failures = 0
