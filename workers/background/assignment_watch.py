"""No task waits for somebody who left: it passes to a substitute, or to the group."""

import logging
import random
import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from bpmn.camunda.client.rest import EngineError, EngineUnavailable, TaskRef
from db.domain.deal import Deal
from db.domain.errors import DealNotFound, Unavailable
from db.domain.history import Actor, Cause, Change, Kind
from db.ports.store import OpenStore, Store
from workers.logs import bound
from workers.ports.employees import Employee, EmployeeDirectory
from workers.services.notification_texts import task_assigned_to_you, task_reassigned
from workers.services.notifications import ADMINISTRATORS, notify_people
from workers.services.process_variables import WORKER_ACTOR
from workers.services.reassignment import Heir, Heirs

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""Between two looks at the same task."""
LONGEST_PAUSE_SECONDS = 300.0


class WatchedEngine(Protocol):
    """What the watch needs of `bpmn.camunda.client.rest.Engine`; calls raise `EngineError`."""

    def tasks(self) -> list[TaskRef]: ...

    def task(self, task_id: str) -> TaskRef | None: ...

    def hand_over(self, task_id: str, user: str | None, group: str) -> None: ...


class AssignmentWatch:
    """Looks every ``pause`` seconds; several worker processes share the work by leases.

    A person who is only away keeps what is open (R11); who no longer works in the role does not
    (R12). A manager's task follows the deal to its new manager, wherever the process stands.
    """

    def __init__(
        self,
        open_store: OpenStore,
        engine: WatchedEngine,
        people: EmployeeDirectory,
        heirs: Heirs,
        pause: float = 60.0,
    ) -> None:
        self._open, self._engine, self._people = open_store, engine, people
        self._heirs, self._pause = heirs, pause

    def run(self, stopping: threading.Event) -> None:
        """Watch until told to stop. A silent engine is asked less and less, and logged once."""
        silent = 0
        while not stopping.wait(self._wait(silent)):
            try:
                self.round()
                silent = 0
            except (EngineUnavailable, Unavailable) as trouble:
                silent += 1
                if silent == 1:
                    log.warning("Assignments are not watched now: %s", type(trouble).__name__)
            except Exception:
                silent += 1
                log.exception("Assignments are not watched because of a bug")

    def _wait(self, silent: int) -> float:
        pause = min(LONGEST_PAUSE_SECONDS, self._pause * (1 << min(silent, 10)))
        return pause * random.uniform(0.8, 1.0)

    def round(self) -> None:
        """Pass on what waits for people who left. Safe to repeat, and by several at once.

        Raises: EngineUnavailable, Unavailable (no database, nobody tells who works here).
        """
        administrators = self._people.members(ADMINISTRATORS)
        left_alone = {None, *(person.login for person in administrators)}
        tasks = [task for task in self._engine.tasks() if task.assignee not in left_alone]
        managers = self._managers() if tasks else {}
        for task in tasks:
            if self._heirs.may_have_left(task, managers):
                with bound(deal_id=task.deal_id):
                    self._pass_on(task, administrators)

    def _managers(self) -> Mapping[str, str]:
        """Open deal → its manager, if that person works as one."""
        with self._open() as store:
            roles = {direction.managers for direction in store.catalog.directions.values()}
            led = store.deals.managers()
        working = {person.login for role in roles for person in self._people.members(role)}
        return {deal: manager for deal, manager in led.items() if manager in working}

    def _pass_on(self, task: TaskRef, administrators: Sequence[Employee]) -> None:
        try:
            with self._open() as store:
                deal = store.deals.get(task.deal_id or "")
                heir = self._heirs.of(store, deal, task)
                if heir is None or task.assignee in heir.keepers:
                    return
                person = heir.person.login if heir.person else None
                if task.assignee == person or not self._is_ours(store, task):
                    return
                self._remember(store, deal, task, heir, administrators)
                self._engine.hand_over(task.id, person, heir.group)
            log.warning("«%s» passed on: %s", task.name, person or heir.group)
        except EngineUnavailable:
            raise
        except (EngineError, DealNotFound) as trouble:
            log.info("A task was not passed on this time: %s", type(trouble).__name__)

    def _is_ours(self, store: Store, task: TaskRef) -> bool:
        """The lease is this watch's, and nobody changed the task since the round began."""
        if not store.leases.take(f"assignment-{task.id}", LEASE):
            return False
        now = self._engine.task(task.id)
        return now is not None and now.assignee == task.assignee

    def _remember(
        self,
        store: Store,
        deal: Deal,
        task: TaskRef,
        heir: Heir,
        administrators: Sequence[Employee],
    ) -> None:
        """In the transaction of the lease; what the engine then refuses is not remembered."""
        person = heir.person
        change = Change(Kind.ASSIGNMENT, task.key, task.assignee, person.login if person else None)
        actor = Actor(WORKER_ACTOR, Cause.WORKER, task.id)
        store.history.append(deal.id, [change], actor, deal.version)
        key = f"assigned-{task.id}:{task.assignee}"[:120]
        if person is not None:
            notify_people(store, [person], key, task_assigned_to_you(task.name), deal.id)
            if not heir.listed:
                return  # a deal given to another manager is no alarm
        group = None if person else store.catalog.roles[heir.group].name
        name = person.name if person else None
        text = task_reassigned(task.name, task.assignee or "", name, group, listed=heir.listed)
        notify_people(store, administrators, f"{key}:told"[:120], text, deal.id)
