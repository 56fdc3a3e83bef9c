"""Reassigns user tasks of employees who left the role to a substitute or to the group."""

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from bpmn.camunda.client.rest import EngineError, EngineUnavailable, UserTask
from db.domain.deals.deal import Deal
from db.domain.deals.history import Actor, Cause, Change, Kind
from db.domain.errors import DealNotFound
from db.domain.people.notices import NoticeKind
from db.domain.people.roles import ADMINISTRATORS
from db.ports.store import OpenStore, Store
from workers.background.full_look import OVERLAP, FullLook
from workers.logs import bound
from workers.ports.employees import Employee, EmployeeDirectory
from workers.runtime.polling import BackOff, poll
from workers.services.notification_texts import task_assigned_to_you, task_reassigned
from workers.services.notifications import notify_people
from workers.services.process_variables import WORKER_ACTOR
from workers.services.reassignment import NewAssignee, ReassignmentRules

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""Minimum time between two reassignments of the same task."""
LONGEST_PAUSE = timedelta(minutes=5)
DEALS_AT_ONCE = 500  # in one query


class TaskEngine(Protocol):
    """Calls to `bpmn.camunda.client.rest.Engine`; each raises `EngineError`."""

    def tasks(
        self,
        *,
        assignee: str | None = None,
        business_keys: Iterable[str] = (),
        assigned: bool | None = None,
        updated_after: datetime | None = None,
    ) -> list[UserTask]: ...

    def task(self, task_id: str) -> UserTask | None: ...

    def hand_over(self, task_id: str, user: str | None, group: str) -> None: ...


@dataclass(frozen=True)
class Look:
    """State at the end of a round; the next one looks for changes since."""

    at: datetime
    members: Mapping[str, frozenset[str]]
    """Role → its members."""
    history: int
    """Id of the newest history row."""


class AssignmentWatch:
    """Checks the assignees of open tasks; a lease per task lets several processes run it at once.

    An absent employee keeps open tasks; an employee who left the role does not. A manager's task
    follows the deal to its new manager. A round looks at tasks that have changed, at tasks of
    people who left a role and of deals that got another manager, now and then at all tasks.
    """

    def __init__(
        self,
        writing: OpenStore,
        reading: OpenStore,
        engine: TaskEngine,
        people: EmployeeDirectory,
        rules: ReassignmentRules,
        pause: float = 60.0,
    ) -> None:
        """``pause``: seconds between two rounds."""
        self._writing, self._reading = writing, reading
        self._engine, self._people = engine, people
        self._rules, self._pause = rules, timedelta(seconds=pause)
        self._full, self._last = FullLook(), Look(datetime.now(UTC), {}, 0)
        self._failed: set[str] = set()

    def run(self, stopping: threading.Event, when: Callable[[], bool] = lambda: True) -> None:
        """Run rounds until ``stopping`` is set, while ``when`` returns True."""
        back_off = BackOff(self._pause * 2, LONGEST_PAUSE)
        poll(self.round, "Reassignment", stopping, idle=self._pause, back_off=back_off, when=when)

    def round(self) -> None:
        """Reassign every task whose assignee left the role.

        Safe to repeat and to run in several processes, because every reassignment holds a lease.
        Raises: EngineUnavailable, Unavailable (database or identity service).
        """
        full, seen = self._full.is_due(), self._seen()
        administrators = self._people.members(ADMINISTRATORS)
        skipped = {None, *(person.login for person in administrators)}
        found = self._engine.tasks(assigned=True) if full else self._changed(seen)
        tasks = {task.id: task for task in found if task.assignee not in skipped}
        managers = self._managers({task.deal_id for task in tasks.values() if task.deal_id})
        failed = set()
        for task in tasks.values():
            if self._rules.may_need_reassignment(task, managers):
                with bound(deal_id=task.deal_id):
                    if not self._reassign(task, administrators):
                        failed.add(task.id)
        self._last, self._failed = seen, failed
        if full:
            self._full.done()

    def _seen(self) -> Look:
        """Read what the next round compares with, before anything else is read."""
        now = datetime.now(UTC)
        with self._reading() as store:
            roles = list(store.catalog.roles)
            newest = store.history.newest()
        members = {role: frozenset(p.login for p in self._people.members(role)) for role in roles}
        return Look(now, members, newest)

    def _changed(self, seen: Look) -> list[UserTask]:
        """Return the tasks whose assignee may have become wrong since the last round."""
        last = self._last
        left = {
            login
            for role, members in last.members.items()
            for login in members - seen.members.get(role, frozenset())
        }
        with self._reading() as store:
            given_away = store.history.given_away(last.history, last.at - OVERLAP)
        tasks = self._engine.tasks(assigned=True, updated_after=last.at - OVERLAP)
        for login in sorted(left):
            tasks += self._engine.tasks(assignee=login)
        for first in range(0, len(given_away), DEALS_AT_ONCE):
            deals = given_away[first : first + DEALS_AT_ONCE]
            tasks += self._engine.tasks(assigned=True, business_keys=deals)
        again = (self._engine.task(task_id) for task_id in sorted(self._failed))
        return [*tasks, *(task for task in again if task is not None)]

    def _managers(self, deals: Collection[str]) -> Mapping[str, str]:
        """Return open deal → its manager, without managers who left the role."""
        if not deals:
            return {}
        with self._reading() as store:
            roles = {direction.managers for direction in store.catalog.directions.values()}
            managers = store.deals.managers(deals)
        working = {person.login for role in roles for person in self._people.members(role)}
        return {deal: manager for deal, manager in managers.items() if manager in working}

    def _reassign(self, task: UserTask, administrators: Sequence[Employee]) -> bool:
        """Reassign a task if it must be. Returns: False when that is to be tried again.

        The engine is asked between two transactions, so that a slow one holds no writer up.
        """
        try:
            with self._reading() as store:
                deal = store.deals.get(task.deal_id or "")
                new = self._rules.new_assignee(store, deal, task)
            if new is None or task.assignee in new.keepers:
                return True
            person = new.person.login if new.person else None
            if task.assignee == person:
                return True
            if not self._take(task):
                return False
            if not self._hand_over(task, person, new.group):
                return False
            with self._writing() as store:
                self._record(store, deal, task, new, administrators)
            log.warning("«%s» was reassigned to %s", task.name, person or new.group)
        except EngineUnavailable:
            raise
        except (EngineError, DealNotFound) as trouble:
            log.info("A task was not reassigned: %s", type(trouble).__name__)
            return isinstance(trouble, DealNotFound)
        return True

    def _take(self, task: UserTask) -> bool:
        """Take the lease of the task. Returns: False if another process has it."""
        with self._writing() as store:
            return store.leases.take(_lease(task), LEASE)

    def _hand_over(self, task: UserTask, person: str | None, group: str) -> bool:
        """Change the assignee. Returns: False if somebody else has changed it meanwhile.

        Frees the lease if the engine refuses, so that the next round tries again.
        """
        handed = False
        try:
            now = self._engine.task(task.id)
            if now is not None and now.assignee == task.assignee:
                self._engine.hand_over(task.id, person, group)
                handed = True
        finally:
            if not handed:
                with self._writing() as store:
                    store.leases.free(_lease(task))
        return handed

    def _record(
        self,
        store: Store,
        deal: Deal,
        task: UserTask,
        new: NewAssignee,
        administrators: Sequence[Employee],
    ) -> None:
        """Write history and notifications of what the engine has done."""
        person = new.person
        change = Change(Kind.ASSIGNMENT, task.key, task.assignee, person.login if person else None)
        actor = Actor(WORKER_ACTOR, Cause.WORKER, task.id)
        store.history.append(deal.id, [change], actor, deal.version)
        key = f"assigned-{task.id}:{task.assignee}"[:120]
        if person is not None:
            notify_people(
                store, [person], key, task_assigned_to_you(task.name), deal.id, NoticeKind.TASK
            )
            if new.listed_in is None:
                return  # the deal was given to another manager: no alert
        group = None if person else store.catalog.roles[new.group].name
        name = person.name if person else None
        text = task_reassigned(task.name, task.assignee or "", name, group, listed_in=new.listed_in)
        notify_people(store, administrators, f"{key}:told"[:120], text, deal.id)


def _lease(task: UserTask) -> str:
    return f"assignment-{task.id}"
