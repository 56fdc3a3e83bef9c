"""External-task worker: one fetching thread, handler threads, lock extension, clean shutdown."""

import logging
import os
import queue
import socket
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from bpmn.camunda.client.session import EngineError
from workers.logs import bound
from workers.runtime.contract import AnyTopic
from workers.runtime.execution import ExecutionContext
from workers.runtime.polling import BackOff
from workers.runtime.runner.client import TaskClient
from workers.runtime.runner.handling import TaskHandling
from workers.runtime.runner.locks import LockedTask, TaskLocks
from workers.runtime.runner.options import WorkerOptions
from workers.runtime.runner.report import QuietExecutor, parse_task

log = logging.getLogger(__name__)

STARTING_BACK_OFF = BackOff(timedelta(seconds=0.1), timedelta(seconds=1))
"""Pauses between polls until the engine answers for the first time: it may be starting."""
BACK_OFF = BackOff(timedelta(seconds=0.1), timedelta(seconds=10))
"""Pauses between polls while the engine is down later on."""


def new_worker_id() -> str:
    """Return an id that is unique per process start: the engine tells lock owners apart by it."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


class Worker:
    """Executes external tasks of ``topics`` from `run` until `stop`."""

    def __init__(
        self, topics: Sequence[AnyTopic], context: ExecutionContext, options: WorkerOptions
    ) -> None:
        self.id = new_worker_id()
        self._topics = {topic.name: topic for topic in topics}
        self._variables = {
            topic.name: sorted(topic.input.wire_names().values()) for topic in topics
        }
        self._options = options
        self._client = TaskClient(self.id, options.engine_url, options.client_config())
        executor = QuietExecutor(self.id, self._client)
        self._handling = TaskHandling(self._topics, context, executor, options)
        self._locks = TaskLocks(self._client, options.lock_seconds)
        self._queue: queue.SimpleQueue[LockedTask | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._stopped = threading.Event()
        self._polled_at = float("-inf")

    def stop(self) -> None:
        """Stop fetching and let `run` return; safe in a signal handler."""
        self._stopping.set()

    @property
    def is_polling(self) -> bool:
        """True if the engine answered a poll recently, or all task slots are occupied."""
        patience = 2 * (self._options.poll_seconds + 5)
        return time.monotonic() - self._polled_at < patience or self._is_full()

    def run(self) -> None:
        """Block until `stop`: started tasks may finish, waiting tasks are unlocked."""
        log.info("Worker %s subscribes to %s", self.id, ", ".join(sorted(self._topics)))
        poller = _thread("poller", self._poll)
        handlers = [_thread(f"handler-{n}", self._work) for n in range(self._options.threads)]
        extender = _thread("lock-extender", self._extend_locks)
        self._stopping.wait()
        self._locks.unlock_waiting()
        poller.join(self._options.poll_seconds + 10)
        if not self._locks.wait_until_empty(self._options.grace_seconds):
            log.warning("%d tasks did not finish in time; their locks expire", len(self._locks))
        self._stopped.set()
        for _ in handlers:
            self._queue.put(None)
        for thread in (*handlers, extender):
            thread.join(1)
        self._client.close()
        log.info("Worker %s has stopped", self.id)

    def _poll(self) -> None:
        """Fetch tasks, in one thread only: every poll costs the engine a query per new task."""
        failures = 0
        while not self._stopping.is_set():
            try:
                self._poll_once()
                failures = 0
            except EngineError as error:
                failures += 1
                log.warning("Fetching tasks failed (%d in a row): %s", failures, error)
            except Exception:
                failures += 1
                log.exception("Fetching tasks failed because of a bug")
            if failures:
                back_off = BACK_OFF if self._polled_at > 0 else STARTING_BACK_OFF
                self._stopping.wait(back_off.pause(failures - 1).total_seconds())
        self._locks.unlock_waiting()

    def _poll_once(self) -> None:
        slots = self._free_slots()
        if slots:
            requested_at = time.monotonic()
            delivered = self._client.fetch_and_lock(
                self._variables, max_tasks=slots, wait=self._polled_at > 0
            )
            self._polled_at = time.monotonic()
            self._receive(delivered, requested_at)

    def _is_full(self) -> bool:
        return len(self._locks) > self._options.threads

    def _free_slots(self) -> int:
        """Return free task slots, 0 while less than half are free, so that batches stay large."""
        slots = 2 * self._options.threads
        with self._locks.changed:
            self._locks.changed.wait_for(lambda: len(self._locks) <= slots // 2, 0.5)
            free = slots - len(self._locks)
        return free if free >= slots // 2 else 0

    def _receive(self, delivered: Sequence[dict[str, Any]], requested_at: float) -> None:
        seconds = self._options.lock_seconds
        # The lock started at some time during the long poll, most probably at its end.
        until = max(requested_at, time.monotonic() - seconds / 10) + seconds
        tasks = [LockedTask(*parse_task(context), until) for context in delivered]
        self._locks.add(tasks)
        for task in tasks:
            self._queue.put(task)

    def _work(self) -> None:
        while (task := self._queue.get()) is not None:
            if not self._locks.start(task):
                continue
            delivered = task.delivered
            with bound(deal_id=delivered.deal_id, task_id=delivered.id, topic=delivered.topic):
                try:
                    self._handling.handle(task)
                except Exception:
                    log.exception("The report failed; the engine delivers the task again")
                finally:
                    self._locks.remove(task)

    def _extend_locks(self) -> None:
        while not self._stopped.wait(self._options.lock_seconds / 6):
            self._locks.extend()


def _thread(name: str, target: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=target, name=name, daemon=True)
    thread.start()
    return thread
