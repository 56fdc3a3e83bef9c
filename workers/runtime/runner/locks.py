"""The tasks this process holds, and the heart-beat that keeps their locks."""

import logging
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from workers.runtime.contract import Work
from workers.runtime.runner.client import Client, EngineError, NotOurs, TaskGone

log = logging.getLogger(__name__)


@dataclass
class Held:
    """A locked task. ``until`` is when the lock ends by our monotonic clock."""

    work: Work
    retries: int | None
    until: float
    started: bool = False

    @property
    def is_ours(self) -> bool:
        """False also after a pause of the whole process: somebody else may have the task."""
        return time.monotonic() < self.until


class Locks:
    """All held tasks; safe to use from several threads."""

    def __init__(self, client: Client, seconds: float) -> None:
        self._client, self._seconds = client, seconds
        self._held: dict[str, Held] = {}
        self.changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._held)

    def take(self, held: Iterable[Held]) -> None:
        with self.changed:
            self._held.update({one.work.id: one for one in held})

    def begin(self, held: Held) -> bool:
        """Mark as started. False: it was given back, or its lock ran out in the queue."""
        with self.changed:
            if held.work.id not in self._held or not held.is_ours:
                self._drop(held)
                return False
            held.started = True
            return True

    def drop(self, held: Held) -> None:
        with self.changed:
            self._drop(held)

    def give_back_waiting(self) -> None:
        """Unlock what no handler has begun; another process may take it at once."""
        with self.changed:
            waiting = [held for held in self._held.values() if not held.started]
            for held in waiting:
                self._drop(held)
        for held in waiting:
            try:
                self._client.unlock(held.work.id)
            except EngineError as error:
                log.warning("Task %s stays locked until its lock ends: %s", held.work.id, error)

    def wait_until_empty(self, seconds: float) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: not self._held, seconds)

    def extend(self) -> None:
        """Extend every lock with less than half of its time left."""
        with self.changed:
            held = list(self._held.values())
        now = time.monotonic()
        for one in held:
            if one.until - now < self._seconds / 2:
                self._extend(one)

    def _extend(self, held: Held) -> None:
        asked = time.monotonic()
        try:
            self._client.extend_lock(held.work.id, round(self._seconds * 1000))
            held.until = asked + self._seconds
        except (NotOurs, TaskGone) as error:
            held.until = 0.0
            log.warning("Task %s was lost: %s", held.work.id, error)
        except EngineError as error:
            log.warning("The lock of task %s was not extended: %s", held.work.id, error)

    def _drop(self, held: Held) -> None:
        self._held.pop(held.work.id, None)
        self.changed.notify_all()
