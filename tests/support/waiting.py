"""Waiting for what happens elsewhere, with a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

Thing = TypeVar("Thing")
PATIENCE = 90.0  # seconds


def eventually(look: Callable[[], Thing | None], patience: float = PATIENCE) -> Thing:
    """Look again and again until there is something to see."""
    deadline = time.monotonic() + patience
    while True:
        if seen := look():
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"did not happen within {patience:.0f} s")
        time.sleep(0.2)
