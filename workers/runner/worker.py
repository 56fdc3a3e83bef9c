"""One worker process: polls for all topics, runs handlers in threads, stops without losing work."""

import logging
import os
import queue
import random
import socket
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from db.domain.errors import Unavailable
from workers.contract import AnyTopic, Completed, Failed, LockLost, Outcome, World, attempt
from workers.logs import bound
from workers.runner.client import (
    Client,
    EngineError,
    EngineSilent,
    EngineUnavailable,
    NotOurs,
    TaskGone,
)
from workers.runner.locks import Held, Locks
from workers.runner.report import Executor, result_of, work_of
from workers.runner.retries import Retries

log = logging.getLogger(__name__)

LONGEST_BACK_OFF = 30.0  # seconds between polls while the engine is down


@dataclass(frozen=True)
class Options:
    """How a worker process works; seconds unless the name says otherwise."""

    engine_url: str
    """REST root, e.g. http://127.0.0.1:8080/engine-rest."""
    user: str = ""
    password: str = field(default="", repr=False)
    threads: int = 4
    lock_seconds: float = 30.0
    poll_seconds: float = 4.0
    grace_seconds: float = 25.0
    deaths: int = 3
    """A task that killed its worker so often becomes an incident."""
    retries: Retries = field(default_factory=Retries)


def new_worker_id() -> str:
    """New at every start: the engine's only fence between two processes is this string."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


class Worker:
    """Serves ``topics`` until `stop`; `run` then returns with nothing left in hand."""

    def __init__(self, topics: Sequence[AnyTopic], world: World, options: Options) -> None:
        self.id = new_worker_id()
        self._topics = {topic.name: topic for topic in topics}
        self._wanted = {topic.name: sorted(topic.input.wire_names().values()) for topic in topics}
        self._world, self._options = world, options
        self._client = Client(self.id, options.engine_url, _configuration(options))
        self._executor = Executor(self.id, self._client)
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
                pause = min(LONGEST_BACK_OFF, 0.1 * (1 << min(failures - 1, 10)))
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
                    self._do(held)
                except Exception:
                    log.exception("The task could not be reported; it comes again after its lock")
                finally:
                    self._locks.drop(held)

    def _do(self, held: Held) -> None:
        started = time.monotonic()
        try:
            outcome = self._outcome(held)
            self._report(held, outcome)
        except (LockLost, NotOurs, TaskGone) as lost:
            log.warning("The task is no longer ours, dropped: %s", lost)
            return
        _say(outcome, time.monotonic() - started)

    def _outcome(self, held: Held) -> Outcome:
        """Count the attempt before the handler runs: a dead worker can count nothing."""
        work = held.work
        try:
            with self._world.open() as store:
                attempts = store.processed.attempt(work.id, work.topic)
            if attempts > self._options.deaths:
                outcome: Outcome = _deadly(attempts - 1)
            else:
                topic = self._topics[work.topic]
                outcome = attempt(topic, work, self._world, lambda: held.is_ours)
            if attempts > 1 or not isinstance(outcome, Completed):
                self._forgive(work.id)
        except LockLost:
            self._forgive(work.id)
            raise
        except Unavailable as trouble:
            return Failed(str(trouble), trouble.retry_after)
        return outcome

    def _forgive(self, task_id: str) -> None:
        with self._world.open() as store:
            store.processed.forgive(task_id)

    def _report(self, held: Held, outcome: Outcome) -> None:
        """Tell the engine. What it cannot digest for a whole lock becomes a failure that it can:
        otherwise the task would circle for ever and nobody would see it.
        """
        policy = self._options.retries
        result = result_of(held.work, outcome, held.retries, policy)
        try:
            self._executor.execute_task(result.get_task(), lambda _: result)
        except (NotOurs, TaskGone, EngineSilent):
            raise
        except EngineError as error:
            passing = isinstance(error, EngineUnavailable)
            sentence = f"The engine did not accept the answer of the step: {error}"
            failed = Failed(sentence, timedelta(0) if passing else None)
            second = result_of(held.work, failed, held.retries, policy)
            log.error(sentence)
            self._executor.execute_task(second.get_task(), lambda _: second)

    def _beat(self) -> None:
        while not self._stopped.wait(self._options.lock_seconds / 6):
            self._locks.extend()


def _deadly(times: int) -> Failed:
    sentence = f"The step killed its worker {times} times. Find out why, then give it retries."
    return Failed(sentence, None)


def _configuration(options: Options) -> Mapping[str, Any]:
    return {
        "maxTasks": 2 * options.threads,
        "lockDuration": round(options.lock_seconds * 1000),
        "asyncResponseTimeout": round(options.poll_seconds * 1000),
        "deserializeValues": False,
        "includeExtensionProperties": False,
        "poolSize": options.threads + 3,
        "auth_basic": {"username": options.user, "password": options.password}
        if options.user
        else None,
    }


def _say(outcome: Outcome, seconds: float) -> None:
    match outcome:
        case Failed(message, retry_after, details):
            level = logging.ERROR if retry_after is None else logging.WARNING
            log.log(level, "Failed after %.3f s: %s %s", seconds, message, details)
        case _:
            log.info("%s after %.3f s", type(outcome).__name__, seconds)


def _thread(name: str, target: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=target, name=name, daemon=True)
    thread.start()
    return thread
