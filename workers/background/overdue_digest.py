"""Sends heads one letter per working morning about the overdue tasks of their people."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from bpmn.camunda.client.rest import UserTask
from db.domain.deals.deal import Deal
from db.domain.people.notices import NoticeKind
from db.ports.store import OpenStore, Store
from workers.background.mail_sender import link_to_deal
from workers.business_calendar import Deadlines, is_working_day
from workers.ports.employees import Employee
from workers.runtime.polling import BackOff, poll
from workers.services.notification_texts import (
    DIGEST_LINES,
    DigestLine,
    digest_letter,
    digest_notice,
)
from workers.services.notifications import notify_people
from workers.services.task_owners import TaskOwners

log = logging.getLogger(__name__)

MORNING = (time(8), time(12))
"""A process that was down all morning sends nothing: the next morning's letter has it all."""
PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=10)
AT_ONCE = 500  # deals


class OverdueTasks(Protocol):
    """Call to `bpmn.camunda.client.rest.Engine`; raises `EngineError`."""

    def tasks(self, *, due_before: datetime | None = None) -> list[UserTask]: ...


@dataclass
class _Letter:
    """Overdue tasks that one head is told of."""

    head: Employee
    tasks: list[tuple[UserTask, Deal]] = field(default_factory=list)


class OverdueDigest:
    """Looks every minute whether a morning's letters are due.

    Safe to repeat and to run in several processes, because a letter is unique per day and head: one
    that was interrupted between two heads goes on with the others.
    """

    def __init__(
        self,
        open_store: OpenStore,
        engine: OverdueTasks,
        owners: TaskOwners,
        deadlines: Deadlines,
        public_url: str | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """``deadlines.zone``: where the company's morning is; ``public_url``: base of the links."""
        self._open, self._engine, self._owners = open_store, engine, owners
        self._deadlines, self._public_url, self._clock = deadlines, public_url, clock
        self._sent: date | None = None

    def run(self, stopping: threading.Event, when: Callable[[], bool] = lambda: True) -> None:
        """Run rounds until ``stopping`` is set, while ``when`` returns True."""
        back_off = BackOff(PAUSE * 2, LONGEST_PAUSE)
        poll(self.round, "Digest", stopping, idle=PAUSE, back_off=back_off, when=when)

    def round(self) -> None:
        """Send the letters of this morning once. Raises: EngineUnavailable, Unavailable."""
        now = self._clock()
        local = now.astimezone(self._deadlines.zone)
        day = local.date()
        if day == self._sent or not is_working_day(day):
            return
        if not MORNING[0] <= local.time() < MORNING[1]:
            return
        late = [task for task in self._engine.tasks(due_before=now) if task.deal_id and task.due]
        letters = self._letters(sorted(late, key=lambda task: task.due or now), day)
        for letter in letters:
            self._send(letter, day)
        self._sent = day
        if letters:
            log.info("The overdue tasks of the morning are told to %d heads", len(letters))

    def _send(self, letter: _Letter, day: date) -> None:
        count = len(letter.tasks)
        subject, text = digest_notice(count, day)
        with self._open() as store:
            lines = [self._line(store, *late) for late in letter.tasks[:DIGEST_LINES]]
            notify_people(
                store,
                [letter.head],
                f"digest-{day}",
                text,
                None,
                NoticeKind.DIGEST,
                subject=subject,
                letter=digest_letter(lines, count, day),
            )

    def _letters(self, late: Sequence[UserTask], day: date) -> list[_Letter]:
        """One letter for each head who has overdue tasks, in the order of ``late``."""
        with self._open() as store:
            catalog = store.catalog
            away = {absence.person: absence for absence in store.absences.on(day)}
            told = list(_with_deals(store, late))
        letters: dict[str, _Letter] = {}
        heads: dict[tuple[str, str | None], list[Employee]] = {}
        for task, deal in told:
            # By the diagram alone: a request to the engine for each task would be too many.
            direction = catalog.direction_of(deal)
            head = self._owners.responsibility(catalog, direction, task, ()).head
            asked = (head, task.assignee)
            if asked not in heads:
                heads[asked] = self._owners.heads(catalog, head, away, task.assignee)
            for one in heads[asked]:
                letters.setdefault(one.login, _Letter(one)).tasks.append((task, deal))
        return list(letters.values())

    def _line(self, store: Store, task: UserTask, deal: Deal) -> DigestLine:
        assert task.due is not None
        due = task.due.astimezone(self._deadlines.zone_of(store, deal))
        person = self._owners.people.person(task.assignee) if task.assignee else None
        link = link_to_deal(self._public_url, deal.id) if self._public_url else ""
        return DigestLine(
            task=task.name,
            deal=deal.title,
            due=f"{due:%d.%m.%Y %H:%M}",
            assignee=person.name if person else task.assignee,
            link=link,
        )


def _with_deals(store: Store, tasks: Sequence[UserTask]) -> Iterator[tuple[UserTask, Deal]]:
    """Yield the tasks of open deals with their deals."""
    for start in range(0, len(tasks), AT_ONCE):
        some = tasks[start : start + AT_ONCE]
        found = store.deals.some({task.deal_id for task in some if task.deal_id})
        deals = {deal.id: deal for deal in found if deal.is_open}
        yield from ((task, deals[task.deal_id]) for task in some if task.deal_id in deals)
