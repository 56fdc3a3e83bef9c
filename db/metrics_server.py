"""HTTP server of a process's metrics, on a port of its own that the public proxy does not know."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server


@contextmanager
def metrics_server(host: str, port: int | None, registry: CollectorRegistry) -> Iterator[None]:
    """Serve the registry and the process's own figures meanwhile; nothing without a port.

    Raises: SystemExit if the address cannot be bound.
    """
    if port is None:
        yield
        return
    ProcessCollector(registry=registry)
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise SystemExit(f"Адрес метрик {host}:{port} не открылся: {error}") from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
