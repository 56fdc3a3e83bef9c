"""Percentiles and spreads of measured values."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest-rank percentile: the smallest value that ``share`` (0–1) of all do not exceed."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


@dataclass(frozen=True)
class Spread:
    """Median of several rounds with the smallest and the largest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Summarize at least one value."""
        return cls(median(values), min(values), max(values))

    def __format__(self, spec: str) -> str:
        """``format(spread, ".0f")`` is «120 [98–130]»; one round alone has no range."""
        middle = format(self.median, spec)
        if self.low == self.high:
            return middle
        return f"{middle} [{format(self.low, spec)}–{format(self.high, spec)}]"
