"""Delivers outbox rows to the engine: at least once, in order per deal.

A start is preceded by a search for a running instance. A stage message wakes the waiting task to
read the deal, so a message that no execution waits for is either obsolete (the process knows a
later move) or early (retried). A process that knows the move but waits in an activity that does
not fit the deal's stage is woken as well.
"""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from bpmn.camunda.client.rest import (
    EngineError,
    EngineRefused,
    EngineUnavailable,
    ProcessInstance,
    WaitState,
)
from bpmn.camunda.next_steps import misplaced_waits
from bpmn.lint.worker_contracts import MOVE_VERSION, NEXT_MOVE, STAGE_MOVED
from db.domain.entities import OutboxKind, OutboxRow
from db.domain.errors import Unavailable
from db.domain.people.roles import ADMINISTRATORS
from db.ports.store import OpenStore
from workers.logs import bound
from workers.ports.employees import EmployeeDirectory
from workers.runtime.polling import BackOff, poll
from workers.services.notification_texts import outbox_stuck
from workers.services.notifications import notify_people

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=45)
"""Longer than a row usually takes; a second delivery after it has no effect."""
BATCH = 10
BATCH_SECONDS = 20.0
"""Time limit of a batch; its remaining rows are delivered after their lease."""
FIRST_PAUSE = timedelta(seconds=0.2)
ROW_BACK_OFF = BackOff(FIRST_PAUSE, timedelta(seconds=30))
"""Pauses between deliveries of a row that the engine refuses."""
ENGINE_BACK_OFF = BackOff(FIRST_PAUSE, timedelta(seconds=10))
"""Pauses of the whole outbox while the engine is unavailable; short, because users wait for it."""
IDLE = timedelta(seconds=0.5)
ALERT_AFTER = timedelta(minutes=5)
"""Age of an undelivered row that is reported to the administrators; its retries go on."""


class ProcessEngine(Protocol):
    """Calls to `bpmn.camunda.client.rest.Engine`; each raises `EngineError`."""

    def start(
        self, process: str, business_key: str, variables: dict[str, Any] | None = None
    ) -> str: ...

    def root_instances(self, business_key: str) -> list[ProcessInstance]: ...

    def instance_variables(self, instance_id: str) -> dict[str, Any]: ...

    def wait_states(self, instance_id: str) -> list[WaitState]: ...

    def correlate(
        self,
        message: str,
        business_key: str,
        local_keys: dict[str, Any] | None = None,
        variables: dict[str, Any] | None = None,
    ) -> None: ...


@dataclass(frozen=True)
class Delivered:
    """The row needs no further delivery; ``how`` goes to the log."""

    how: str


@dataclass(frozen=True)
class Postponed:
    """The row is retried; ``unavailable`` when the engine did not answer at all."""

    why: str
    unavailable: bool = False


class OutboxDispatcher:
    """Delivers outbox rows; several worker processes share the outbox by leases."""

    def __init__(
        self, owner: str, open_store: OpenStore, engine: ProcessEngine, people: EmployeeDirectory
    ) -> None:
        self._owner, self._open = owner, open_store
        self._engine, self._people = engine, people

    def run(self, stopping: threading.Event) -> None:
        """Deliver batches until ``stopping`` is set."""
        poll(self._deliver_batch, "Outbox", stopping, idle=IDLE, back_off=ENGINE_BACK_OFF)

    def _deliver_batch(self) -> bool:
        delivered, unavailable = self.round()
        if unavailable:
            raise EngineUnavailable("no answer")
        return delivered > 0

    def round(self) -> tuple[int, bool]:
        """Deliver one batch. Returns: delivered rows, and whether the engine was unavailable.

        Raises: Unavailable (database).
        """
        began = time.monotonic()
        with self._open() as store:
            rows = store.outbox.lease(self._owner, LEASE, BATCH)
        delivered = 0
        for row in rows:
            if time.monotonic() - began > BATCH_SECONDS:
                break
            with bound(deal_id=row.deal_id):
                result = self._deliver(row)
                self._record(row, result)
            if isinstance(result, Delivered):
                delivered += 1
            elif result.unavailable:
                self._release(rows, row)
                return delivered, True
        return delivered, False

    def _deliver(self, row: OutboxRow) -> Delivered | Postponed:
        """Deliver a row; a refusal or conflict postpones it."""
        try:
            if row.kind is OutboxKind.START:
                return self._start(row)
            return self._message(row)
        except EngineUnavailable as trouble:
            return Postponed(
                f"EngineUnavailable {trouble.status}", unavailable=trouble.status is None
            )
        except EngineRefused as refusal:
            return Postponed(f"EngineRefused {refusal.status} {refusal.type}")
        except EngineError as trouble:
            return Postponed(type(trouble).__name__)
        except Unavailable:
            raise
        except Exception as bug:
            log.exception("Outbox row %d waits because of a bug", row.id)
            return Postponed(type(bug).__name__)

    def _start(self, row: OutboxRow) -> Delivered | Postponed:
        if self._engine.root_instances(row.deal_id):
            return Delivered("an instance runs already")
        with self._open() as store:
            if store.processes.instance_of(row.deal_id) is not None:
                return Delivered("the deal had its instance, it has ended")
        variables = row.payload.get("variables") or {}
        self._engine.start(str(row.payload["process"]), row.deal_id, variables)
        return Delivered("started")

    def _message(self, row: OutboxRow) -> Delivered | Postponed:
        name, version = str(row.payload["message"]), row.payload.get(MOVE_VERSION)
        keys = {} if version is None else {MOVE_VERSION: version}
        try:
            self._engine.correlate(name, row.deal_id, keys, row.payload.get("variables") or {})
        except EngineRefused as refusal:
            if refusal.status != 400:
                raise
            return self._uncorrelated(row, version)
        return Delivered("correlated")

    def _uncorrelated(self, row: OutboxRow, version: int | None) -> Delivered | Postponed:
        """Decide whether a message that no execution waits for is obsolete or early."""
        running = self._engine.root_instances(row.deal_id)
        if not running:
            return Delivered("the instance has ended")
        if version is not None:
            known = self._engine.instance_variables(running[0].id).get(NEXT_MOVE)
            if isinstance(known, int) and known > version:
                return self._wake_if_misplaced(row.deal_id, running[0].id, known)
        return Postponed("no execution waits for the message yet")

    def _wake_if_misplaced(
        self, deal_id: str, instance: str, next_move: int
    ) -> Delivered | Postponed:
        """Wake a process that knows a later move but waits where the deal's stage does not fit."""
        with self._open() as store:
            deal = store.deals.get(deal_id)
            stage = store.catalog.stage_of(deal)
        if not deal.is_open or not misplaced_waits(stage, self._engine.wait_states(instance)):
            return Delivered("the process knows a later move")
        try:
            self._engine.correlate(STAGE_MOVED, deal_id, {MOVE_VERSION: next_move}, {})
        except EngineRefused as refusal:
            if refusal.status != 400:
                raise
            return Postponed("the process waits in an activity that does not fit the stage")
        return Delivered("the misplaced process was woken")

    def _record(self, row: OutboxRow, result: Delivered | Postponed) -> None:
        if isinstance(result, Delivered):
            with self._open() as store:
                mine = store.outbox.delivered(row.id, self._owner)
            log.info(
                "Outbox row %d: %s%s", row.id, result.how, "" if mine else ", by another worker"
            )
            return
        # While the engine is unavailable the whole outbox pauses: the row need not.
        pause = FIRST_PAUSE if result.unavailable else ROW_BACK_OFF.pause(row.attempts)
        with self._open() as store:
            store.outbox.postponed(row.id, self._owner, result.why, pause)
        log.warning("Outbox row %d is retried: %s", row.id, result.why)
        self._alert(row)

    def _alert(self, row: OutboxRow) -> None:
        age = datetime.now(UTC) - row.created_at
        if age < ALERT_AFTER or row.alerted_at is not None:
            return
        administrators = self._people.last_known(ADMINISTRATORS)
        with self._open() as store:
            deal = store.deals.get(row.deal_id)
            text = outbox_stuck(deal.title, int(age / timedelta(minutes=1)))
            notify_people(store, administrators, f"outbox-{row.id}", text, row.deal_id)
            store.outbox.alerted(row.id)
        log.error(
            "Outbox row %d waits for %d s; the administrators are notified", row.id, age.seconds
        )

    def _release(self, rows: Sequence[OutboxRow], stopped_at: OutboxRow) -> None:
        """Make the rest of the batch deliverable before the end of its lease."""
        with self._open() as store:
            for row in rows[rows.index(stopped_at) + 1 :]:
                store.outbox.postponed(
                    row.id, self._owner, "the engine is unavailable", FIRST_PAUSE
                )
