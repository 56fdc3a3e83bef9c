"""Handing over open tasks: back to the group, or to a colleague.

People take a free task with their own session, through the webapp proxy: the engine decides who was
first.
"""

from collections.abc import Collection
from dataclasses import dataclass

from api.auth import Principal
from api.dependencies import Resources
from api.engine.gateway import TaskConflict
from api.http.problems import HttpRefusal
from bpmn.camunda.client.rest import UserTask
from db.application.notices import tell
from db.domain.deals.history import Actor, Change, Kind
from db.domain.errors import FieldProblem, FieldsInvalid
from db.domain.people.notices import NoticeKind
from db.domain.people.roles import ADMINISTRATORS
from db.ports.store import Store


class TaskNotFound(HttpRefusal):
    """The task does not exist, is completed, or is not the caller's."""

    code = "TASK_NOT_FOUND"
    status = 404
    sentence = "Задача уже выполнена или передана другому сотруднику."


class TaskTaken(HttpRefusal):
    """Somebody else has the task."""

    code = "TASK_TAKEN"
    status = 409

    def __init__(self, name: str) -> None:
        super().__init__(f"Задача уже в работе: {name}. Очередь обновлена, возьмите следующую.")


class TaskChanged(HttpRefusal):
    """The task was completed or handed over at the same time."""

    code = "TASK_CHANGED"
    status = 409
    sentence = "Задачу только что выполнили или передали. Обновите очередь."


class NotReturnable(HttpRefusal):
    """The task was never offered to a group: giving it back would leave it without an owner."""

    code = "TASK_NOT_RETURNABLE"
    status = 409
    sentence = (
        "Эту задачу назначает система, вернуть её в группу нельзя. "
        "Передайте её коллеге или попросите руководителя."
    )


@dataclass(frozen=True)
class TaskHandover:
    """Hands over the tasks of one caller.

    The engine is called before the transaction commits, so a call that it refuses leaves no
    record. Safe to repeat: every call sets an absolute state.
    """

    resources: Resources
    caller: Principal
    actor: Actor

    def find(self, task_id: str) -> UserTask:
        """A task of the caller or of their groups. Raises: TaskNotFound, Unavailable."""
        gateway, caller = self.resources.gateway, self.caller
        task = gateway.task_for(task_id, caller.login, caller.roles)
        if task is None or task.deal_id is None:
            raise TaskNotFound
        return task

    def give_back(self, store: Store, task_id: str) -> None:
        """Offer a task of the caller to its group again. Raises as `find`; NotReturnable."""
        task = self.find(task_id)
        if task.assignee is None:
            return
        if task.assignee != self.caller.login:
            raise TaskTaken(self.resources.employees.names().of(task.assignee))
        group = self.resources.group_tasks.get((task.process_key, task.key))
        if group is None:
            raise NotReturnable
        self._record(store, task, None, "")
        self._hand_over(task, None, group)

    def delegate(self, store: Store, task_id: str, person: str, reason: str) -> None:
        """Give a task to a colleague of its groups, who is told why.

        Raises as `find`; FieldsInvalid for anybody else.
        """
        task = self.find(task_id)
        if task.assignee == person:
            return
        groups = self.groups_of(store, task)
        members = {login for group in groups for login in self.resources.employees.members(group)}
        if person not in members:
            name = self.resources.employees.names().of(person)
            message = f"{name}: эту задачу может выполнить только сотрудник её роли."
            raise FieldsInvalid([FieldProblem("person", "Кому", message)])
        self._record(store, task, person, reason)
        by = self.resources.employees.names().of(self.caller.login)
        text = f"{by} передаёт вам задачу «{task.name}»: {reason}"
        key = f"delegated-{task.id}-{self.actor.reference}"
        tell(store, person, key, text, task.deal_id, NoticeKind.TASK)
        self._hand_over(task, person, next(iter(sorted(groups))))

    def groups_of(self, store: Store, task: UserTask) -> Collection[str]:
        """Roles from which somebody may get the task. Raises: Unavailable."""
        deal = store.deals.get(task.deal_id or "")
        groups = self.resources.task_groups.of(
            task.process_key, task.key, store.catalog.direction_of(deal)
        )
        return groups or self.resources.gateway.candidate_groups(task.id) - {ADMINISTRATORS}

    def _hand_over(self, task: UserTask, person: str | None, group: str) -> None:
        try:
            self.resources.gateway.hand_over(task.id, person, group)
        except TaskConflict:
            raise TaskChanged from None

    def _record(self, store: Store, task: UserTask, person: str | None, reason: str) -> None:
        deal = store.deals.get(task.deal_id or "")
        new = {"person": person, "reason": reason} if reason else person
        change = Change(Kind.ASSIGNMENT, task.key, task.assignee, new)
        store.history.append(deal.id, [change], self.actor, deal.version)
