"""uvicorn's server, which ends endless responses when it stops."""

import socket
from collections.abc import Callable

import uvicorn


class StreamingServer(uvicorn.Server):
    """Calls ``end_streams`` before it waits for the running requests to finish."""

    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._end_streams = end_streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end_streams()
        await super().shutdown(sockets)
