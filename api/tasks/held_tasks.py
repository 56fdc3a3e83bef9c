"""Whether a person may still finish a task that is theirs: roles change while tasks are open.

The engine gives whoever has a task a right of their own on it, and keeps it when the person is put
out of the group through which the task came.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from api.deals.permissions import ADMINS
from api.engine.gateway import Workplace
from bpmn.camunda.client.rest import TaskRef
from bpmn.model.assigned_tasks import AssignedTasks
from bpmn.model.manager_tasks import TaskKey
from db.domain.assignment import fallback
from db.domain.errors import DealNotFound, Unavailable
from db.store.database import Database


@dataclass(frozen=True)
class HeldTasks:
    """Asks the engine each time, so what an administrator did a moment ago counts."""

    workplace: Workplace
    database: Database
    manager_tasks: Collection[TaskKey]
    assigned_tasks: AssignedTasks
    group_tasks: Mapping[TaskKey, str]

    def may_finish(self, task_id: str, login: str) -> bool:
        """Whether one of the person's groups may have the task. A task that is gone, or was given
        to a person by name and to no group, is not judged here. Raises: Unavailable.
        """
        try:
            return self._may_finish(task_id, login)
        except Unavailable:
            # The engine also fails (500) when a task ends between two of its own reads.
            past = self.workplace.past_task(task_id)
            if past is None or past.ended_at is None:
                raise
            return True

    def _may_finish(self, task_id: str, login: str) -> bool:
        task = self.workplace.open_task(task_id)
        if task is None or task.assignee != login:
            return True
        # Beside a person's task the administrators stand for emergencies: it is not for them.
        groups = (self.workplace.offered_to(task.id) - {ADMINS}) | self._meant_for(task)
        return not groups or bool((groups | {ADMINS}) & self.workplace.groups_of(login))

    def _meant_for(self, task: TaskRef) -> frozenset[str]:
        at = (task.process_key, task.key)
        if at in self.manager_tasks:
            return self._leaders(task.deal_id)
        if group := self.group_tasks.get(at):
            return frozenset({group})
        meant = self.assigned_tasks.get(at)
        return frozenset({meant.role, fallback(meant.role)} if meant else ())

    def _leaders(self, deal_id: str | None) -> frozenset[str]:
        """Roles that lead deals of this direction."""
        if deal_id is None:
            return frozenset()
        try:
            with self.database.reading() as store:
                direction = store.catalog.direction_of(store.deals.get(deal_id))
        except DealNotFound:
            return frozenset()
        return frozenset({direction.managers, direction.heads})
