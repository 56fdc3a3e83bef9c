"""Traces that are off: one object for every span, and no memory per call."""

import sys

from db.tracing import NO_SPAN, entry, note, span, traced, traceparent, tracer

CALLS = 10_000


def test_every_span_is_the_same_object() -> None:
    with traced(None, "pit-test"):
        assert tracer() is None
        assert entry("request") is span("engine") is NO_SPAN
        with span("engine") as one:
            assert one is NO_SPAN
        assert not one.recorded
        assert traceparent() is None


def _work() -> None:
    with entry("request") as request:
        request.note("pit.deal", "D-1")
        note("pit.deal", "D-1")
        with span("engine") as part:
            part.rename("GET /task")
            part.fail("500")
        traceparent()


def test_no_memory_is_allocated() -> None:
    _work()
    before = sys.getallocatedblocks()
    for _ in range(CALLS):
        _work()

    assert sys.getallocatedblocks() - before < CALLS / 100


def test_an_exception_passes() -> None:
    caught = None
    try:
        with span("engine"):
            raise ValueError("of the block")
    except ValueError as error:
        caught = error

    assert caught is not None
