"""A collector of traces: an HTTP server that decodes OTLP and keeps the spans."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Encoded
from opentelemetry.proto.trace.v1.trace_pb2 import Status


@dataclass(frozen=True)
class Received:
    """A span as the collector got it."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    began: int
    ended: int
    attributes: Mapping[str, str | int]
    links: tuple[tuple[str, str], ...]
    failed: str | None

    @classmethod
    def of(cls, service: str, span: Encoded) -> "Received":
        failed = span.status.code == Status.STATUS_CODE_ERROR
        return cls(
            service,
            span.name,
            span.trace_id.hex(),
            span.span_id.hex(),
            span.parent_span_id.hex(),
            span.start_time_unix_nano,
            span.end_time_unix_nano,
            {one.key: one.value.string_value or one.value.int_value for one in span.attributes},
            tuple((one.trace_id.hex(), one.span_id.hex()) for one in span.links),
            span.status.message if failed else None,
        )


@dataclass
class Collector:
    """What has been received; ``silent`` is set while requests get no answer."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    spans: list[Received] = field(default_factory=list)
    talks: threading.Event = field(default_factory=threading.Event)

    def take(self, body: bytes) -> None:
        self.bodies.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            names = {one.key: one.value.string_value for one in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.spans += [Received.of(names["service.name"], one) for one in scope.spans]

    def named(self, name: str) -> list[Received]:
        return [span for span in self.spans if span.name == name]

    def only(self, name: str) -> Received:
        [span] = self.named(name)
        return span


@contextmanager
def a_collector(port: int = 0) -> Iterator[Collector]:
    """Run a collector; while ``talks`` is not set, it takes requests and answers nothing."""
    collector = Collector()
    collector.talks.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.talks.wait()
            assert self.path == "/v1/traces"
            assert self.headers["Content-Type"] == "application/x-protobuf"
            collector.take(body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    collector.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield collector
    finally:
        collector.talks.set()
        server.shutdown()
        server.server_close()
        thread.join()
