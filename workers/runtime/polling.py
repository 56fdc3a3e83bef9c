"""Exponential back-off and the polling loop shared by all background loops."""

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bpmn.camunda.client.session import EngineUnavailable
from db.domain.errors import Unavailable

log = logging.getLogger(__name__)

MAX_DOUBLINGS = 20
STAND_BY = timedelta(seconds=1)
"""Longest pause between two questions whether the work is ours now."""


@dataclass(frozen=True)
class BackOff:
    """Exponential back-off: ``first`` · 2ⁿ, at most ``longest``, plus up to 20 % random jitter."""

    first: timedelta
    longest: timedelta

    def pause(self, failures: int, at_least: timedelta = timedelta(0)) -> timedelta:
        """Return the pause after ``failures`` earlier failures in a row."""
        growing = min(self.longest, self.first * (1 << min(failures, MAX_DOUBLINGS)))
        return max(growing, at_least) * random.uniform(1.0, 1.2)


def poll(
    work: Callable[[], bool | None],
    name: str,
    stopping: threading.Event,
    *,
    idle: timedelta,
    back_off: BackOff,
    when: Callable[[], bool] = lambda: True,
) -> None:
    """Call ``work`` until ``stopping`` is set; no exception ends the loop.

    ``work`` returns True when there may be more to do: it is then called again at once, else after
    ``idle``, shortened at random by up to 20 %. When it fails, the pause follows ``back_off``; an
    unavailable engine or database is logged once per outage. Nothing is done while ``when`` returns
    False, for instance because another process owns the work.
    """
    failures, pause = 0, timedelta(0)
    while not stopping.wait(pause.total_seconds()):
        if not when():
            failures, pause = 0, min(idle, STAND_BY)
            continue
        try:
            pause = timedelta(0) if work() else idle * random.uniform(0.8, 1.0)
            failures = 0
            continue
        except (EngineUnavailable, Unavailable) as trouble:
            if not failures:
                log.warning("%s: paused, %s", name, type(trouble).__name__)
        except Exception:
            log.exception("%s: failed because of a bug", name)
        pause = back_off.pause(failures)
        failures += 1
