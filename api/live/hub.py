"""Event streams of one API process: listeners, recent news, and the loop that polls for news."""

import asyncio
import logging
import re
import secrets
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool

from api.http.problems import HttpRefusal
from api.live.news import ANYTHING, Digest, News
from db.domain.errors import Unavailable

log = logging.getLogger(__name__)

PAUSE = 0.8
"""Seconds between two looks; with the look itself and the page's reading less than two."""
KEPT = 2_000
"""News that a returning stream can catch up with; after more it is told that all may differ."""
NUMBER = re.compile(r"[0-9]{1,15}")
Look = Callable[[], Sequence[News]]
"""Function that returns the changes since its last call. Raises: Unavailable."""
UNHEARD = 30.0
"""Seconds for which the looking goes on without a stream, until a page that is loaded opens it."""
FIRST_LOOK = 1.0
"""Seconds for which a page waits for the first look at most."""
STREAMS_OF_PERSON = 8
STREAMS = 600


class TooManyStreams(HttpRefusal):
    """The person, or the whole process, has too many open streams; pages then ask now and then."""

    code = "TOO_MANY_STREAMS"
    status = 429
    sentence = "Открыто слишком много окон. Изменения показываются реже."


@dataclass(eq=False)
class Stream:
    """One listener and what it has not been told yet."""

    login: str
    roles: frozenset[str]
    follows: str
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    digest: Digest = field(default_factory=Digest)
    closed: bool = False

    def offer(self, found: Sequence[News]) -> None:
        """Keep the news that concern this person, and wake the stream."""
        for news in found:
            if news.concerns(self.login, self.roles, self.follows):
                self.digest.add(news)
                self.wake.set()

    def end(self) -> None:
        self.closed = True
        self.wake.set()

    def take(self) -> Digest:
        """Return the messages that were not sent yet, and forget them."""
        self.wake.clear()
        taken, self.digest = self.digest, Digest()
        return taken


class Hub:
    """Looks for changes while anybody listens, and offers them to the streams.

    All methods run on the event loop. The number of the latest news is part of every event's id,
    so that a stream that comes back, to the same process, hears what it has missed; anywhere else
    it hears that anything may have changed. The first look tells everybody the same: what it finds
    was there before.
    """

    def __init__(self, watch: Callable[[], Look]) -> None:
        """``watch``: begins to look for changes; what it returns is called in threads."""
        self._watch = watch
        self._streams: list[Stream] = []
        self._told: deque[News] = deque(maxlen=KEPT)
        self._epoch, self._number = "", 0
        self._loop: asyncio.Task[None] | None = None
        self._ready, self._closing = asyncio.Event(), asyncio.Event()
        self._expected_until = 0.0

    @property
    def position(self) -> str:
        """Id of the latest news; empty before the first look."""
        return f"{self._epoch}-{self._number}" if self._epoch else ""

    def expect(self) -> None:
        """Look for changes from now on: a page is loaded that opens a stream soon."""
        self._expected_until = time.monotonic() + UNHEARD
        self._begin()

    async def settled(self) -> str:
        """Return the position before whatever the caller reads next.

        Waits for a first look that is under way: what is read after it and what a stream from this
        position tells are all changes. Empty if nobody looks, or if the look takes too long.
        """
        if self._loop is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ready.wait(), FIRST_LOOK)
        return self.position

    def open(self, login: str, roles: Collection[str], follows: str, after: str) -> Stream:
        """Listen until `leave`, beginning behind the news with the id ``after``.

        Raises: TooManyStreams.
        """
        of_person = sum(stream.login == login for stream in self._streams)
        if of_person >= STREAMS_OF_PERSON or len(self._streams) >= STREAMS:
            raise TooManyStreams
        stream = Stream(login, frozenset(roles), follows, closed=self._closing.is_set())
        if self._epoch:  # else the first look tells all streams that anything may have changed
            stream.offer(self._since(after))
        self._streams.append(stream)
        self._begin()
        return stream

    def leave(self, stream: Stream) -> None:
        """Forget a stream; without any, and none expected, the looking ends."""
        self._streams.remove(stream)

    def close(self) -> None:
        """End all streams, for the shutdown of the server."""
        self._closing.set()
        for stream in self._streams:
            stream.end()

    async def closed(self) -> None:
        """Wait, after `close`, for a look that is under way: it still uses the database."""
        if self._loop is not None:
            await self._loop

    def _since(self, after: str) -> Sequence[News]:
        epoch, _, number = after.rpartition("-")
        missed = self._number - int(number) if NUMBER.fullmatch(number) else -1
        if epoch != self._epoch or not 0 <= missed <= len(self._told):
            return ANYTHING
        return list(self._told)[len(self._told) - missed :]

    def _begin(self) -> None:
        if self._loop is None and not self._closing.is_set():
            self._loop = asyncio.create_task(self._run())

    def _is_listened_to(self) -> bool:
        return bool(self._streams) or time.monotonic() < self._expected_until

    async def _run(self) -> None:
        look = self._watch()
        try:
            while self._is_listened_to() and not self._closing.is_set():
                found = await _looked(look)
                if found is not None:
                    self._tell(found if self._epoch else ANYTHING)
                    self._ready.set()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), PAUSE)
        finally:
            # Whoever comes next has missed what happens in between.
            self._loop, self._epoch, self._number = None, "", 0
            self._told.clear()
            self._ready.clear()

    def _tell(self, found: Sequence[News]) -> None:
        self._epoch = self._epoch or secrets.token_hex(4)
        self._told.extend(found)
        self._number += len(found)
        for stream in self._streams:
            stream.offer(found)


async def _looked(look: Look) -> Sequence[News] | None:
    """Return the changes; None if the database does not answer, then the next call returns them."""
    try:
        return await run_in_threadpool(look)
    except Unavailable as trouble:
        log.warning("No look for changes: %s", type(trouble.__cause__ or trouble).__name__)
        return None
