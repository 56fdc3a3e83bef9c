"""A small memory whose entries are forgotten after a while."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Kept = TypeVar("Kept")


class ExpiringCache(Generic[Kept]):
    """Entries live ``seconds``; the oldest go when there are ``most``. Safe between threads."""

    def __init__(
        self, seconds: float, *, most: int = 5_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds, self._most, self._clock = seconds, most, clock
        self._entries: OrderedDict[str, tuple[float, Kept]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Kept | None:
        with self._lock:
            until, kept = self._entries.get(key, (0.0, None))
            if kept is not None and until <= self._clock():
                del self._entries[key]
                return None
            return kept

    def put(self, key: str, kept: Kept) -> None:
        with self._lock:
            self._entries.pop(key, None)
            self._entries[key] = (self._clock() + self._seconds, kept)
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)

    def drop(self, key: str) -> None:
        with self._lock:
            self._entries.pop(key, None)
