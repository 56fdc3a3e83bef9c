"""One worker process: polls for all topics, runs handlers in threads, stops without losing work."""

import logging
import os
import queue
import random
import socket
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from workers.logs import bound
from workers.runtime.contract import AnyTopic
from workers.runtime.execution import World
from workers.runtime.runner.client import Client, EngineError
from workers.runtime.runner.handling import Handling
from workers.runtime.runner.locks import Held, Locks
from workers.runtime.runner.options import Options
from workers.runtime.runner.report import Executor, work_of

log = logging.getLogger(__name__)

LONGEST_BACK_OFF = 10.0  # seconds between polls while the engine is down
FIRST_BACK_OFF = 1.0  # the same until it answers for the first time: it may just be starting


def new_worker_id() -> str:
    """New at every start: the engine's only fence between two processes is this string."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


class Worker:
    """Serves ``topics`` until `stop`; `run` then returns with nothing left in hand."""

    def __init__(self, topics: Sequence[AnyTopic], world: World, options: Options) -> None:
        self.id = new_worker_id()
        self._topics = {topic.name: topic for topic in topics}
        self._wanted = {topic.name: sorted(topic.input.wire_names().values()) for topic in topics}
        self._options = options
        self._client = Client(self.id, options.engine_url, options.for_client())
        executor = Executor(self.id, self._client)
        self._handling = Handling(self._topics, world, executor, options)
        self._locks = Locks(self._client, options.lock_seconds)
        self._queue: queue.SimpleQueue[Held | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._stopped = threading.Event()
        self._polled_at = float("-inf")

    def stop(self) -> None:
        """Fetch no more; safe in a signal handler."""
        self._stopping.set()

    @property
    def polls(self) -> bool:
        """The engine answered a poll lately, or all places are taken by tasks we hold."""
        patience = 2 * (self._options.poll_seconds + 5)
        return time.monotonic() - self._polled_at < patience or self._room_is_taken()

    def run(self) -> None:
        """Work until `stop`: started handlers finish, the rest is unlocked for other workers."""
        log.info("Worker %s serves %s", self.id, ", ".join(sorted(self._topics)))
        poller = _thread("poller", self._poll)
        handlers = [_thread(f"handler-{n}", self._work) for n in range(self._options.threads)]
        beat = _thread("lock-beat", self._beat)
        self._stopping.wait()
        self._locks.give_back_waiting()
        poller.join(self._options.poll_seconds + 10)
        if not self._locks.wait_until_empty(self._options.grace_seconds):
            log.warning("%d handlers did not finish in time; their locks run out", len(self._locks))
        self._stopped.set()
        for _ in handlers:
            self._queue.put(None)
        for thread in (*handlers, beat):
            thread.join(1)
        self._client.close()
        log.info("Worker %s has stopped", self.id)

    def _poll(self) -> None:
        """The only thread that fetches: every poll costs the engine a query per new task."""
        failures = 0
        while not self._stopping.is_set():
            try:
                self._poll_once()
                failures = 0
            except EngineError as error:
                failures += 1
                log.warning("The engine gives no tasks (%d in a row): %s", failures, error)
            except Exception:
                failures += 1
                log.exception("Polling failed because of a bug")
            if failures:
                longest = LONGEST_BACK_OFF if self._polled_at > 0 else FIRST_BACK_OFF
                pause = min(longest, 0.1 * (1 << min(failures - 1, 10)))
                self._stopping.wait(pause * random.uniform(0.5, 1.0))
        self._locks.give_back_waiting()

    def _poll_once(self) -> None:
        room = self._room()
        if room:
            asked = time.monotonic()
            delivered = self._client.fetch_and_lock(
                self._wanted, max_tasks=room, wait=self._polled_at > 0
            )
            self._polled_at = time.monotonic()
            self._receive(delivered, asked)

    def _room_is_taken(self) -> bool:
        return len(self._locks) > self._options.threads

    def _room(self) -> int:
        """Free places; asks again only when half of them are, so that batches stay big."""
        places = 2 * self._options.threads
        with self._locks.changed:
            self._locks.changed.wait_for(lambda: len(self._locks) <= places // 2, 0.5)
            free = places - len(self._locks)
        return free if free >= places // 2 else 0

    def _receive(self, delivered: Sequence[dict[str, Any]], asked: float) -> None:
        seconds = self._options.lock_seconds
        # The lock began somewhere in the long poll, most probably at its end.
        until = max(asked, time.monotonic() - seconds / 10) + seconds
        tasks = [Held(*work_of(context), until) for context in delivered]
        self._locks.take(tasks)
        for held in tasks:
            self._queue.put(held)

    def _work(self) -> None:
        while (held := self._queue.get()) is not None:
            if not self._locks.begin(held):
                continue
            work = held.work
            with bound(deal_id=work.deal_id, task_id=work.id, topic=work.topic):
                try:
                    self._handling.do(held)
                except Exception:
                    log.exception("The task could not be reported; it comes again after its lock")
                finally:
                    self._locks.drop(held)

    def _beat(self) -> None:
        while not self._stopped.wait(self._options.lock_seconds / 6):
            self._locks.extend()


def _thread(name: str, target: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=target, name=name, daemon=True)
    thread.start()
    return thread
