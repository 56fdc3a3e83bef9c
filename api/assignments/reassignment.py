"""Reassignment of open tasks whose assignee the assignment rule would not choose now."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from api.dependencies import Resources
from api.engine.gateway import TaskConflict
from api.engine.users import Employees
from api.http.clock import now
from bpmn.camunda.client.rest import UserTask
from bpmn.model.assigned_tasks import AssignedTask
from db.application.assignment import assign_in_deal
from db.application.notices import tell
from db.domain.deals.deal import Deal
from db.domain.deals.history import Actor, Change, Kind
from db.domain.errors import DealNotFound, Unavailable
from db.domain.people.assignment import Assignment, may_keep
from db.domain.people.notices import NoticeKind
from db.domain.shipping.delivery import DIRECTION
from db.ports.store import Store

NOT_BY_RULE = "Исполнителя этой задачи назначает не направление отгрузки, переназначить нельзя."
CHANGED = "Задачу уже выполнили или передали. Обновите список."
SILENT = "Движок процессов не отвечает. Повторите через минуту."


class Outcome(StrEnum):
    """Outcome of the reassignment of one task."""

    DONE = "done"
    CHANGED = "changed"
    """The task was completed or reassigned since the caller looked."""
    REFUSED = "refused"


@dataclass(frozen=True)
class MisassignedTask:
    """An open task of a deal, and whom the assignment rule would choose for it now."""

    task: UserTask
    deal: Deal
    assignment: Assignment


@dataclass(frozen=True)
class TaskResult:
    """The outcome for one task."""

    task_id: str
    outcome: Outcome
    assignee: str | None = None
    """The present assignee; None: the candidate group."""
    detail: str = ""
    """A Russian sentence for the caller when the outcome is not `DONE`."""


ByRule = Callable[[Assignment], str | None]


def by_rule(assignment: Assignment) -> str | None:
    """Target of a reassignment: the person whom the rule chooses."""
    return assignment.person


@dataclass(frozen=True)
class Reassignment:
    """Reviews and reassigns open tasks on behalf of an administrator."""

    resources: Resources
    employees: Employees

    def review(
        self, direction: str | None = None, role: str | None = None
    ) -> list[MisassignedTask]:
        """Assigned tasks whose assignee the rule would not choose now, oldest first.

        ``direction``: code of a shipping direction. Raises: Unavailable.
        """
        candidates = [
            (task, target)
            for task in self.resources.gateway.open_tasks()
            if task.assignee is not None and (target := self._target(task)) is not None
            if role is None or target.role == role
        ]
        roles = {target.role for _, target in candidates}
        members = {role: self.employees.members(role) for role in roles}
        found = []
        with self.resources.database.reading() as store:
            for task, target in candidates:
                deal = _deal_of(store, task)
                if deal is None or direction not in (None, deal.values.get(DIRECTION)):
                    continue
                assignment = self._assignment(store, deal, target, members[target.role])
                found.append(MisassignedTask(task, deal, assignment))
        return [each for each in found if not self._may_keep(each.assignment, each.task)]

    def give(
        self, task_id: str, to: str | ByRule | None, actor: Actor, expected: str | None = None
    ) -> TaskResult:
        """Assign one task to a person, to its group (None), or to whom the rule chooses.

        ``expected``: the assignee that the administrator saw. Safe to repeat because a task that
        already has the target assignee stays unchanged.
        """
        try:
            return self._give(task_id, to, actor, expected)
        except (TaskConflict, DealNotFound):
            return TaskResult(task_id, Outcome.CHANGED, None, CHANGED)
        except Unavailable:
            return TaskResult(task_id, Outcome.REFUSED, None, SILENT)

    def _give(
        self, task_id: str, to: str | ByRule | None, actor: Actor, expected: str | None
    ) -> TaskResult:
        task = self.resources.gateway.open_task(task_id)
        if task is None or task.deal_id is None:
            raise TaskConflict
        target = self._target(task)
        if target is None:
            return TaskResult(task_id, Outcome.REFUSED, task.assignee, NOT_BY_RULE)
        members = self.employees.members(target.role)
        with self.resources.database.writing() as store:
            deal = store.deals.get(task.deal_id)
            assignment = self._assignment(store, deal, target, members)
            person = to(assignment) if callable(to) else to
            if person == task.assignee:
                return TaskResult(task_id, Outcome.DONE, person)
            if expected is not None and task.assignee != expected:
                raise TaskConflict
            if person is not None and person not in members | self.employees.members(
                assignment.group
            ):
                role = store.catalog.roles[target.role].name
                detail = f"{self.employees.names().of(person)} не работает в роли «{role}»."
                return TaskResult(task_id, Outcome.REFUSED, task.assignee, detail)
            _record(store, deal, task, person, actor)
            group = target.role if assignment.person else assignment.group
            self.resources.gateway.hand_over(task.id, person, group)
        return TaskResult(task_id, Outcome.DONE, person)

    def _target(self, task: UserTask) -> AssignedTask | None:
        """The role for which the rule chooses the assignee; None for other tasks."""
        return self.resources.assigned_tasks.get((task.process_key, task.key))

    def _assignment(
        self, store: Store, deal: Deal, target: AssignedTask, members: frozenset[str]
    ) -> Assignment:
        """The assignment by the current date at the deal's branch, as workers compute it."""
        day = self.resources.settings.branch_days.day_at(store, deal, now())
        return assign_in_deal(store, deal, target.role, target.at, members, day)

    def _may_keep(self, assignment: Assignment, task: UserTask) -> bool:
        group_members = self.employees.members(assignment.group)
        return task.assignee is not None and may_keep(assignment, task.assignee, group_members)


def _deal_of(store: Store, task: UserTask) -> Deal | None:
    try:
        return None if task.deal_id is None else store.deals.get(task.deal_id)
    except DealNotFound:
        return None


def _record(store: Store, deal: Deal, task: UserTask, person: str | None, actor: Actor) -> None:
    """Write history and notification. The engine is called before this transaction commits, so a
    call that it refuses leaves no record."""
    change = Change(Kind.ASSIGNMENT, task.key, task.assignee, person)
    store.history.append(deal.id, [change], actor, deal.version)
    if person is not None:
        text = f"Вам передана задача «{task.name}»."
        tell(store, person, f"assigned-{task.id}", text, deal.id, NoticeKind.TASK)
