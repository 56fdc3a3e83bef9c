"""Interleaved rounds: every participant once per round, every second round in reverse order."""

from collections.abc import Callable, Mapping
from typing import TypeVar

Measured = TypeVar("Measured")


def interleaved(
    participants: Mapping[str, Callable[[], Measured]],
    rounds: int,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, list[Measured]]:
    """Measure every participant ``rounds`` times, so that a slow minute hits all of them."""
    results: dict[str, list[Measured]] = {name: [] for name in participants}
    for number in range(rounds):
        order = list(participants)
        for name in order if number % 2 == 0 else reversed(order):
            results[name].append(participants[name]())
            say(f"round {number + 1}/{rounds}  {name}: {results[name][-1]}")
    return results
