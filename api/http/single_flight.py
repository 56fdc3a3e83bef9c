"""Single flight: concurrent callers share one run of an expensive function."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool

Result = TypeVar("Result")


class SingleFlight(Generic[Result]):
    """Runs a function in a thread, never twice at once; for one event loop.

    A caller never gets the result of a run that began before the call: it joins the next run.
    """

    def __init__(self) -> None:
        self._running = asyncio.Lock()
        self._next: asyncio.Task[Result] | None = None

    async def run(self, function: Callable[[], Result]) -> Result:
        """Result of a run that begins after this call. Raises: what ``function`` raises."""
        if self._next is None:
            self._next = asyncio.create_task(self._run(function))
        return await asyncio.shield(self._next)

    async def _run(self, function: Callable[[], Result]) -> Result:
        async with self._running:
            self._next = None
            return await run_in_threadpool(function)
