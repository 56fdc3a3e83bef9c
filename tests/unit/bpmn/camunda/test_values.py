"""Comparison of Python values with typed variables of the engine."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from bpmn.camunda.client.values import encode, is_unchanged

AT = datetime(2026, 11, 28, 10, 0, 0, 123_456, tzinfo=UTC)


@pytest.mark.parametrize(
    "value", [None, True, False, 0, 1, 2**40, "", "x", AT, Decimal("1.50"), {"a": [1]}, []]
)
def test_what_was_sent_is_unchanged_when_it_comes_back(value: Any) -> None:
    assert is_unchanged(value, encode({"it": value})["it"])


def test_an_instant_is_the_same_in_another_time_zone_of_the_engine() -> None:
    there = {"value": "2026-11-28T13:00:00.123+0300", "type": "Date"}

    assert is_unchanged(AT, there)
    assert not is_unchanged(AT, {**there, "value": "2026-11-28T13:00:00.124+0300"})


@pytest.mark.parametrize(
    ("value", "there"),
    [
        (None, None),
        (1, None),
        (1, {"value": True, "type": "Boolean"}),
        (True, {"value": 1, "type": "Integer"}),
        (1, {"value": 1, "type": "Long"}),
        ("1", {"value": 1, "type": "Integer"}),
        (None, {"value": None, "type": "String"}),
        (None, {"value": "", "type": "String"}),
        ("", {"value": None, "type": "Null"}),
        ({"a": 1}, {"value": '{"a": 1}', "type": "String"}),
        ({"a": 1}, {"value": "eyJhIjoxfQ==", "type": "Bytes"}),  # without the blank
        (AT, {"value": None, "type": "Date"}),
    ],
)
def test_another_value_or_type_is_a_change(value: Any, there: dict[str, Any] | None) -> None:
    assert not is_unchanged(value, there)
