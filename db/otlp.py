"""Tracer on OpenTelemetry: spans are queued and sent to a collector by OTLP over HTTP.

The queue is bounded. A collector that is down or slow loses spans and delays nothing else.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from db.tracing import NO_SPAN, TRACEPARENT, OpenSpan, Span

log = logging.getLogger(__name__)

PATH = "/v1/traces"
QUEUE = 4096
"""Spans that wait for the collector; older ones are dropped beyond."""
BATCH = 512
SEND_EVERY_MS = 1000
SEND_SECONDS = 5.0
"""Longest time for one batch with its repetitions."""
STATEMENT_LIMIT = 1000
"""Characters of a database statement."""
_W3C = TraceContextTextMapPropagator()


def context_of(traceparent: str) -> Context:
    """Context whose spans have the given parent; malformed contexts have no parent."""
    return _W3C.extract({TRACEPARENT: traceparent}, Context())


def span_context_of(traceparent: str) -> trace.SpanContext:
    """The span that a W3C context names; an invalid one for a malformed context."""
    return trace.get_current_span(context_of(traceparent)).get_span_context()


def traceparent_of(span: trace.Span) -> str:
    """W3C context of a span."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier, trace.set_span_in_context(span, Context()))
    return carrier[TRACEPARENT]


class OtlpSpan:
    """`db.tracing.Span` and `OpenSpan` on a span of OpenTelemetry."""

    recorded = True

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def note(self, name: str, value: str | int) -> None:
        self._span.set_attribute(name, value)

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def fail(self, reason: str) -> None:
        self._span.set_status(StatusCode.ERROR, reason)

    @property
    def traceparent(self) -> str:
        return traceparent_of(self._span)

    def inside(self) -> AbstractContextManager[object]:
        return trace.use_span(self._span, record_exception=False, set_status_on_exception=False)

    def link(self, traceparent: str) -> None:
        self._span.add_link(span_context_of(traceparent))

    def end(self) -> None:
        self._span.end()


class OtlpTracer:
    """`db.tracing.Tracer` on OpenTelemetry's SDK; nothing of the library's globals is set."""

    def __init__(
        self, endpoint: str, service: str, instance: str, exporter: SpanExporter | None = None
    ) -> None:
        """``exporter``: instead of the one to the collector, in tests."""
        resource = Resource.create({"service.name": service, "service.instance.id": instance})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        url = endpoint.rstrip("/").removesuffix(PATH) + PATH
        sender = exporter or OTLPSpanExporter(endpoint=url, timeout=SEND_SECONDS)
        self._provider.add_span_processor(
            BatchSpanProcessor(
                ReportingExporter(sender),
                max_queue_size=QUEUE,
                schedule_delay_millis=SEND_EVERY_MS,
                max_export_batch_size=BATCH,
            )
        )
        self._spans = self._provider.get_tracer("pit")
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # ReportingExporter reports

    def span(self, name: str) -> AbstractContextManager[Span]:
        if not trace.get_current_span().is_recording():
            return NO_SPAN
        return self._block(name, None, SpanKind.INTERNAL)

    def entry(self, name: str, parent: str | None) -> AbstractContextManager[Span]:
        context = Context() if parent is None else context_of(parent)
        return self._block(name, context, SpanKind.SERVER if parent is None else SpanKind.CONSUMER)

    def traceparent(self) -> str | None:
        current = trace.get_current_span()
        return traceparent_of(current) if current.get_span_context().is_valid else None

    def note(self, name: str, value: str | int) -> None:
        trace.get_current_span().set_attribute(name, value)

    def record(self, name: str, began_ns: int, statement: str | None = None) -> None:
        if trace.get_current_span().is_recording():
            begun = self._spans.start_span(name, start_time=began_ns)
            if statement is not None:
                begun.set_attribute("db.query.text", statement[:STATEMENT_LIMIT])
            begun.end()

    def open(
        self, name: str, began_ns: int, parent: str | None = None, linked: Iterable[str] = ()
    ) -> OpenSpan:
        context = Context() if parent is None else context_of(parent)
        links = [trace.Link(span_context_of(one)) for one in linked]
        kind = SpanKind.CONSUMER
        return OtlpSpan(
            self._spans.start_span(name, context, kind, links=links, start_time=began_ns)
        )

    def close(self) -> None:
        self._provider.shutdown()

    @contextmanager
    def _block(self, name: str, context: Context | None, kind: SpanKind) -> Iterator[Span]:
        """Begin a span that an exception marks as failed, without the exception's message."""
        with self._spans.start_as_current_span(
            name, context, kind, record_exception=False, set_status_on_exception=False
        ) as begun:
            try:
                yield OtlpSpan(begun)
            except BaseException as error:
                begun.set_status(StatusCode.ERROR, type(error).__name__)
                raise


class ReportingExporter(SpanExporter):
    """Exporter that logs when the collector stops taking spans, and when it takes them again."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter, self._lost = exporter, 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            if not self._lost:
                log.warning("The collector of traces takes nothing; spans are dropped")
            self._lost += len(spans)
        elif self._lost:
            log.info("The collector takes traces again; lost spans: %d", self._lost)
            self._lost = 0
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)
