"""A flood of warnings: the first ones are written, the rest is counted."""

import logging

from db.log_limit import WINDOW, LogLimit


def written(records: list[tuple[float, int, Exception | None]]) -> list[str]:
    """What a log with the limit of two has after warnings of one place at some seconds."""
    lines: list[str] = []
    now = [0.0]

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    log = logging.Logger("flood")
    handler = Keeper()
    handler.addFilter(LogLimit(2, lambda: now[0]))
    log.addHandler(handler)
    for at, level, error in records:
        now[0] = at
        log.log(level, "at %d", at, exc_info=error)
    return lines


def test_the_first_warnings_of_a_minute_are_written() -> None:
    assert written([(at, logging.WARNING, None) for at in range(5)]) == ["at 0", "at 1"]


def test_the_next_minute_says_how_many_were_left_out() -> None:
    flood = [(at, logging.ERROR, None) for at in range(5)]

    lines = written([*flood, (WINDOW + 1, logging.ERROR, None)])

    assert lines[2:] == ["at 61 (and 3 more like it before)"]


def test_another_kind_of_error_at_the_same_place_is_written() -> None:
    flood: list[tuple[float, int, Exception | None]] = [(0, logging.ERROR, OSError())] * 4

    assert len(written([*flood, (0, logging.ERROR, ValueError())])) == 3


def test_what_is_no_trouble_is_not_counted() -> None:
    assert len(written([(0, logging.INFO, None)] * 5)) == 5
