"""Limit of requests per caller and window, counted in this process."""

import math
import threading
import time
from dataclasses import dataclass, field

from api.http.problems import HttpRefusal


class TooManyRequests(HttpRefusal):
    """The caller has used up the requests of this window."""

    code = "TOO_MANY_REQUESTS"
    status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Слишком много запросов подряд. Повторите через {seconds} с.")
        self.headers = {"Retry-After": str(seconds)}


@dataclass
class RateLimit:
    """At most ``requests`` of one caller in ``seconds``; each process counts its own."""

    requests: int
    seconds: int
    _window: int = 0
    _counts: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, caller: str) -> None:
        """Count a request. Raises: TooManyRequests."""
        now = time.monotonic()
        window = int(now // self.seconds)
        with self._lock:
            if window != self._window:
                self._window = window
                self._counts.clear()
            self._counts[caller] = used = self._counts.get(caller, 0) + 1
        if used > self.requests:
            raise TooManyRequests(math.ceil((window + 1) * self.seconds - now))
