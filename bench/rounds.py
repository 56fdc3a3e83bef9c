"""Interleaved rounds: every participant once per round, each round from another one on."""

from collections.abc import Callable, Mapping
from typing import TypeVar

Measured = TypeVar("Measured")


def interleaved(
    participants: Mapping[str, Callable[[], Measured]],
    rounds: int,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, list[Measured]]:
    """Measure every participant ``rounds`` times, so that a slow minute hits all of them.

    Nobody is always the first, who would meet a server that is not warm yet.
    """
    results: dict[str, list[Measured]] = {name: [] for name in participants}
    for number in range(rounds):
        order = list(participants)
        first = number * len(order) // rounds
        for name in order[first:] + order[:first]:
            results[name].append(participants[name]())
            say(f"round {number + 1}/{rounds}  {name}: {results[name][-1]}")
    return results
