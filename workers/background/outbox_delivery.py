"""Delivery of one outbox row to the engine.

A start is preceded by a search for a running instance, unless nobody can have tried it before. A
stage message wakes the waiting task to read the deal, so a message that no execution waits for is
either obsolete (the process knows a later move) or early (retried). A process that knows the move
but waits in an activity that does not fit the deal's stage is woken as well.

The end of an order of parts concerns another deal, the repair, in a transaction of its own.
"""

import logging
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
from db.domain.deals.entities import OutboxKind, OutboxRow
from db.domain.errors import Unavailable
from db.ports.store import OpenStore
from workers.services.repairs import end_of_parts

log = logging.getLogger(__name__)

FRESH = timedelta(seconds=30)
"""Age of a start that is delivered without a search, if it is the row's first attempt. An older
row may be from a restored backup, whose engine knows the process."""


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


class OutboxDelivery:
    """Delivers single rows: at least once, and what came twice has one effect."""

    def __init__(self, open_store: OpenStore, engine: ProcessEngine) -> None:
        self._open, self._engine = open_store, engine

    def deliver(self, row: OutboxRow) -> Delivered | Postponed:
        """Deliver a row; a refusal or conflict postpones it. Raises: Unavailable (database)."""
        try:
            if row.kind is OutboxKind.START:
                return self._start(row)
            if row.kind is OutboxKind.PARTS:
                with self._open() as store:
                    return Delivered(end_of_parts(store, row.deal_id, datetime.now(UTC)))
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
        if not _is_first_attempt(row):
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


def _is_first_attempt(row: OutboxRow) -> bool:
    """Whether nobody can have started the process of this row before.

    The attempt is counted by the lease, in a transaction that was committed before the delivery;
    so an attempt that crashed, or whose lease has expired, is known to the next one. Should two
    instances start all the same, `register-process` ends the second.
    """
    return row.attempts == 1 and datetime.now(UTC) - row.created_at < FRESH
