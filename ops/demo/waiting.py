"""Waiting for what happens elsewhere, with a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

Thing = TypeVar("Thing")
PATIENCE = 90.0
"""Seconds that the next task or stage may take to appear."""


class Stuck(AssertionError):
    """The expected task or stage did not come in time."""


def wait_for(look: Callable[[], Thing | None], refusal: str, patience: float = PATIENCE) -> Thing:
    """Look again and again until there is something to see. Raises: Stuck with ``refusal``."""
    deadline = time.monotonic() + patience
    while True:
        if seen := look():
            return seen
        if time.monotonic() > deadline:
            raise Stuck(refusal)
        time.sleep(0.2)
