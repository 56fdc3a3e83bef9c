"""Whether a person may still finish a task that is theirs: roles change while tasks are open.

The engine gives whoever has a task a right of their own on it, and keeps it when the person is put
out of the group through which the task came.
"""

from collections.abc import Collection
from dataclasses import dataclass

from api.rights import ADMINS
from api.workplace import Workplace
from bpmn.assigned_tasks import AssignedTasks
from bpmn.engine.rest import TaskRef
from db.domain.assignment import fallback
from db.domain.errors import DealNotFound
from db.store.database import Database


@dataclass(frozen=True)
class HeldTasks:
    """Asks the engine each time, so what an administrator did a moment ago counts."""

    workplace: Workplace
    database: Database
    manager_tasks: Collection[str]
    assigned_tasks: AssignedTasks

    def may_finish(self, task_id: str, login: str) -> bool:
        """Whether one of the person's groups may have the task. A task that no group may have, or
        that is gone, is not judged here. Raises: Unavailable.
        """
        task = self.workplace.open_task(task_id)
        if task is None or task.assignee != login:
            return True
        groups = self.workplace.offered_to(task.id) | self._meant_for(task)
        return not groups or bool((groups | {ADMINS}) & self.workplace.groups_of(login))

    def _meant_for(self, task: TaskRef) -> frozenset[str]:
        if task.key in self.manager_tasks:
            return self._leaders(task.deal_id)
        meant = self.assigned_tasks.get((task.process_key, task.key))
        return frozenset({meant.role, fallback(meant.role)} if meant else ())

    def _leaders(self, deal_id: str | None) -> frozenset[str]:
        """Roles that lead deals of this direction."""
        if deal_id is None:
            return frozenset()
        try:
            with self.database.reading() as store:
                direction = store.catalog.directions[store.deals.get(deal_id).direction]
        except DealNotFound:
            return frozenset()
        return frozenset({direction.managers, direction.heads})
