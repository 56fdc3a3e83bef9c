"""In-memory cache with expiring entries and a bounded size."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class ExpiringCache(Generic[Value]):
    """Entries expire after ``seconds``; beyond ``max_entries`` the oldest are dropped.

    Thread-safe.
    """

    def __init__(
        self,
        seconds: float,
        *,
        max_entries: int = 5_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds, self._max_entries, self._clock = seconds, max_entries, clock
        self._entries: OrderedDict[str, tuple[float, Value]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Value | None:
        """The cached value; None if there is none or it has expired."""
        with self._lock:
            expires_at, value = self._entries.get(key, (0.0, None))
            if value is not None and expires_at <= self._clock():
                del self._entries[key]
                return None
            return value

    def put(self, key: str, value: Value) -> None:
        """Store a value; its lifetime starts now."""
        with self._lock:
            self._entries.pop(key, None)
            self._entries[key] = (self._clock() + self._seconds, value)
            while len(self._entries) > self._max_entries:
                self._entries.popitem(last=False)

    def drop(self, key: str) -> None:
        """Remove an entry, if there is one."""
        with self._lock:
            self._entries.pop(key, None)
