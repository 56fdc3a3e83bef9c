"""Spans of tasks in hand, in the trace of the request that led to them."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta

from db.domain.errors import Unavailable
from db.ports.messaging import DealTrace
from db.ports.store import Store
from db.tracing import NO_SPAN, OpenSpan, Tracer, tracer
from workers.ports.observer import Fate
from workers.runtime.runner.locks import LockedTask

log = logging.getLogger(__name__)

LED_TO = timedelta(minutes=10)
"""Age of a request at which steps of its deal are no longer parts of its trace but have one of
their own with a link: a timer or a repetition may have led to them."""
UNWANTED = frozenset({Fate.FAILED, Fate.INCIDENT, Fate.LOCK_LOST})


class StepTraces:
    """Begins a span per task when its execution begins; thread-safe. Nothing while traces are off.

    Tasks that are executed in one transaction share a span and a trace for it, which each task's
    span links to; one that is executed alone has everything in its own span.
    """

    def __init__(self, reading: Callable[[], AbstractContextManager[Store]]) -> None:
        self._reading, self._tracer = reading, tracer()
        self._spans: dict[str, OpenSpan] = {}
        self._batched: dict[str, int] = {}
        """When the batch of a task began, until it is done; nanoseconds since 1970."""

    def executing(self, tasks: Sequence[LockedTask]) -> AbstractContextManager[object]:
        """Begin the spans of tasks that are executed in the block."""
        if self._tracer is None or not tasks:
            return NO_SPAN
        return self._executing(tasks, self._tracer)

    def executing_alone(self, task: LockedTask) -> AbstractContextManager[object]:
        """Begin the span of a task that is executed in the block."""
        return NO_SPAN if self._tracer is None else self._executing([task], self._tracer)

    def inside(self, task: LockedTask) -> AbstractContextManager[object]:
        """Make the span of a task the current one of the block; its batch is done."""
        span = self._spans.get(task.delivered.id)
        if span is None or self._tracer is None:
            return NO_SPAN
        if (began := self._batched.pop(task.delivered.id, None)) is not None:
            with span.inside():
                self._tracer.record("batch", began)
        return span.inside()

    def ended(self, task: LockedTask, fate: Fate) -> None:
        """End the span of a task."""
        self._batched.pop(task.delivered.id, None)
        if (span := self._spans.pop(task.delivered.id, None)) is not None:
            span.note("pit.fate", fate.value)
            if fate in UNWANTED:
                span.fail(fate.value)
            span.end()

    @contextmanager
    def _executing(self, tasks: Sequence[LockedTask], tracer: Tracer) -> Iterator[None]:
        traces = self._traces({task.delivered.deal_id or "" for task in tasks})
        spans = [self._begin(task, traces, tracer) for task in tasks]
        if len(spans) == 1:
            with spans[0].inside():
                yield
            return
        began = time.time_ns()
        batch = tracer.open("batch", began, linked=[span.traceparent for span in spans])
        for task, span in zip(tasks, spans, strict=True):
            span.link(batch.traceparent)
            span.note("pit.batch", len(spans))
            self._batched[task.delivered.id] = began
        try:
            with batch.inside():
                yield
        finally:
            batch.end()

    def _begin(self, task: LockedTask, traces: Mapping[str, DealTrace], tracer: Tracer) -> OpenSpan:
        delivered = task.delivered
        trace = traces.get(delivered.deal_id or "")
        fetched = time.time_ns() - int((time.monotonic() - task.fetched_at) * 1e9)
        name = f"step {delivered.topic}"
        if trace is None:
            span = tracer.open(name, fetched)
        elif datetime.now(UTC) - trace.at < LED_TO:
            span = tracer.open(name, fetched, trace.traceparent)
        else:
            span = tracer.open(name, fetched, linked=[trace.traceparent])
        span.note("pit.topic", delivered.topic)
        span.note("pit.activity", delivered.activity_id)
        span.note("pit.deal", delivered.deal_id or "")
        with span.inside():
            tracer.record("wait", fetched)
        self._spans[delivered.id] = span
        return span

    def _traces(self, deal_ids: set[str]) -> Mapping[str, DealTrace]:
        try:
            with self._reading() as store:
                return store.traces.of(deal_ids)
        except Unavailable:
            log.warning("The database does not answer: steps have traces of their own")
            return {}
