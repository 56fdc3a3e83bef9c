"""One look for all who ask at once: anybody may ask, and a look costs threads and connections."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool

Seen = TypeVar("Seen")


class OneLook(Generic[Seen]):
    """Looks never run side by side, and whoever asks gets one that began afterwards: nobody is told
    what was true before they asked. Of one event loop.
    """

    def __init__(self) -> None:
        self._running = asyncio.Lock()
        self._next: asyncio.Task[Seen] | None = None

    async def at(self, look: Callable[[], Seen]) -> Seen:
        """Raises: what ``look`` raises."""
        if self._next is None:
            self._next = asyncio.create_task(self._look(look))
        return await asyncio.shield(self._next)

    async def _look(self, look: Callable[[], Seen]) -> Seen:
        async with self._running:
            self._next = None
            return await run_in_threadpool(look)
