"""Groups for whom a user task is meant: from these people it may be taken over."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bpmn.model.assigned_tasks import AssignedTasks
from bpmn.model.manager_tasks import TaskKey
from db.domain.catalog import Direction
from db.domain.people.assignment import fallback


@dataclass(frozen=True)
class TaskGroups:
    """Groups by the diagrams, without a request to the engine."""

    manager_tasks: Collection[TaskKey]
    assigned_tasks: AssignedTasks
    group_tasks: Mapping[TaskKey, str]

    def of(self, process: str, task: str, direction: Direction) -> frozenset[str]:
        """Roles whose members may have the task; empty for a task that no diagram describes.

        A manager's task needs the rights of the deal's manager: only heads may stand in for one.
        Somebody else gets the task together with the deal.
        """
        key = (process, task)
        if key in self.manager_tasks:
            return frozenset({direction.heads})
        if (group := self.group_tasks.get(key)) is not None:
            return frozenset({group})
        assigned = self.assigned_tasks.get(key)
        return frozenset({assigned.role, fallback(assigned.role)} if assigned else ())

    def may_return(self, process: str, task: str) -> bool:
        """Whether the task was offered to a group, so that its holder may give it back."""
        return (process, task) in self.group_tasks
