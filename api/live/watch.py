"""Looks for changes in the database and in the engine, wherever they were made.

Other API processes, workers, timers and Cockpit change deals and tasks as well, so every process
looks for itself, once for all of its streams: two statements and two requests to the engine, and
a few more when something has changed.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from api.engine.gateway import EngineGateway
from api.live.news import ANYTHING, News, Topic
from bpmn.camunda.client.records import TaskChange
from bpmn.model.task_groups import TaskGroups
from db.domain.catalog import Catalog
from db.domain.deals.deal import Deal
from db.domain.errors import Unavailable
from db.domain.people.roles import ADMINISTRATORS
from db.store.database import Database

log = logging.getLogger(__name__)

IN_FLIGHT = timedelta(seconds=20)
"""A transaction may commit this much later than it took its id or its time."""
BEHIND = 1_000
"""Ids by which a transaction in flight at the first look may be behind the newest one."""
KNOWN_TASKS = 50_000
"""Tasks whose assignee is remembered, to tell who has lost one."""


@dataclass
class NewRows:
    """Ids of rows that were not seen yet, of a table whose ids may become visible out of order."""

    _floor: int | None = None
    """Rows with this id and smaller ones were seen, or are older than the first look."""
    _seen: dict[int, datetime] = field(default_factory=dict)

    def of(
        self,
        after: Callable[[int], Iterable[tuple[int, str]]],
        newest: Callable[[], int],
        at: datetime,
    ) -> set[str]:
        """Return the subjects of new rows; the first call returns none, it records the newest id.

        ``after``: the rows with a greater id; ``newest``: the greatest id.
        """
        if self._floor is None:
            self._floor = max(0, newest() - BEHIND)
            self._seen = {number: at for number, _ in after(self._floor)}
            return set()
        fresh = {number: about for number, about in after(self._floor) if number not in self._seen}
        self._seen.update(dict.fromkeys(fresh, at))
        settled = [number for number, seen in self._seen.items() if seen < at - IN_FLIGHT]
        self._floor = max([self._floor, *settled])
        self._seen = {number: seen for number, seen in self._seen.items() if number > self._floor}
        return set(fresh.values())


class ChangeWatch:
    """Finds what has changed since the last look. Not thread-safe: one look at a time.

    The first look also finds tasks that changed just before it, so that no later one does.
    """

    def __init__(self, database: Database, gateway: EngineGateway, groups: TaskGroups) -> None:
        self._database, self._gateway, self._groups = database, gateway, groups
        self._history, self._notifications = NewRows(), NewRows()
        self._tasks = TaskChanges(datetime.now(UTC) - IN_FLIGHT)
        self._engine_answers = True

    def look(self) -> list[News]:
        """News since the last look. Raises: Unavailable (the database); nothing is lost by it."""
        at = datetime.now(UTC)
        changes, told = self._changed_tasks(at)
        with self._database.reading() as store:
            changed = self._history.of(store.history.deals_after, store.history.newest, at)
            waiting = store.notifications
            recipients = self._notifications.of(waiting.after, waiting.newest, at)
            ids = changed | {one.deal_id for one in changes if one.deal_id}
            deals = {deal.id: deal for deal in store.deals.some(ids)} if ids else {}
        if recipients:
            told.append(News(Topic.NOTIFICATIONS, logins=frozenset(recipients)))
        told += [_of_deal(self._database.catalog, deal) for deal in deals.values()]
        return [*told, *self._of_tasks(changes, deals)]

    def _changed_tasks(self, at: datetime) -> tuple[list[TaskChange], list[News]]:
        """Changes of tasks. While the engine is down they wait: the next look begins there."""
        try:
            found = self._gateway.task_changes(self._tasks.since)
        except Unavailable:
            if self._engine_answers:
                log.warning("The engine does not answer: news of tasks wait")
            self._engine_answers = False
            return [], []
        self._engine_answers = True
        if found is None:
            self._tasks.skip_to(at)
            return [], list(ANYTHING)
        return self._tasks.unseen(found, at), []

    def _of_tasks(self, changes: Iterable[TaskChange], deals: Mapping[str, Deal]) -> Iterator[News]:
        for change in changes:
            before, known = self._tasks.moved(change)
            people = frozenset(login for login in (before, change.assignee) if login)
            if known and before and change.assignee:
                yield News(Topic.TASKS, logins=people)
                continue
            groups = self._groups_of(change, deals)
            yield News(Topic.TASKS, logins=people, groups=groups, everybody=not groups)

    def _groups_of(self, change: TaskChange, deals: Mapping[str, Deal]) -> frozenset[str]:
        """Candidate groups of the task in its diagram; empty if the diagram is not known."""
        if (deal := deals.get(change.deal_id or "")) is None:
            return frozenset()
        direction = self._database.catalog.direction_of(deal)
        groups = self._groups.of(change.process_key, change.key, direction)
        return groups | {ADMINISTRATORS} if groups else groups


@dataclass
class TaskChanges:
    """Changes of tasks that were seen already, and the last assignee of each task."""

    since: datetime
    _seen: dict[tuple[str, str], datetime] = field(default_factory=dict)
    _assignees: OrderedDict[str, str | None] = field(default_factory=OrderedDict)

    def unseen(self, found: Collection[TaskChange], at: datetime) -> list[TaskChange]:
        """Changes that no look has found before; the next look begins a little earlier."""
        fresh = [one for one in found if (one.id, one.mark) not in self._seen]
        self._seen.update({(one.id, one.mark): at for one in found})
        self._seen = {key: seen for key, seen in self._seen.items() if seen > at - 2 * IN_FLIGHT}
        self.since = at - IN_FLIGHT
        return fresh

    def skip_to(self, at: datetime) -> None:
        """Begin anew after more changes than are worth telling apart."""
        self.since = at
        self._assignees.clear()

    def moved(self, change: TaskChange) -> tuple[str | None, bool]:
        """The assignee before the change, and whether it is known; remembers the new one."""
        known = change.id in self._assignees
        before = self._assignees.pop(change.id, None)
        if not change.ended:
            self._assignees[change.id] = change.assignee
            while len(self._assignees) > KNOWN_TASKS:
                self._assignees.popitem(last=False)
        return before, known


def _of_deal(catalog: Catalog, deal: Deal) -> News:
    heads = catalog.direction_of(deal).heads
    groups = frozenset({heads, ADMINISTRATORS})
    return News(Topic.DEALS, deal.id, frozenset({deal.manager}), groups)
