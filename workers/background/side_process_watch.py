"""Starts the side processes that the database wants, and wakes those whose data has changed."""

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol

from bpmn.lint.worker_contracts import (
    SIDE_KEY,
    SIDE_PROCESSES,
    SIDE_VERSION,
    START_VARIABLES,
    UPDATE_MESSAGES,
)
from db.domain.deals.side_processes import SideProcess
from db.domain.people.roles import ADMINISTRATORS
from db.ports.store import OpenStore, Store
from workers.background.full_look import OVERLAP, FullLook
from workers.background.process_reconciler import ProcessEngine, ProcessReconciler
from workers.ports.employees import EmployeeDirectory
from workers.services.notification_texts import side_process_refused
from workers.services.notifications import notify_people

log = logging.getLogger(__name__)

ALERT_AFTER = timedelta(minutes=5)
"""Age of a side process that the engine still refuses, after which administrators are alerted."""


class SideProcessEngine(ProcessEngine, Protocol):
    """Calls to `bpmn.camunda.client.rest.Engine`; each raises `EngineError`."""

    def ended_instances(self, processes: Collection[str], since: datetime) -> list[str]: ...


class SideProcessWatch(ProcessReconciler[SideProcess]):
    """Reconciles rows of ``side_processes`` with running instances.

    A row also holds the version that its instance must know; once that is seen, the row is settled.
    A surplus instance ends itself at `register-side-process`. A round looks at unsettled rows and
    at rows whose instance has ended since the last round, now and then at all open rows.
    """

    name, lease_prefix, key_variable = "Side processes", "side", SIDE_KEY

    def __init__(
        self,
        open_store: OpenStore,
        engine: SideProcessEngine,
        people: EmployeeDirectory,
        pause: float = 10.0,
    ) -> None:
        super().__init__(open_store, engine, people, pause)
        self._ended_instances = engine.ended_instances
        self._full, self._looked_at = FullLook(), datetime.now(UTC)

    def round(self) -> None:
        """Start missing processes, wake outdated ones.

        The rows are read before the engine: one that is closed meanwhile cannot look lost.
        """
        now, full = datetime.now(UTC), self._full.is_due()
        with self._open() as store:
            unsettled = store.side_processes.unsettled()
            sides = store.side_processes.running() if full else unsettled
        if not full:
            sides = [*sides, *self._lost_since(self._looked_at - OVERLAP, sides)]
        if sides:
            self._reconcile(sides, {side.key for side in unsettled}, full=full)
        self._looked_at = now
        if full:
            self._full.done()

    def _lost_since(self, since: datetime, known: Sequence[SideProcess]) -> list[SideProcess]:
        """Return open rows whose instance has ended, for instance because it was canceled."""
        ended = self._ended_instances(SIDE_PROCESSES, since)
        if not ended:
            return []
        with self._open() as store:
            lost = store.side_processes.of_instances(ended)
        keys = {side.key for side in known}
        return [side for side in lost if side.key not in keys]

    def _reconcile(
        self, sides: Sequence[SideProcess], unsettled: Collection[str], *, full: bool
    ) -> None:
        instances = self._instances(sides, full=full)
        running: dict[str, list[str]] = defaultdict(list)
        for instance, key in self._engine.variable_values(SIDE_KEY, instances).items():
            running[str(key)].append(instance)
        known = self._engine.variable_values(SIDE_VERSION, instances)
        for side in sides:
            if not _runs(side, running[side.key]):
                act = partial(self._start, side)
            elif side.instance_id and known.get(side.instance_id, 0) < side.version:
                act = partial(self._wake, side)
            elif side.instance_id and side.key in unsettled:
                act = partial(self._settle, side)
            else:
                continue
            if not self._isolated(side.deal_id, act):
                self._alert(side)

    def _instances(self, sides: Sequence[SideProcess], *, full: bool) -> list[str]:
        """Return ids of instances that may belong to the rows, ended ones included."""
        if full:
            processes = sorted({side.process for side in sides})
            return [one for process in processes for one in self._engine.instances_of(process)]
        registered = [side.instance_id for side in sides if side.instance_id]
        new = sorted({(side.process, side.deal_id) for side in sides if not side.instance_id})
        return [*registered, *(one for each in new for one in self._engine.instances_of(*each))]

    def _settle(self, side: SideProcess) -> None:
        with self._open() as store:
            store.side_processes.settle(side)

    def _variables(self, store: Store, wanted: SideProcess) -> Mapping[str, Any]:
        known = {**wanted.variables, SIDE_KEY: wanted.key, SIDE_VERSION: wanted.version}
        return {name: known.get(name) for name in START_VARIABLES.get(wanted.process, known)}

    def _is_running(self, wanted: SideProcess) -> bool:
        if wanted.instance_id is not None:
            return bool(self._engine.business_keys([wanted.instance_id]))
        return super()._is_running(wanted)

    def _still_wanted(self, wanted: SideProcess) -> bool:
        """Return whether the row is unchanged since the round began; releases a lost instance."""
        with self._open() as store:
            if store.side_processes.find(wanted.key) != wanted:
                return False
            if wanted.instance_id is not None:
                store.side_processes.release(wanted.key, wanted.instance_id)
        return True

    def _wake(self, side: SideProcess) -> None:
        """Send the message of a newer version; a busy process is woken in a later round."""
        message = UPDATE_MESSAGES.get(side.process)
        if message and self._correlate(message, side.deal_id, instance_id=side.instance_id):
            log.info("«%s» was woken for version %d", side.key, side.version)

    def _alert(self, side: SideProcess) -> None:
        """Alert the administrators once per opening of the row."""
        if datetime.now(UTC) - side.opened_at < ALERT_AFTER:
            return
        administrators = self._people.last_known(ADMINISTRATORS)
        with self._open() as store:
            deal = store.deals.get(side.deal_id)
            text = side_process_refused(deal.title, side.process)
            key = f"side-{side.opened_at:%Y%m%d%H%M%S}-{side.key}"[:120]
            notify_people(store, administrators, key, text, deal.id)


def _runs(side: SideProcess, instances: list[str]) -> bool:
    """Return whether the registered instance runs, or one that has not registered yet."""
    return side.instance_id in instances if side.instance_id else bool(instances)
