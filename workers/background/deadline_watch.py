"""Reminds of user tasks before their due date and tells the head of the role after it."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from bpmn.camunda.client.rest import EngineError, EngineUnavailable, UserTask
from db.domain.catalog import Catalog, Direction
from db.domain.errors import DealNotFound
from db.domain.people.absences import Absence
from db.domain.people.notices import NoticeKind
from db.ports.store import OpenStore, Store
from workers.background.full_look import OVERLAP, FullLook
from workers.business_calendar import add_working_time, working_time
from workers.logs import bound
from workers.ports.employees import Employee
from workers.ports.services import Services
from workers.runtime.polling import BackOff, poll
from workers.services.notification_texts import (
    OVERDUE_SUBJECT,
    REMINDER_SUBJECT,
    due_soon,
    free_task_due_soon,
    overdue,
    your_task_is_overdue,
)
from workers.services.notifications import notify_people
from workers.services.task_owners import TaskOwners

log = logging.getLogger(__name__)

WORKING_DAY = timedelta(hours=8)
REMINDED_AT = 3 / 4
"""Share of a task's working time after which it is reminded of, at most a working day before."""
LONGEST_PAUSE = timedelta(minutes=5)
REMINDER, OVERDUE = "reminder", "overdue"


class TaskEngine(Protocol):
    """Calls to `bpmn.camunda.client.rest.Engine`; each raises `EngineError`."""

    def tasks(
        self, *, due_before: datetime | None = None, due_after: datetime | None = None
    ) -> list[UserTask]: ...

    def candidate_groups(self, task_id: str) -> frozenset[str]: ...


@dataclass(frozen=True)
class Told:
    """Notification that was sent about a task; another assignee or due date gets a new one."""

    kind: str
    due: datetime
    assignee: str | None


@dataclass(frozen=True)
class DueTask:
    """Task that is due, with what was read of its deal."""

    task: UserTask
    deal_id: str
    kind: str
    due: str
    """Due date in words, in the time zone of the branch."""
    catalog: Catalog
    direction: Direction
    away: Mapping[str, Absence]


@dataclass(frozen=True)
class Letter:
    """Notification of some people; with ``subject`` also an e-mail."""

    people: Sequence[Employee]
    text: str
    subject: str = ""


class DeadlineWatch:
    """Compares the due dates of all open tasks with the clock, whatever their diagram is.

    A round reads the tasks that are due within a working day or became due since the last round,
    now and then all that are due before. Safe to repeat and to run in several processes, because a
    notification is unique per task, kind and person.
    """

    def __init__(
        self,
        writing: OpenStore,
        reading: OpenStore,
        engine: TaskEngine,
        owners: TaskOwners,
        services: Callable[[Store], Services],
        pause: float = 60.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """``pause``: seconds between two rounds."""
        self._writing, self._reading = writing, reading
        self._engine, self._owners = engine, owners
        self._services, self._pause = services, timedelta(seconds=pause)
        self._clock, self._full, self._last = clock, FullLook(), clock()
        self._remind_at: dict[str, tuple[datetime, datetime]] = {}
        self._told: dict[str, Told] = {}

    def run(self, stopping: threading.Event, when: Callable[[], bool] = lambda: True) -> None:
        """Run rounds until ``stopping`` is set, while ``when`` returns True."""
        back_off = BackOff(self._pause * 2, LONGEST_PAUSE)
        poll(self.round, "Due dates", stopping, idle=self._pause, back_off=back_off, when=when)

    def round(self) -> None:
        """Remind and escalate once. Raises: EngineUnavailable, Unavailable."""
        now, full = self._clock(), self._full.is_due()
        with self._reading() as store:
            horizon = self._services(store).deadlines.latest(now, WORKING_DAY)
        since = None if full else self._last - OVERLAP
        tasks = self._engine.tasks(due_before=horizon, due_after=since)
        done = [self._look_at(task, task.due, now) for task in tasks if task.deal_id and task.due]
        self._remind_at = {t.id: self._remind_at[t.id] for t in tasks if t.id in self._remind_at}
        if not all(done):
            return  # the next round reads the same tasks again
        self._last = now
        if full:
            open_now = {task.id for task in tasks}
            self._told = {key: told for key, told in self._told.items() if key in open_now}
            self._full.done()

    def _look_at(self, task: UserTask, due: datetime, now: datetime) -> bool:
        """Tell what is to be told of a task. Returns: False when that is to be tried again.

        The engine is asked between two transactions, so that a slow one holds no writer up.
        """
        told = Told(OVERDUE if due <= now else REMINDER, due, task.assignee)
        if self._told.get(task.id) == told:
            return True
        known = self._remind_at.get(task.id)
        if told.kind == REMINDER and known and known[0] == due and now < known[1]:
            return True
        try:
            with bound(deal_id=task.deal_id):
                if (late := self._read(task, told, now)) is not None:
                    groups = self._engine.candidate_groups(task.id)
                    self._send(late, self._letters(late, groups))
                    self._told[task.id] = told
        except EngineUnavailable:
            raise
        except (EngineError, DealNotFound) as trouble:  # the task or its deal has just gone
            log.info("A due date was not looked at: %s", type(trouble).__name__)
            return isinstance(trouble, DealNotFound)
        return True

    def _read(self, task: UserTask, told: Told, now: datetime) -> DueTask | None:
        """Read what the letters need; None while it is not time for them."""
        with self._reading() as store:
            deal, deadlines = store.deals.get(task.deal_id or ""), self._services(store).deadlines
            zone = deadlines.zone_of(store, deal)
            if not self._is_time(task, told, zone, now):
                return None
            absences = store.absences.on(deadlines.day_at(store, deal, now))
            return DueTask(
                task=task,
                deal_id=deal.id,
                kind=told.kind,
                due=f"{told.due.astimezone(zone):%d.%m.%Y в %H:%M}",
                catalog=store.catalog,
                direction=store.catalog.direction_of(deal),
                away={absence.person: absence for absence in absences},
            )

    def _is_time(self, task: UserTask, told: Told, zone: ZoneInfo, now: datetime) -> bool:
        if told.kind == OVERDUE:
            return True
        whole = working_time(task.created, told.due, zone)
        before = max(whole * REMINDED_AT, whole - WORKING_DAY)
        remind_at = add_working_time(task.created, before, zone)
        self._remind_at[task.id] = (told.due, remind_at)
        return remind_at <= now

    def _send(self, late: DueTask, letters: Sequence[Letter]) -> None:
        """Store the notifications. Safe to repeat: once per task, kind and person."""
        key = f"due-{late.task.id}:{late.kind}"
        kind = NoticeKind.DUE if late.kind == REMINDER else NoticeKind.OVERDUE
        with self._writing() as store:
            for one in letters:
                people, subject = one.people, one.subject
                notify_people(store, people, key, one.text, late.deal_id, kind, subject=subject)

    def _letters(self, late: DueTask, groups: frozenset[str]) -> list[Letter]:
        """Recipients and texts for a due task. Raises: Unavailable (identity service)."""
        letters = self._reminders if late.kind == REMINDER else self._alerts
        return letters(late, groups)

    def _reminders(self, late: DueTask, groups: frozenset[str]) -> list[Letter]:
        """Remind the assignee and who stands in; without either on duty, the heads."""
        task, away, due = late.task, late.away, late.due
        if task.assignee is None:
            members = {p.login for group in groups for p in self._owners.people.members(group)}
            free = list(self._owners.on_duty(sorted(members), away).values())
            return [Letter(free, free_task_due_soon(task.name, due))]
        assignee, subject = self._name_of(task.assignee), REMINDER_SUBJECT.format(task=task.name)
        letters = [Letter([assignee], due_soon(task.name, due, None), subject)]
        if task.assignee in away:
            present = list(self._owners.on_duty([task.assignee], away).values())
            others = present or self._heads(late, groups)
            letters.append(Letter(others, due_soon(task.name, due, assignee.name), subject))
        return letters

    def _alerts(self, late: DueTask, groups: frozenset[str]) -> list[Letter]:
        """Tell the heads of the role, and the assignee that they know."""
        task, catalog = late.task, late.catalog
        assignee = self._name_of(task.assignee) if task.assignee else None
        role = self._owners.responsibility(catalog, late.direction, task, groups).role
        name = assignee.name if assignee else None
        text = overdue(task.name, late.due, name, catalog.roles[role].name)
        heads = self._heads(late, groups)
        log.warning("A task is overdue; %d heads are told", len(heads))
        letters = [Letter(heads, text, OVERDUE_SUBJECT.format(task=task.name))]
        if assignee is not None:
            letters.append(Letter([assignee], your_task_is_overdue(task.name, late.due)))
        return letters

    def _heads(self, late: DueTask, groups: frozenset[str]) -> list[Employee]:
        owners, task, catalog = self._owners, late.task, late.catalog
        head = owners.responsibility(catalog, late.direction, task, groups).head
        return owners.heads(catalog, head, late.away, task.assignee)

    def _name_of(self, login: str) -> Employee:
        return self._owners.people.person(login) or Employee(login, login)
