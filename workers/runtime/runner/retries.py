"""Retry policy of failed external tasks."""

from dataclasses import dataclass
from datetime import timedelta

from workers.runtime.polling import BackOff


@dataclass(frozen=True)
class RetryPolicy:
    """``attempts`` in total with pauses that double from ``first`` to ``longest``.

    The pause is sent to the engine, which delivers the task again after it.
    """

    attempts: int = 12
    first: timedelta = timedelta(seconds=30)
    longest: timedelta = timedelta(minutes=15)

    def left(self, retries: int | None) -> int:
        """Return the retries after one more failure; ``retries``: the engine's, None at first.

        The engine does not decrement them: the worker reports the new value.
        """
        return max(0, (self.attempts if retries is None else retries) - 1)

    def pause(self, left: int, at_least: timedelta = timedelta(0)) -> timedelta:
        """Return the pause before the next attempt when ``left`` retries remain."""
        failures = max(0, self.attempts - 1 - left)
        return BackOff(self.first, self.longest).pause(failures, at_least)
