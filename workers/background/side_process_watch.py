"""What should run beside the deals does run: side processes are started, and told of changes."""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol

from bpmn.camunda.client.rest import EngineError, EngineRefused, EngineUnavailable
from bpmn.lint.worker_contracts import SIDE_KEY, SIDE_VERSION, STARTED_WITH, WOKEN_BY
from db.domain.side_processes import SideProcess
from db.ports.store import OpenStore
from workers.background.polling import keep_looking
from workers.logs import bound
from workers.ports.employees import EmployeeDirectory
from workers.services.notification_texts import side_process_refused
from workers.services.notifications import ADMINISTRATORS, notify_people

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""Longer than a start whose answer was lost may take to be seen in the engine."""
LATE = timedelta(minutes=5)
"""A process that the engine refuses for so long is an alert to the administrators."""


class SideEngine(Protocol):
    """What the watch needs of `bpmn.camunda.client.rest.Engine`; calls raise `EngineError`."""

    def values_of(self, variable: str) -> dict[str, Any]: ...

    def business_keys(self, instance_ids: list[str]) -> dict[str, str]: ...

    def start(self, process: str, business_key: str, variables: Mapping[str, Any]) -> str: ...

    def correlate(
        self, message: str, business_key: str, *, instance_id: str | None = None
    ) -> None: ...


class SideWatch:
    """Looks every ``pause`` seconds; several worker processes share the work by leases.

    A row says what must run and which version of it an instance must know. Whatever was lost on
    the way, a start, its answer, a message, an instance cancelled in Cockpit, shows as a
    difference and is mended. An instance too many ends itself at `register-side-process`.
    """

    def __init__(
        self,
        open_store: OpenStore,
        engine: SideEngine,
        people: EmployeeDirectory,
        pause: float = 10.0,
    ) -> None:
        self._open, self._engine, self._people = open_store, engine, people
        self._pause = pause

    def run(self, stopping: threading.Event) -> None:
        """Watch until told to stop."""
        keep_looking(self.round, "Side processes", self._pause, stopping)

    def round(self) -> None:
        """Start what is missing, tell what has changed. Safe to repeat, and by several at once.

        The rows are read first: one that is closed before its instance ends cannot look lost.
        Raises: EngineUnavailable, Unavailable (no database).
        """
        with self._open() as store:
            wanted = store.side_processes.running()
        if not wanted:
            return
        running: dict[str, list[str]] = defaultdict(list)
        for instance, key in self._engine.values_of(SIDE_KEY).items():
            running[str(key)].append(instance)
        known = self._engine.values_of(SIDE_VERSION)
        for side in wanted:
            if not _runs(side, running[side.key]):
                self._attempt(side, partial(self._start, side))
            elif side.instance_id and known.get(side.instance_id, 0) < side.version:
                self._attempt(side, partial(self._tell, side, side.instance_id))

    def _attempt(self, side: SideProcess, act: Callable[[], None]) -> None:
        """A process that the engine refuses must not hide the others."""
        with bound(deal_id=side.deal_id):
            try:
                act()
            except EngineUnavailable:
                raise
            except EngineError as trouble:
                log.error("«%s» is tried again: %s", side.key, type(trouble).__name__)
                self._alert(side)

    def _start(self, side: SideProcess) -> None:
        lease = f"side-{side.key}"
        with self._open() as store:
            if not store.leases.take(lease, LEASE):
                return
        runs = self._is_there(side)
        with self._open() as store:
            if runs or store.side_processes.find(side.key) != side:
                store.leases.free(lease)  # it changed since we looked: look again soon
                return
            if side.instance_id is not None:
                store.side_processes.release(side.key, side.instance_id)
        known = {**side.variables, SIDE_KEY: side.key, SIDE_VERSION: side.version}
        wanted = STARTED_WITH.get(side.process, known)
        variables = {name: known.get(name) for name in wanted}
        instance = self._engine.start(side.process, side.deal_id, variables)
        log.info("«%s» runs as %s", side.key, instance)

    def _is_there(self, side: SideProcess) -> bool:
        """The second look, past the pages of a list that moved while it was read."""
        if side.instance_id is not None:
            return bool(self._engine.business_keys([side.instance_id]))
        return side.key in self._engine.values_of(SIDE_KEY).values()

    def _tell(self, side: SideProcess, instance: str) -> None:
        message = WOKEN_BY.get(side.process)
        if message is None:
            return
        try:
            self._engine.correlate(message, side.deal_id, instance_id=instance)
        except EngineRefused as refusal:
            if refusal.status != 400:
                raise
            return  # it does not wait now; if it goes on knowing less, it is told at the next look
        log.info("«%s» was told of version %d", side.key, side.version)

    def _alert(self, side: SideProcess) -> None:
        """Once per time that the row was opened, however long it goes on."""
        if datetime.now(UTC) - side.opened_at < LATE:
            return
        administrators = self._people.last_known(ADMINISTRATORS)
        with self._open() as store:
            deal = store.deals.get(side.deal_id)
            text = side_process_refused(deal.title, side.process)
            key = f"side-{side.opened_at:%Y%m%d%H%M%S}-{side.key}"[:120]
            notify_people(store, administrators, key, text, deal.id)


def _runs(side: SideProcess, instances: list[str]) -> bool:
    """The registered instance, or one that is still to register."""
    return side.instance_id in instances if side.instance_id else bool(instances)
