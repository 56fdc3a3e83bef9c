"""Rules that find a new assignee for a user task when the current one has left the role."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bpmn.camunda.client.rest import UserTask
from bpmn.lint.worker_contracts import ONEC_DISCREPANCY
from bpmn.model.assigned_tasks import AssignedTask, AssignedTasks, assigned_tasks
from bpmn.model.current import CurrentMapping, CurrentSet
from bpmn.model.manager_tasks import TaskKey, group_tasks, manager_tasks
from db.application.assignment import assign_in_deal, naming_list
from db.domain.deals.deal import Deal
from db.domain.people.assignment import fallback
from db.domain.people.roles import LAWYERS, ONEC_OPERATORS
from db.ports.store import Store
from workers.ports.employees import Employee, EmployeeDirectory
from workers.ports.services import Services
from workers.services.onec.discrepancies import assignee_of_discrepancy, find_binding


@dataclass(frozen=True)
class NewAssignee:
    """New assignee of a task; without ``person`` it stays with the candidate ``group``."""

    person: Employee | None
    group: str
    keepers: frozenset[str]
    """Logins of assignees who may keep the task."""
    listed_in: str | None = None
    """Name of the list that must be corrected, because it names the former assignee."""


@dataclass(frozen=True)
class UserTaskRules:
    """Assignment of user tasks as modeled in the diagrams."""

    assigned: AssignedTasks
    managers: Collection[TaskKey]
    groups: Mapping[TaskKey, str]

    @classmethod
    def read(cls) -> "UserTaskRules":
        """Read the delivered diagrams, and again after a deployment without restart."""
        return cls(
            CurrentMapping(assigned_tasks), CurrentSet(manager_tasks), CurrentMapping(group_tasks)
        )


class ReassignmentRules:
    """Finds new assignees; every method may raise Unavailable (identity service)."""

    def __init__(
        self,
        people: EmployeeDirectory,
        services: Callable[[Store], Services],
        diagrams: UserTaskRules,
    ) -> None:
        self._people, self._services, self._diagrams = people, services, diagrams

    def may_need_reassignment(self, task: UserTask, managers: Mapping[str, str]) -> bool:
        """Return whether the assignee may have left: a cheap check without the deal.

        ``managers``: open deal → its manager, without managers who left the role.
        """
        key, diagrams = (task.process_key, task.key), self._diagrams
        if (known := diagrams.assigned.get(key)) is not None:
            return task.assignee not in self._logins(known.role)
        if key in diagrams.managers:
            return managers.get(task.deal_id or "") != task.assignee
        if (group := diagrams.groups.get(key)) is not None:
            return task.assignee not in self._logins(group)
        return task.process_key == ONEC_DISCREPANCY

    def new_assignee(self, store: Store, deal: Deal, task: UserTask) -> NewAssignee | None:
        """Return the new assignee, None when the diagrams define no rule for the task."""
        key, diagrams = (task.process_key, task.key), self._diagrams
        if (known := diagrams.assigned.get(key)) is not None:
            return self._by_rule(store, deal, known)
        if key in diagrams.managers:
            return self._manager(store, deal)
        if (group := diagrams.groups.get(key)) is not None:
            return NewAssignee(None, group, self._logins(group))
        if task.process_key == ONEC_DISCREPANCY:
            return self._of_discrepancy(store, deal, task)
        return None

    def _by_rule(self, store: Store, deal: Deal, known: AssignedTask) -> NewAssignee:
        members = {person.login: person for person in self._people.members(known.role)}
        day = self._services(store).deadlines.day_at(store, deal, datetime.now(UTC))
        found = assign_in_deal(store, deal, known.role, known.at, members, day)
        stay = frozenset(members) | self._logins(found.group) | self._logins(fallback(known.role))
        person = members[found.person] if found.person else None
        return NewAssignee(person, found.group, stay, naming_list(store, known.role))

    def _manager(self, store: Store, deal: Deal) -> NewAssignee:
        """Return the deal's manager; heads of the direction may keep a manager's task."""
        direction = store.catalog.direction_of(deal)
        heads = self._logins(direction.heads)
        working = {person.login: person for person in self._people.members(direction.managers)}
        return NewAssignee(working.get(deal.manager), direction.heads, heads)

    def _of_discrepancy(self, store: Store, deal: Deal, task: UserTask) -> NewAssignee | None:
        side = next(
            (one for one in store.side_processes.running() if one.instance_id == task.instance_id),
            None,
        )
        binding = find_binding(store, deal.id, side.key) if side else None
        if binding is None:
            return None
        day = self._services(store).deadlines.day_at(store, deal, datetime.now(UTC))
        operators = {person.login: person for person in self._people.members(ONEC_OPERATORS)}
        found, group = assignee_of_discrepancy(store, deal, binding, operators, day)
        stay = self._logins(group if group == LAWYERS else ONEC_OPERATORS)
        return NewAssignee(operators[found] if found else None, group, stay)

    def _logins(self, role: str) -> frozenset[str]:
        return frozenset(person.login for person in self._people.members(role))
