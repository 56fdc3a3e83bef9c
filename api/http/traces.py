"""Traces of the API: each request that may change something is the beginning of one."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.route_templates import RouteTemplates, method_of
from db.tracing import Span, entry

QUERIES = frozenset({"GET", "HEAD", "OPTIONS"})
PERMITTED_AS = "pit.permitted_as"
"""Key of the scope: path of the webapp proxy's rule, which says more than its route."""
IDS = {"deal_id": "pit.deal", "task_id": "pit.task"}
"""Parameter of a path → attribute."""


class RequestTraces:
    """ASGI middleware that begins a trace, unless the request is a query.

    What a client sends as its own trace is ignored: this one is read by operators.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._templates = app, RouteTemplates()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in QUERIES:
            await self._app(scope, receive, send)
            return

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                span.note("http.response.status_code", message["status"])
                if message["status"] >= 500:
                    span.fail(str(message["status"]))
            await send(message)

        with entry("request") as span:
            try:
                await self._app(scope, receive, noting)
            finally:
                self._describe(span, scope)

    def _describe(self, span: Span, scope: Scope) -> None:
        method, route = method_of(scope), scope.get(PERMITTED_AS) or self._templates.of(scope)
        span.rename(f"{method} {route}")
        span.note("http.request.method", method)
        span.note("http.route", route)
        for name, value in scope.get("path_params", {}).items():
            if name in IDS:
                span.note(IDS[name], str(value))
