"""Counts the figures of the company that need queries, at an interval and in one process only.

Nothing is queried when Prometheus asks: a scrape shows the newest count. After a count the loop
rests `REST` times as long as the count took, so that counting costs a bounded share of the time
however large the company is.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from bpmn.camunda.client.rest import Engine, EngineError
from bpmn.camunda.next_steps import deals_without_next_step
from db.ports.store import OpenStore, Store
from workers.ports.census import Census
from workers.runtime.polling import BackOff, poll

REST = 20
AUDIT_EVERY = 10
"""Intervals between two audits of next steps, which read much more than the other figures."""
LONGEST_PAUSE = timedelta(minutes=5)


class CensusTaker:
    """Counts while this process owns the background work."""

    def __init__(
        self,
        open_store: OpenStore,
        engine: Engine,
        seconds: float,
        owns: Callable[[], bool] = lambda: True,
    ) -> None:
        """``seconds``: shortest interval between two counts."""
        self._open, self._engine, self._owns = open_store, engine, owns
        self._seconds = seconds
        self._last: Census | None = None
        self._stuck: int | None = None
        self._audit_at = float("-inf")

    def last(self) -> Census | None:
        """Return the newest count; None while another process counts."""
        return self._last if self._owns() else None

    def run(self, stopping: threading.Event) -> None:
        """Count until ``stopping`` is set, while this process owns the background work."""

        def work() -> None:
            started = time.monotonic()
            if self.count().engine_answers:  # else it took long because of a timeout
                stopping.wait(_rest_after(started, self._seconds) - self._seconds)

        idle = timedelta(seconds=self._seconds)
        back_off = BackOff(idle, max(idle, LONGEST_PAUSE))
        poll(work, "Figures", stopping, idle=idle, back_off=back_off, when=self._owns)

    def count(self) -> Census:
        """Count once. Raises: Unavailable (database)."""
        now = datetime.now(UTC)
        with self._open() as store:
            deals, names = store.deals.count_open(), _stage_names(store)
            rows, oldest = store.outbox.backlog()
        self._last = census = Census(
            at=now,
            deals=deals,
            stage_names=names,
            outbox_rows=rows,
            outbox_age=now - oldest if oldest else timedelta(0),
            **self._of_engine(now),
        )
        return census

    def _of_engine(self, now: datetime) -> dict[str, Any]:
        """Return the figures of the engine, if it answers."""
        if not self._engine.engine_ready():
            return {"engine_answers": False}
        try:
            oldest = self._engine.oldest_open_task()
            return {
                "incidents": len(self._engine.incidents()),
                "open_tasks": self._engine.open_tasks(),
                "task_age": (now - oldest).total_seconds() if oldest else 0.0,
                "stuck_deals": self._audited(now),
                "engine_answers": True,
            }
        except EngineError:
            return {"engine_answers": False}

    def _audited(self, now: datetime) -> int | None:
        started = time.monotonic()
        if started >= self._audit_at:
            self._stuck = len(deals_without_next_step(self._open, self._engine, now))
            self._audit_at = started + _rest_after(started, AUDIT_EVERY * self._seconds)
        return self._stuck


def _rest_after(started: float, least: float) -> float:
    """Return the seconds to rest after work that began at ``started``, ``least`` at least."""
    return max(least, REST * (time.monotonic() - started))


def _stage_names(store: Store) -> dict[tuple[str, str], tuple[str, str]]:
    return {
        (direction.code, stage.code): (direction.name, stage.name)
        for direction in store.catalog.directions.values()
        for stage in direction.stages
    }
