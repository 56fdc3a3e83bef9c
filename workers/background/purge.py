"""Deletes rows that have served their purpose, by age, in small pieces.

Deals, their history, decisions and files are never deleted.

The stored result of an external task answers a task that the engine delivers again, so it may be
deleted only when that cannot happen any more: when the task is old and the engine has no such task.
Ids of tasks are never used again, so a task that is gone stays gone. Age alone would not do: a
failed step may lie as an incident for months before an administrator has it tried again.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from db.domain.deals.entities import IDEMPOTENCY_KEPT
from db.ports.messaging import Aged, OldTask, Retention
from db.ports.store import OpenStore
from workers.runtime.polling import BackOff, poll

log = logging.getLogger(__name__)

PIECE = 500
"""Rows of one kind per transaction."""
PAUSE = timedelta(seconds=0.2)
"""Between two pieces, so that others get the database in between."""
IDLE = timedelta(hours=1)
BACK_OFF = BackOff(timedelta(minutes=1), IDLE)
LEASES_KEPT = timedelta(days=1)
"""An expired lock is as good as none; kept for whoever wonders what was locked last."""

TRACES_KEPT = timedelta(days=1)
"""Steps are parts of a trace for minutes only."""
ORDER_REQUESTS_KEPT = timedelta(days=1)
"""Whoever asked has the answer before their eyes for minutes only."""


class StepEngine(Protocol):
    """Calls to `bpmn.camunda.client.rest.Engine`; each raises `EngineError`."""

    def known_steps(self, among: Iterable[str]) -> set[str]: ...


@dataclass(frozen=True)
class Kept:
    """Retention times of rows that have served their purpose."""

    tasks: timedelta
    """Results of external tasks and delivered messages to the engine."""
    messages: timedelta
    """Notifications and sent e-mails."""

    def ages(self) -> Mapping[Aged, timedelta]:
        return {
            Aged.OUTBOX: self.tasks,
            Aged.NOTIFICATIONS: self.messages,
            Aged.MAILS: self.messages,
            Aged.RESPONSES: IDEMPOTENCY_KEPT,
            Aged.LEASES: LEASES_KEPT,
            Aged.TRACES: TRACES_KEPT,
            Aged.ORDER_REQUESTS: ORDER_REQUESTS_KEPT,
        }


@dataclass
class Pages:
    """Walks through old tasks from the oldest on, beginning anew after the last page."""

    read: Callable[[Retention, datetime, OldTask | None], list[OldTask]]
    after: OldTask | None = field(default=None)


class Purge:
    """Deletes old rows. Safe to repeat and to run in several processes."""

    def __init__(self, open_store: OpenStore, engine: StepEngine, kept: Kept) -> None:
        self._open, self._engine, self._kept = open_store, engine, kept
        self._pages = (
            Pages(lambda rows, before, after: list(rows.old_results(before, PIECE, after))),
            Pages(lambda rows, before, after: list(rows.old_attempts(before, PIECE, after))),
        )

    def run(self, stopping: threading.Event, when: Callable[[], bool] = lambda: True) -> None:
        """Delete what is old every hour until ``stopping`` is set, while ``when`` returns True."""

        def work() -> bool:
            more = self.round()
            return more and not stopping.wait(PAUSE.total_seconds())

        poll(work, "Old rows", stopping, idle=IDLE, back_off=BACK_OFF, when=when)

    def round(self) -> bool:
        """Delete a piece of each kind. Returns: whether there may be more.

        Raises: EngineError, Unavailable (database).
        """
        now = datetime.now(UTC)
        full = [self._delete(what, now - age) for what, age in self._kept.ages().items()]
        with self._open() as store:
            store.web_sessions.purge(now)
            store.login_attempts.purge(now)
        full += [self._forget(pages, now - self._kept.tasks) for pages in self._pages]
        return any(full)

    def _delete(self, what: Aged, before: datetime) -> bool:
        with self._open() as store:
            gone = store.retention.delete(what, before, PIECE)
        if gone:
            log.info("Old rows deleted: %s, %d", what, gone)
        return gone == PIECE

    def _forget(self, pages: Pages, before: datetime) -> bool:
        """Forget a page of old tasks, except those that the engine still has."""
        with self._open() as store:
            old = pages.read(store.retention, before, pages.after)
        known = self._engine.known_steps([task.task_id for task in old]) if old else set()
        gone = [task.task_id for task in old if task.task_id not in known]
        if gone:
            with self._open() as store:
                store.retention.forget_tasks(gone)
            log.info("Old external tasks forgotten: %d", len(gone))
        more = len(old) == PIECE
        pages.after = old[-1] if more else None
        return more
