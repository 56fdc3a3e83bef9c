"""Routes that answer a request with a known `Idempotency-Key` as they did the first time."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute


class RepeatableRoute(APIRoute):
    """A route that keeps its successful answers by the key, as long as the simulator runs."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        answers: dict[str, Response] = {}

        async def once(request: Request) -> Response:
            key = request.headers.get("Idempotency-Key")
            if key is not None and key in answers:
                return answers[key]
            answer = await handle(request)
            if key is not None:
                answers[key] = answer
            return answer

        return once
