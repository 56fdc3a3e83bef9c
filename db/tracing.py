"""Spans of what a process does, for a collector of traces; without one they cost a function call.

Code that may be of interest in a trace says ``with span("name")``. Spans begin only inside of
another one, so background work that no trace leads to records nothing. `db.otlp` implements them
with OpenTelemetry; it is imported when traces are turned on, and by nothing else.

Attributes are ids, counts and words of the code: never values that people have entered.
"""

import os
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Protocol

TRACEPARENT = "traceparent"
"""Key of the W3C trace context in a message that another process goes on with."""
FLUSH = timedelta(seconds=3)
"""Longest wait for the collector at the end of the process; what is left then is lost."""


class Span(Protocol):
    """A part of a trace, from the beginning to the end of its block."""

    @property
    def recorded(self) -> bool:
        """Whether attributes are worth computing."""
        ...

    def note(self, name: str, value: str | int) -> None:
        """Set an attribute."""
        ...

    def rename(self, name: str) -> None:
        """Replace the name: it has few values, so no ids."""
        ...

    def fail(self, reason: str) -> None:
        """Mark as failed; ``reason`` is a word of the code."""
        ...


class OpenSpan(Span, Protocol):
    """Span of work that several threads do one after another."""

    @property
    def traceparent(self) -> str:
        """W3C context of the span."""
        ...

    def inside(self) -> AbstractContextManager[object]:
        """Make it the current span of the block."""
        ...

    def link(self, traceparent: str) -> None:
        """Point to a span of another trace that belongs to it."""
        ...

    def end(self) -> None:
        """End it; afterwards nothing can be noted."""
        ...


class Tracer(Protocol):
    """Begins spans; thread-safe, and never raises."""

    def span(self, name: str) -> AbstractContextManager[Span]:
        """Begin a part of the current span; records nothing without one."""
        ...

    def entry(self, name: str, parent: str | None) -> AbstractContextManager[Span]:
        """Begin a span that came from outside; a new trace without ``parent``, its context."""
        ...

    def traceparent(self) -> str | None:
        """W3C context of the current span; None without one."""
        ...

    def note(self, name: str, value: str | int) -> None:
        """Set an attribute of the current span, if there is one."""
        ...

    def record(self, name: str, began_ns: int, statement: str | None = None) -> None:
        """Record a part of the current span that has just ended, if there is one.

        ``statement``: of the database, without parameters.
        """
        ...

    def open(
        self, name: str, began_ns: int, parent: str | None = None, linked: Iterable[str] = ()
    ) -> "OpenSpan":
        """Begin a span that ends elsewhere; ``linked``: contexts of others that belong to it."""
        ...

    def close(self) -> None:
        """Send what is recorded. May last as long as the collector takes."""
        ...


class NoSpan:
    """Span that records nothing; also its own block, so that there is one object for all."""

    recorded = False

    def note(self, name: str, value: str | int) -> None: ...

    def rename(self, name: str) -> None: ...

    def fail(self, reason: str) -> None: ...

    def __enter__(self) -> Span:
        return self

    def __exit__(self, *_: object) -> None: ...


NO_SPAN = NoSpan()
_tracer: Tracer | None = None


def tracer() -> Tracer | None:
    """The tracer of this process; None while traces are off."""
    return _tracer


def span(name: str) -> AbstractContextManager[Span]:
    """Begin a part of the current span, if there is one."""
    return NO_SPAN if _tracer is None else _tracer.span(name)


def entry(name: str, parent: str | None = None) -> AbstractContextManager[Span]:
    """Begin a span that came from outside; a new trace without ``parent``, its context."""
    return NO_SPAN if _tracer is None else _tracer.entry(name, parent)


def note(name: str, value: str | int) -> None:
    """Set an attribute of the current span, if there is one."""
    if _tracer is not None:
        _tracer.note(name, value)


def traceparent() -> str | None:
    """W3C context of the current span, for whoever goes on with its work; None without one."""
    return None if _tracer is None else _tracer.traceparent()


@contextmanager
def traced(endpoint: str | None, service: str) -> Iterator[None]:
    """Send the spans of this process to a collector meanwhile; nothing without an endpoint.

    ``endpoint``: base URL of OTLP over HTTP. ``service``: name of the process there.
    """
    global _tracer
    if endpoint is None:
        yield
        return
    from db.otlp import OtlpTracer

    own = OtlpTracer(endpoint, service, f"{socket.gethostname()}-{os.getpid()}")
    _tracer = own
    try:
        yield
    finally:
        _tracer = None
        # In a thread, because the library's timeout is half a minute.
        closing = threading.Thread(target=own.close, name="traces", daemon=True)
        closing.start()
        closing.join(FLUSH.total_seconds())
