"""How long to wait before a step is tried again, and when to stop trying."""

import random
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Retries:
    """``attempts`` in all, with pauses of ``first`` · 2ⁿ up to ``longest``; then an incident."""

    attempts: int = 12
    first: timedelta = timedelta(seconds=30)
    longest: timedelta = timedelta(minutes=15)

    def left(self, engine_says: int | None) -> int:
        """Retries after one more failure; the engine does not count them itself."""
        return max(0, (self.attempts if engine_says is None else engine_says) - 1)

    def pause(self, left: int, at_least: timedelta = timedelta(0)) -> timedelta:
        """Longer with every failure; a fifth of chance, so that tasks do not come in a herd."""
        failures = max(0, self.attempts - 1 - left)
        growing = min(self.longest, self.first * (1 << min(failures, 20)))
        return max(growing, at_least) * random.uniform(1.0, 1.2)
