"""External-task worker: fetches tasks, executes them, reports outcomes, stops cleanly.

thread         work
poller         fetches tasks of all topics in one long poll
batches        executes what was fetched together, in one transaction (topics without ``fetch``)
slow-n         execute one task each (topics with ``fetch``, which may wait for other systems)
reporter-n     send the outcomes of a batch to the engine
lock-extender  extends the locks of all tasks in hand
"""

import logging
import os
import queue
import random
import socket
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from bpmn.camunda.client.session import EngineError
from workers.ports.observer import Fate, NoObserver, TaskObserver
from workers.runtime.contract import AnyTopic, Outcome
from workers.runtime.execution import ExecutionContext, bound_to
from workers.runtime.polling import BackOff
from workers.runtime.runner.client import TaskClient
from workers.runtime.runner.handling import TaskHandling
from workers.runtime.runner.locks import LockedTask, TaskLocks
from workers.runtime.runner.options import WorkerOptions
from workers.runtime.runner.report import QuietExecutor, parse_task
from workers.runtime.runner.step_traces import StepTraces

log = logging.getLogger(__name__)

STARTING_BACK_OFF = BackOff(timedelta(seconds=0.1), timedelta(seconds=1))
"""Pauses between polls until the engine answers for the first time: it may be starting."""
BACK_OFF = BackOff(timedelta(seconds=0.1), timedelta(seconds=10))
"""Pauses between polls while the engine is down later on."""

FULL_SECONDS = 0.5
"""Pause or length of a poll while there is no room for all topics."""

QUICK_POLLS, QUICK_PAUSE = 3, 0.05
"""Polls that bring nothing after a full batch until the next one waits; pause between, seconds."""


def new_worker_id() -> str:
    """Return an id that is unique per process start: the engine tells lock owners apart by it."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


class Worker:
    """Executes external tasks of ``topics`` from `run` until `stop`."""

    def __init__(
        self,
        topics: Sequence[AnyTopic],
        context: ExecutionContext,
        options: WorkerOptions,
        observer: TaskObserver | None = None,
    ) -> None:
        self.id = new_worker_id()
        self._topics = {topic.name: topic for topic in topics}
        self._variables = {topic.name: sorted(topic.variable_names) for topic in topics}
        self._options = options
        self._observer = observer or NoObserver()
        self._client = TaskClient(self.id, options.engine_url, options.client_config())
        executor = QuietExecutor(self.id, self._client)
        self._handling = TaskHandling(self._topics, context, executor, options, self._observer)
        self._traces = StepTraces(lambda: context.external.reading())
        self._slow_topics = {topic.name for topic in topics if topic.fetch is not None}
        self._quick_variables = {
            name: names for name, names in self._variables.items() if name not in self._slow_topics
        }
        self._locks = TaskLocks(self._client, options.lock_seconds, options.refill_at)
        self._quick: queue.SimpleQueue[Sequence[LockedTask]] = queue.SimpleQueue()
        self._slow: queue.SimpleQueue[LockedTask | None] = queue.SimpleQueue()
        self._outcomes: queue.SimpleQueue[tuple[LockedTask, Outcome] | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._stopped = threading.Event()
        self._polled_at = float("-inf")
        self._quick_polls = 0
        """Polls that do not wait, because the last full batch has probably left more tasks."""

    def stop(self) -> None:
        """Stop fetching and let `run` return; safe in a signal handler."""
        self._stopping.set()

    @property
    def is_polling(self) -> bool:
        """True if the engine answered a poll recently, or all task slots are occupied."""
        patience = 2 * (self._options.poll_seconds + 5)
        return time.monotonic() - self._polled_at < patience or not self._has_room()

    def run(self) -> None:
        """Block until `stop`: started tasks may finish, waiting tasks are unlocked."""
        log.info("Worker %s subscribes to %s", self.id, ", ".join(sorted(self._topics)))
        poller = _thread("poller", self._poll)
        batches = _thread("batches", self._execute_batches)
        slow = [_thread(f"slow-{n}", self._execute_slow) for n in range(self._options.threads)]
        reporters = [_thread(f"reporter-{n}", self._report) for n in range(self._options.reporters)]
        extender = _thread("lock-extender", self._extend_locks)
        self._stopping.wait()
        self._locks.unlock_waiting()
        poller.join(self._options.poll_seconds + 10)
        if not self._locks.wait_until_empty(self._options.grace_seconds):
            log.warning("%d tasks did not finish in time; their locks expire", len(self._locks))
        self._stopped.set()
        self._quick.put([])
        for _ in slow:
            self._slow.put(None)
        for _ in reporters:
            self._outcomes.put(None)
        for thread in (batches, *slow, *reporters, extender):
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
        """Fetch a batch when there is room for it.

        While many slow tasks wait, only the other topics are fetched, in short polls, because a
        poll cannot be told later that there is room again. After a full batch the next polls do not
        wait: workers at several engine nodes select the same tasks, and the one that loses all of
        them would wait for a signal that only new tasks give.
        """
        with self._locks.changed:
            if not self._locks.changed.wait_for(self._has_room, FULL_SECONDS):
                return
            has_slow_room = self._locks.slow < self._options.slow_slots
        topics = self._variables if has_slow_room else self._quick_variables
        if not topics:
            self._stopping.wait(FULL_SECONDS)
            return
        wait = self._options.poll_seconds if has_slow_room else FULL_SECONDS
        if self._polled_at < 0 or self._quick_polls > 0:
            wait = 0.0
        requested_at = time.monotonic()
        delivered = self._client.fetch_and_lock(topics, wait_seconds=wait)
        self._polled_at = time.monotonic()
        self._observer.polled(len(delivered))
        self._receive(delivered, requested_at)
        if len(delivered) >= self._options.batch_size:
            self._quick_polls = QUICK_POLLS
        elif not delivered and self._quick_polls > 0:
            self._quick_polls -= 1
            self._stopping.wait(QUICK_PAUSE * random.uniform(0.5, 1.5))
        else:
            self._quick_polls = 0

    def _has_room(self) -> bool:
        """Return whether at most half a batch is in hand, so that batches stay large."""
        return self._locks.quick <= self._options.refill_at

    def _receive(self, delivered: Sequence[dict[str, Any]], requested_at: float) -> None:
        seconds = self._options.lock_seconds
        # The lock started at some time during the long poll, most probably at its end.
        until = max(requested_at, time.monotonic() - seconds / 10) + seconds
        tasks = [
            LockedTask(*parse_task(context), until, context["topicName"] in self._slow_topics)
            for context in delivered
        ]
        self._locks.add(tasks)
        if quick := [task for task in tasks if not task.slow]:
            self._quick.put(quick)
        for task in tasks:
            if task.slow:
                self._slow.put(task)

    def _execute_batches(self) -> None:
        while batch := _waiting(self._quick, self._options.batch_size):
            tasks = [task for task in batch if self._start(task)]
            unreported = {task.delivered.id: task for task in tasks}
            try:
                with self._traces.executing(tasks):
                    for task, outcome in self._handling.execute_together(tasks):
                        if outcome is not None:
                            del unreported[task.delivered.id]
                            self._outcomes.put((task, outcome))
            except Exception:
                log.exception("A batch failed; the engine delivers its tasks again")
            for task in unreported.values():
                self._end(task, Fate.LOCK_LOST)

    def _execute_slow(self) -> None:
        while (task := self._slow.get()) is not None:
            if self._start(task):
                with self._traces.executing_alone(task):
                    self._finish(task, self._handling.handle)

    def _report(self) -> None:
        while (done := self._outcomes.get()) is not None:
            task, outcome = done
            self._finish(task, partial(self._handling.report, outcome=outcome))

    def _finish(self, task: LockedTask, last_step: Callable[[LockedTask], Fate]) -> None:
        """Call the last step of a task, which sends its outcome to the engine."""
        fate = Fate.LOCK_LOST
        with bound_to(task.delivered), self._traces.inside(task):
            try:
                fate = last_step(task)
            except Exception:
                log.exception("The report failed; the engine delivers the task again")
            finally:
                self._end(task, fate)

    def _start(self, task: LockedTask) -> bool:
        """Mark a task as started. False: it was unlocked, or its lock expired while it waited."""
        if self._locks.start(task):
            return True
        self._observer.ended(task.delivered.topic, Fate.LOCK_LOST, _since(task.fetched_at), 0.0)
        return False

    def _end(self, task: LockedTask, fate: Fate) -> None:
        self._locks.remove(task)
        self._traces.ended(task, fate)
        queued = task.started_at - task.fetched_at
        self._observer.ended(task.delivered.topic, fate, queued, task.handled_seconds)

    def _extend_locks(self) -> None:
        while not self._stopped.wait(self._options.lock_seconds / 6):
            self._locks.extend()


def _thread(name: str, target: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=target, name=name, daemon=True)
    thread.start()
    return thread


def _waiting(fetched: "queue.SimpleQueue[Sequence[LockedTask]]", most: int) -> list[LockedTask]:
    """Wait for tasks and return them with those fetched after them; nothing at the end."""
    batch = list(fetched.get())
    while batch and len(batch) < most and not fetched.empty():
        more = fetched.get()
        if not more:
            fetched.put(more)
            break
        batch += more
    return batch


def _since(instant: float) -> float:
    return time.monotonic() - instant
