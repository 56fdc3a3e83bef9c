"""Prometheus metrics of the API: requests by route template, with status and duration."""

import time

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.route_templates import RouteTemplates, method_of

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Upper bounds of durations."""
NO_RESPONSE = "none"
"""Status of a request whose client went away before the response began."""


class RequestMetrics:
    """ASGI middleware that counts requests and measures their duration."""

    def __init__(self, app: ASGIApp, *, registry: CollectorRegistry) -> None:
        self._app = app
        self._templates = RouteTemplates()
        self._requests = Counter(
            "pit_api_requests",
            "Requests by route template and status",
            ["method", "route", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "pit_api_request_seconds",
            "Time from the request's headers to the end of its response",
            ["method", "route"],
            buckets=SECONDS,
            registry=registry,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, started = NO_RESPONSE, time.perf_counter()

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            method, route = method_of(scope), self._templates.of(scope)
            self._requests.labels(method, route, status).inc()
            self._seconds.labels(method, route).observe(time.perf_counter() - started)
