"""TCP relay that counts connections and exchanges; in front of an engine or of PostgreSQL.

An exchange is a question of the client after an answer of the server: one HTTP request on a
connection without pipelining, or one round trip to PostgreSQL, however many statements it has.
The relay costs time, so measured rounds do not use it: counting is a pass of its own.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

BUFFER = 1 << 16


@dataclass
class Traffic:
    """Counters of connections and exchanges that a relay has forwarded."""

    connections: int = 0
    exchanges: int = 0

    def since(self, before: "Traffic") -> "Traffic":
        """Return the difference to an earlier copy."""
        return Traffic(self.connections - before.connections, self.exchanges - before.exchanges)


class Wire:
    """Relay from ``port`` to ``target``, both on the loopback interface."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._traffic = Traffic()
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def traffic(self) -> Traffic:
        """A copy of the counters."""
        return replace(self._traffic)

    def start(self) -> None:
        """Listen in a thread of its own."""
        listening = threading.Event()

        def run() -> None:
            asyncio.set_event_loop(self._loop)
            server = self._loop.run_until_complete(
                asyncio.start_server(self._accept, "127.0.0.1", 0)
            )
            self.port = server.sockets[0].getsockname()[1]
            listening.set()
            self._loop.run_forever()
            server.close()
            for task in self._tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*self._tasks, return_exceptions=True))
            self._loop.close()

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        listening.wait()

    def stop(self) -> None:
        """Stop listening and drop all connections."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._traffic.connections += 1
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.close()
            return
        last = [writer]  # a question is counted when the server has spoken last
        with suppress(asyncio.CancelledError):  # the relay stops
            await asyncio.gather(
                self._relay(reader, back, last, counted=True),
                self._relay(there, writer, last, counted=False),
            )
        for one in (writer, back):
            one.close()

    async def _relay(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        last: list[asyncio.StreamWriter],
        *,
        counted: bool,
    ) -> None:
        with suppress(OSError):
            while data := await source.read(BUFFER):
                if counted and last[0] is not sink:
                    self._traffic.exchanges += 1
                last[0] = sink
                sink.write(data)
                await sink.drain()
        sink.close()


@contextmanager
def wire(target: int) -> Iterator[Wire]:
    """Relay to a port of this machine for a while."""
    relay = Wire(target)
    relay.start()
    try:
        yield relay
    finally:
        relay.stop()
