"""Limit of concurrent requests per client address, also behind a trusted proxy."""

from collections import Counter

from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.client_network import network_of
from api.http.problems import problem

SENTENCE = "С вашего адреса идёт слишком много запросов сразу. Подождите минуту и повторите."


class ConcurrentRequestLimit:
    """ASGI middleware that refuses requests of an address with too many concurrent ones.

    It complements the limit of connections, which cannot apply to a proxy: all of its connections
    come from one address.
    """

    def __init__(self, app: ASGIApp, *, of_one_address: int) -> None:
        self._app = app
        self._limit = of_one_address
        self._running: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        address = network_of(client[0]) if client else ""
        if scope["type"] != "http" or not address:
            await self._app(scope, receive, send)
            return
        if self._running[address] >= self._limit:
            request_id = scope.get("state", {}).get("request_id", "")
            headers = {"Connection": "close", "Retry-After": "60"}
            refused = problem(request_id, 503, "TOO_MANY_AT_ONCE", SENTENCE, headers=headers)
            await refused(scope, receive, send)
            return
        self._running[address] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._running[address] -= 1
            if not self._running[address]:
                del self._running[address]
