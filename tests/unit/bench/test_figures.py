"""Percentiles, spreads and the order of rounds."""

import math

import pytest

from bench.figures import Spread, percentile
from bench.rounds import interleaved


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([3], 0.95, 3), ([4, 1, 3, 2], 0.5, 2), (list(range(1, 101)), 0.95, 95), ([1, 2], 0.0, 1)],
)
def test_a_percentile_is_a_measured_value(
    values: list[float], share: float, expected: float
) -> None:
    assert percentile(values, share) == expected


def test_nothing_measured_has_no_percentile() -> None:
    assert math.isnan(percentile([], 0.5))


def test_a_spread_is_written_with_its_range_unless_there_was_one_round() -> None:
    assert f"{Spread.of([3.0, 1.0, 2.0]):.1f}" == "2.0 [1.0–3.0]"
    assert f"{Spread.of([7.0]):.0f}" == "7"


def test_rounds_are_interleaved_and_begin_with_different_participants() -> None:
    order: list[str] = []

    def participant(name: str) -> int:
        order.append(name)
        return len(order)

    results = interleaved({"a": lambda: participant("a"), "b": lambda: participant("b")}, 2)

    assert order == ["a", "b", "b", "a"]
    assert results == {"a": [1, 4], "b": [2, 3]}
