"""Waiting for what happens elsewhere, with a deadline."""

from collections.abc import Callable
from typing import TypeVar

from ops.demo.waiting import PATIENCE, wait_for

__all__ = ["PATIENCE", "eventually"]

Thing = TypeVar("Thing")


def eventually(look: Callable[[], Thing | None], patience: float = PATIENCE) -> Thing:
    """Look again and again until there is something to see."""
    return wait_for(look, f"did not happen within {patience:.0f} s", patience)
