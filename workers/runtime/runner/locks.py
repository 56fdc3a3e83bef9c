"""Locked tasks of this process, and the extension of their locks."""

import logging
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from bpmn.camunda.client.session import EngineError
from bpmn.camunda.client.values import TypedVariables
from workers.runtime.contract import DeliveredTask
from workers.runtime.runner.client import LockExpired, TaskClient, TaskNotFound

log = logging.getLogger(__name__)


@dataclass
class LockedTask:
    """A fetched task with the time at which its lock expires, by the monotonic clock."""

    delivered: DeliveredTask
    retries: int | None
    known: TypedVariables
    """Process variables that the task may write, as they were when it was fetched."""
    expires_at: float
    slow: bool = False
    """Whether its topic has a ``fetch``: it may wait for other systems."""
    fetched_at: float = field(default_factory=time.monotonic)
    started_at: float = 0.0
    """Time at which its execution began, by the monotonic clock; 0 while it waits."""
    handled_seconds: float = 0.0
    """Duration of its handler; in a batch that of the batch divided by its size."""

    @property
    def lock_is_held(self) -> bool:
        """False once the lock has expired, also when the whole process was suspended."""
        return time.monotonic() < self.expires_at


class TaskLocks:
    """All locked tasks of a worker; thread-safe."""

    def __init__(self, client: TaskClient, seconds: float, low: int) -> None:
        """``seconds``: duration of a lock. ``low``: number of tasks at which `changed` tells."""
        self._client, self._seconds, self._low = client, seconds, low
        self._tasks: dict[str, LockedTask] = {}
        self.slow = 0
        """Number of tasks that are slow."""
        self.changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._tasks)

    @property
    def quick(self) -> int:
        """Number of tasks that are not slow."""
        return len(self._tasks) - self.slow

    def add(self, tasks: Iterable[LockedTask]) -> None:
        """Register fetched tasks that wait for their execution."""
        with self.changed:
            for task in tasks:
                self._remove(self._tasks.get(task.delivered.id))
                self._tasks[task.delivered.id] = task
                self.slow += task.slow

    def start(self, task: LockedTask) -> bool:
        """Mark a task as started. False: it was unlocked, or its lock expired while it waited."""
        with self.changed:
            if self._tasks.get(task.delivered.id) is not task or not task.lock_is_held:
                self._remove(task)
                return False
            task.started_at = time.monotonic()
            return True

    def remove(self, task: LockedTask) -> None:
        """Forget a task that has been reported."""
        with self.changed:
            self._remove(task)

    def unlock_waiting(self) -> None:
        """Unlock tasks that no handler has started, so that another process can fetch them."""
        with self.changed:
            waiting = [task for task in self._tasks.values() if not task.started_at]
            for task in waiting:
                self._remove(task)
        for task in waiting:
            try:
                self._client.unlock(task.delivered.id)
            except EngineError as error:
                log.warning("Task %s stays locked until it expires: %s", task.delivered.id, error)

    def wait_until_empty(self, seconds: float) -> bool:
        """Wait until every task has been removed. Returns: False after ``seconds``."""
        with self.changed:
            return self.changed.wait_for(lambda: not self._tasks, seconds)

    def extend(self) -> None:
        """Extend every lock that has less than half of its duration left."""
        with self.changed:
            tasks = list(self._tasks.values())
        now = time.monotonic()
        for task in tasks:
            if task.expires_at - now < self._seconds / 2:
                self._extend(task)

    def _extend(self, task: LockedTask) -> None:
        requested_at = time.monotonic()
        try:
            self._client.extend_lock(task.delivered.id, round(self._seconds * 1000))
            task.expires_at = requested_at + self._seconds
        except (LockExpired, TaskNotFound) as error:
            task.expires_at = 0.0
            log.warning("The lock of task %s was lost: %s", task.delivered.id, error)
        except EngineError as error:
            log.warning("The lock of task %s was not extended: %s", task.delivered.id, error)

    def _remove(self, task: LockedTask | None) -> None:
        if task is None or self._tasks.get(task.delivered.id) is not task:
            return
        del self._tasks[task.delivered.id]
        self.slow -= task.slow
        if self.quick <= self._low:
            self.changed.notify_all()
