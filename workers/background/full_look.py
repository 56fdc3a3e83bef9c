"""Slow safety net of watches that otherwise look only at what has changed."""

import random
import time
from collections.abc import Callable
from datetime import timedelta

FULL_LOOK_EVERY = timedelta(minutes=30)
"""Shortened at random by up to 20 %, so that watches do not look at everything together."""
OVERLAP = timedelta(minutes=2)
"""Changes are asked for from so long before the last look: clocks of engine, database and workers
differ, and a transaction becomes visible after its instants. What is seen twice does no harm."""


class FullLook:
    """Tells when a watch must look at everything: at its first round and every half hour."""

    def __init__(
        self, every: timedelta = FULL_LOOK_EVERY, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._every, self._clock = every, clock
        self._next = float("-inf")

    def is_due(self) -> bool:
        return self._clock() >= self._next

    def done(self) -> None:
        """Record a full look that went through."""
        self._next = self._clock() + self._every.total_seconds() * random.uniform(0.8, 1.0)
