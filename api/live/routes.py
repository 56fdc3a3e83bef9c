"""Endpoint of the event stream: tells a page what to read again."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from api.auth import Authenticator, Principal
from api.deals.access import deal_access
from api.dependencies import CurrentCaller, Resources, ResourcesDep
from api.http.problems import HttpRefusal
from api.live.hub import Hub, Stream
from api.routing import StrictRoute
from db.domain.errors import Unavailable

router = APIRouter(tags=["Изменения"], route_class=StrictRoute)

LONGEST = 300
"""Seconds after which a stream ends and the page opens the next one, without a gap."""
HEARTBEAT = 15.0
"""Seconds between two signs of life; the session is checked as often."""
RETRY = 1_000
"""Milliseconds after which a browser opens a broken stream again."""
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class EventStream(StreamingResponse):
    """A response of server-sent events of one stream."""

    media_type = "text/event-stream"

    def __init__(self, request: Request, hub: Hub, stream: Stream, seconds: float) -> None:
        super().__init__(self._told(), headers=HEADERS)
        self._request, self._hub, self._stream = request, hub, stream
        self._ends = time.monotonic() + seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._hub.leave(self._stream)

    async def _told(self) -> AsyncIterator[str]:
        yield f"retry: {RETRY}\n\n"
        stream = self._stream
        while (left := self._ends - time.monotonic()) > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(stream.wake.wait(), min(left, HEARTBEAT))
            if stream.closed:
                return
            if told := stream.take().data():
                yield f"id: {self._hub.position}\ndata: {json.dumps(told)}\n\n"
            elif await self._still_allowed():
                yield ": alive\n\n"
            else:
                return

    async def _still_allowed(self) -> bool:
        """Whether the session is still open, and the roles are the same."""
        authenticator: Authenticator = self._request.app.state.authenticator
        try:
            caller = await run_in_threadpool(authenticator.authenticate, self._request)
        except Unavailable:
            return True  # nobody knows: the news are ids only, and what is read is checked
        except HttpRefusal:
            return False
        return caller.roles == self._stream.roles


@router.get(
    "/events",
    summary="Поток изменений",
    status_code=200,
    response_class=EventStream,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def read_events(
    request: Request,
    caller: CurrentCaller,
    resources: ResourcesDep,
    after: Annotated[str, Query(title="Номер последнего изменения", max_length=40)] = "",
    deal: Annotated[str, Query(title="Открытая сделка", max_length=20)] = "",
    seconds: Annotated[int, Query(title="Сколько секунд слушать", ge=0, le=LONGEST)] = LONGEST,
    last_event_id: Annotated[str, Header(title="Номер последнего изменения", max_length=40)] = "",
) -> EventStream:
    """Server-sent events: kinds of things that have changed for the caller, with ids of deals.

    The data are read from the other endpoints, which check permissions. ``null`` in place of ids
    means that anything of the kind may have changed. 404 for a deal that the caller may not read.
    """
    if deal:
        await run_in_threadpool(_check_readable, deal, caller, resources)
    hub: Hub = request.app.state.hub
    stream = hub.open(caller.login, caller.roles, deal, last_event_id or after)
    return EventStream(request, hub, stream, seconds)


def _check_readable(deal_id: str, caller: Principal, resources: Resources) -> None:
    """Raises: DealNotFound if the caller may not read the deal; Unavailable."""
    with deal_access(deal_id, caller, resources).reading():
        pass
