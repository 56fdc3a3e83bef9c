"""Upload queue: inspects the uploads of one login one at a time.

Otherwise one person with many uploads would occupy all inspection slots.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from anyio import Lock

from db.domain.errors import Unavailable

MAX_WAITING = 20
"""Uploads of one login that may wait, each of them stored on disk meanwhile."""
QUEUE_FULL = "Слишком много ваших файлов ждут проверки. Подождите минуту и приложите остальные."


@dataclass
class _Queue:
    lock: Lock = field(default_factory=Lock)
    uploads: int = 0
    """The upload that holds the lock and those that wait for it."""


class UploadQueues:
    """A queue per login. Waiting occupies no thread. Use it from one event loop only."""

    def __init__(self) -> None:
        self._queues: dict[str, _Queue] = {}

    @asynccontextmanager
    async def turn_of(self, login: str) -> AsyncIterator[None]:
        """Wait for the login's turn and hold it. Raises: Unavailable when the queue is full."""
        queue = self._queues.setdefault(login, _Queue())
        if queue.uploads > MAX_WAITING:
            raise Unavailable(QUEUE_FULL)
        queue.uploads += 1
        try:
            async with queue.lock:
                yield
        finally:
            queue.uploads -= 1
            if not queue.uploads:
                del self._queues[login]
