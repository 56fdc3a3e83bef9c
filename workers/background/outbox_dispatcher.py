"""Delivers the outbox: what the engine must hear of, at least once, in order per deal.

Starts look for a running instance first. Stage messages only wake the waiting task, so one that
nobody waits for is either overtaken (the process knows a later move) or too early (tried again). A
process that knows the move but waits where the deal's stage does not fit is woken all the same.
"""

import logging
import random
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
    InstanceRef,
    Wait,
)
from bpmn.camunda.next_steps import misplaced
from bpmn.lint.worker_contracts import MOVE_VERSION, NEXT_MOVE, STAGE_MOVED
from db.domain.entities import OutboxKind, OutboxRow
from db.domain.errors import Unavailable
from db.ports.store import OpenStore
from workers.logs import bound
from workers.ports.employees import EmployeeDirectory
from workers.services.notification_texts import outbox_stuck
from workers.services.notifications import ADMINISTRATORS, notify_people

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=45)
"""Longer than a row usually takes; one delivered twice after it does no harm."""
BATCH = 10
BATCH_SECONDS = 20.0
"""After so long the rest of a batch is left to the end of its lease."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=0.2), timedelta(seconds=30)
LONGEST_SILENCE = timedelta(seconds=10)
"""Between two questions whether the engine is back: people wait for what is in the outbox."""
IDLE_SECONDS = 0.5
LATE = timedelta(minutes=5)
"""A row older than this is an alert to the administrators; it is tried on all the same."""


class ProcessEngine(Protocol):
    """What the dispatcher needs of `bpmn.camunda.client.rest.Engine`; calls raise `EngineError`."""

    def start(
        self, process: str, business_key: str, variables: dict[str, Any] | None = None
    ) -> str: ...

    def root_instances(self, business_key: str) -> list[InstanceRef]: ...

    def instance_variables(self, instance_id: str) -> dict[str, Any]: ...

    def waits(self, instance_id: str) -> list[Wait]: ...

    def correlate(
        self,
        message: str,
        business_key: str,
        local_keys: dict[str, Any] | None = None,
        variables: dict[str, Any] | None = None,
    ) -> None: ...


@dataclass(frozen=True)
class Delivered:
    """The engine knows; ``how`` it came to know."""

    how: str


@dataclass(frozen=True)
class Postponed:
    """Not yet; ``silent`` when the engine did not answer at all."""

    why: str
    silent: bool = False


class Dispatcher:
    """One per worker process; several share the outbox by leases."""

    def __init__(
        self, owner: str, open_store: OpenStore, engine: ProcessEngine, people: EmployeeDirectory
    ) -> None:
        self._owner, self._open = owner, open_store
        self._engine, self._people = engine, people

    def run(self, stopping: threading.Event) -> None:
        """Deliver until told to stop; whatever happens, the loop goes on."""
        troubles = 0
        while not stopping.is_set():
            try:
                delivered, silent = self.round()
                troubles = troubles + 1 if silent else 0
            except Unavailable as trouble:
                troubles, delivered = troubles + 1, 0
                log.warning("The outbox cannot be read: %s", trouble)
            except Exception:
                troubles, delivered = troubles + 1, 0
                log.exception("The outbox waits because of a bug")
            if troubles:
                pause = min(LONGEST_SILENCE, FIRST_PAUSE * (1 << min(troubles, 10)))
                stopping.wait(pause.total_seconds() * random.uniform(0.5, 1.0))
            elif not delivered:
                stopping.wait(IDLE_SECONDS)

    def round(self) -> tuple[int, bool]:
        """One batch. Returns: rows delivered, and whether the engine was silent.

        Raises: Unavailable (no database).
        """
        began = time.monotonic()
        with self._open() as store:
            rows = store.outbox.lease(self._owner, LEASE, BATCH)
        delivered = 0
        for row in rows:
            if time.monotonic() - began > BATCH_SECONDS:
                break
            with bound(deal_id=row.deal_id):
                answer = self._deliver(row)
                self._note(row, answer)
            if isinstance(answer, Delivered):
                delivered += 1
            elif answer.silent:
                self._give_back(rows, row)
                return delivered, True
        return delivered, False

    def _deliver(self, row: OutboxRow) -> Delivered | Postponed:
        """Ask the engine and look; every refusal or conflict is looked at again later."""
        try:
            if row.kind is OutboxKind.START:
                return self._start(row)
            return self._message(row)
        except EngineUnavailable as trouble:
            return Postponed(f"EngineUnavailable {trouble.status}", silent=trouble.status is None)
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
            return self._overtaken(row, version)
        return Delivered("correlated")

    def _overtaken(self, row: OutboxRow, version: int | None) -> Delivered | Postponed:
        """Nobody waits for the message: too late, or not yet?"""
        running = self._engine.root_instances(row.deal_id)
        if not running:
            return Delivered("the instance has ended")
        if version is not None:
            known = self._engine.instance_variables(running[0].id).get(NEXT_MOVE)
            if isinstance(known, int) and known > version:
                return self._known(row.deal_id, running[0].id, known)
        return Postponed("nobody waits for the message yet")

    def _known(self, deal_id: str, instance: str, next_move: int) -> Delivered | Postponed:
        """The process has read of a later move; if it did not go where the deal is now, the task
        that it waits in is woken to read once more."""
        with self._open() as store:
            deal = store.deals.get(deal_id)
            stage = store.catalog.directions[deal.direction].stage(deal.stage)
        if not deal.is_open or not misplaced(stage, self._engine.waits(instance)):
            return Delivered("the process knows a later move")
        try:
            self._engine.correlate(STAGE_MOVED, deal_id, {MOVE_VERSION: next_move}, {})
        except EngineRefused as refusal:
            if refusal.status != 400:
                raise
            return Postponed("the process waits where the deal's stage does not fit")
        return Delivered("the process was woken to look again where the deal is")

    def _note(self, row: OutboxRow, answer: Delivered | Postponed) -> None:
        if isinstance(answer, Delivered):
            with self._open() as store:
                mine = store.outbox.delivered(row.id, self._owner)
            log.info("Outbox row %d: %s%s", row.id, answer.how, "" if mine else ", not by us")
            return
        growing = min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(row.attempts, 10)))
        pause = FIRST_PAUSE if answer.silent else growing  # then the whole outbox waits anyway
        with self._open() as store:
            again = pause * random.uniform(0.5, 1.0)
            store.outbox.postponed(row.id, self._owner, answer.why, again)
        log.warning("Outbox row %d is tried again: %s", row.id, answer.why)
        self._alert(row)

    def _alert(self, row: OutboxRow) -> None:
        age = datetime.now(UTC) - row.created_at
        if age < LATE or row.alerted_at is not None:
            return
        administrators = self._people.last_known(ADMINISTRATORS)
        with self._open() as store:
            deal = store.deals.get(row.deal_id)
            text = outbox_stuck(deal.title, int(age / timedelta(minutes=1)))
            notify_people(store, administrators, f"outbox-{row.id}", text, row.deal_id)
            store.outbox.alerted(row.id)
        log.error("Outbox row %d waits for %d s; administrators are told", row.id, age.seconds)

    def _give_back(self, rows: Sequence[OutboxRow], stopped_at: OutboxRow) -> None:
        """The rest of the batch need not wait for the end of its lease."""
        with self._open() as store:
            for row in rows[rows.index(stopped_at) + 1 :]:
                store.outbox.postponed(row.id, self._owner, "the engine is silent", FIRST_PAUSE)
