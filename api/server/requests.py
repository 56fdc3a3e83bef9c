"""Bound of the requests that one address has under way, also behind a trusted proxy."""

from collections import Counter

from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.client_network import network_of
from api.http.problems import problem

SENTENCE = "С вашего адреса идёт слишком много запросов сразу. Подождите минуту и повторите."


class ConcurrentRequestLimit:
    """ASGI middleware that refuses a request when its address has too many under way.

    All connections of a proxy come from one address, so they cannot be bounded by it.
    """

    def __init__(self, app: ASGIApp, *, of_one_address: int) -> None:
        self._app = app
        self._bound = of_one_address
        self._under_way: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        address = network_of(client[0]) if client else ""
        if scope["type"] != "http" or not address:
            await self._app(scope, receive, send)
            return
        if self._under_way[address] >= self._bound:
            request_id = scope.get("state", {}).get("request_id", "")
            headers = {"Connection": "close", "Retry-After": "60"}
            refused = problem(request_id, 503, "TOO_MANY_AT_ONCE", SENTENCE, headers=headers)
            await refused(scope, receive, send)
            return
        self._under_way[address] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._under_way[address] -= 1
            if not self._under_way[address]:
                del self._under_way[address]
