"""Permission to complete a task, and the trace of its completion.

Decides whether an assignee may still complete a task after leaving the role it came through.

Camunda grants the assignee of a task a permission on the task itself. It stays when the assignee
is removed from the candidate group.
"""

import logging
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from enum import Enum, auto

from api.engine.gateway import EngineGateway
from bpmn.camunda.client.rest import UserTask
from bpmn.model.assigned_tasks import AssignedTasks
from bpmn.model.manager_tasks import TaskKey
from db.domain.errors import DealNotFound, Unavailable
from db.domain.people.assignment import fallback
from db.domain.people.roles import ADMINISTRATORS
from db.store.database import Database
from db.tracing import note

log = logging.getLogger(__name__)


class Verdict(Enum):
    """Answer to a person who wants to complete a task."""

    ALLOWED = auto()
    CLAIMED_BY_OTHER = auto()
    NO_LONGER_IN_ROLE = auto()


@dataclass(frozen=True)
class TaskCompletion:
    """Rules of completing tasks; fetches roles anew each time, so that changes apply at once."""

    gateway: EngineGateway
    database: Database
    manager_tasks: Collection[TaskKey]
    assigned_tasks: AssignedTasks
    group_tasks: Mapping[TaskKey, str]

    def verdict(self, task_id: str, login: str) -> Verdict:
        """Whether the login may complete the task.

        Allowed: a task that does not exist any more, that nobody has claimed, or that was assigned
        by name without any group: the engine decides then. Raises: Unavailable.
        """
        try:
            return self._verdict(task_id, login)
        except Unavailable:
            # The engine also fails (500) when a task ends between two of its own reads.
            past = self.gateway.historic_task(task_id)
            if past is None or past.ended_at is None:
                raise
            return Verdict.ALLOWED

    def hand_on(self, task_id: str, traceparent: str) -> None:
        """Make the steps after a task parts of the trace of its completion.

        Called before the completion, because they may begin before it is answered. An outage costs
        the trace only.
        """
        try:
            task = self.gateway.open_task(task_id)
            if task is not None and task.deal_id is not None:
                note("pit.deal", task.deal_id)
                note("pit.activity", task.key)
                with self.database.writing() as store:
                    store.traces.begin(task.deal_id, traceparent)
        except Unavailable as trouble:
            log.warning("The steps after a task have no trace: %s", type(trouble).__name__)

    def _verdict(self, task_id: str, login: str) -> Verdict:
        with ThreadPoolExecutor(1) as beside:  # a press waits for the slower answer, not for both
            groups = beside.submit(copy_context().run, self.gateway.groups_of, login)
            task = self.gateway.task_without_deal(task_id)
            if task is None or task.assignee is None:
                return Verdict.ALLOWED
            if task.assignee != login:
                return Verdict.CLAIMED_BY_OTHER
            own = groups.result()
        return Verdict.ALLOWED if self._is_for(task, own) else Verdict.NO_LONGER_IN_ROLE

    def _is_for(self, task: UserTask, own: frozenset[str]) -> bool:
        """Whether one of a person's groups may have the task, or the task has none.

        What usually allows it is looked at first.
        """
        meant = self._groups_of(task)
        if own & (meant | {ADMINISTRATORS}):
            return True
        # Administrators are candidates of every assigned task, for emergencies only: membership
        # in their group alone does not show for whom the task is meant.
        meant |= self.gateway.candidate_groups(task.id) - {ADMINISTRATORS}
        if own & meant:
            return True
        meant |= self._leading_groups(task)
        return not meant or bool(own & meant)

    def _groups_of(self, task: UserTask) -> frozenset[str]:
        """Groups for which the diagram means the task; of a manager's task the deal knows them."""
        key = (task.process_key, task.key)
        if group := self.group_tasks.get(key):
            return frozenset({group})
        assigned = self.assigned_tasks.get(key)
        return frozenset({assigned.role, fallback(assigned.role)} if assigned else ())

    def _leading_groups(self, task: UserTask) -> frozenset[str]:
        """Managers and heads of the direction of a manager's task."""
        if (task.process_key, task.key) not in self.manager_tasks:
            return frozenset()
        if (deal_id := self.gateway.deal_of(task)) is None:
            return frozenset()
        try:
            with self.database.reading() as store:
                direction = store.catalog.direction_of(store.deals.get(deal_id))
        except DealNotFound:
            return frozenset()
        return frozenset({direction.managers, direction.heads})
