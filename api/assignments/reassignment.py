"""Open tasks that the rule of assignment would give to somebody else now, and giving them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from api.dependencies import Resources
from api.engine.gateway import TaskConflict
from api.engine.users import Employees
from api.http.clock import now
from bpmn.camunda.client.rest import TaskRef
from bpmn.model.assigned_tasks import AssignedTask
from db.domain.assignment import Assignment, assign_in_deal, may_keep
from db.domain.deal import Deal
from db.domain.delivery import DIRECTION
from db.domain.errors import DealNotFound, Unavailable
from db.domain.history import Actor, Change, Kind
from db.ports.store import Store

NOT_BY_RULE = "Исполнителя этой задачи назначает не направление отгрузки, переназначить нельзя."
CHANGED = "Задачу уже выполнили или передали. Обновите список."
SILENT = "Движок процессов не отвечает. Повторите через минуту."


class Outcome(StrEnum):
    DONE = "done"
    CHANGED = "changed"
    REFUSED = "refused"


@dataclass(frozen=True)
class Reviewed:
    """An open task, and whom the rule would choose for it now."""

    task: TaskRef
    deal: Deal
    found: Assignment


@dataclass(frozen=True)
class Result:
    task_id: str
    outcome: Outcome
    person: str | None = None
    """Who has the task now; None: the group."""
    sentence: str = ""


ByRule = Callable[[Assignment], str | None]


def by_rule(found: Assignment) -> str | None:
    return found.person


@dataclass(frozen=True)
class Reassignment:
    """What one administrator reviews and gives to others."""

    resources: Resources
    employees: Employees

    def review(self, direction: str | None = None, role: str | None = None) -> list[Reviewed]:
        """Tasks that somebody has, whom the rule would not choose now, the oldest first.

        ``direction``: of shipping. Raises: Unavailable.
        """
        meant = [
            (task, known)
            for task in self.resources.gateway.open_tasks()
            if task.assignee is not None and (known := self._meant(task)) is not None
            if role is None or known.role == role
        ]
        members = {
            role: self.employees.members(role) for role in {known.role for _, known in meant}
        }
        with self.resources.database.reading() as store:
            seen = [
                Reviewed(task, deal, self._found(store, deal, known, members[known.role]))
                for task, known in meant
                for deal in _deal(store, task)
                if direction is None or deal.values.get(DIRECTION) == direction
            ]
        return [one for one in seen if not self._keeps(one.found, one.task)]

    def give(
        self, task_id: str, to: str | ByRule | None, actor: Actor, seen: str | None = None
    ) -> Result:
        """One task to a person, to the group (None), or to whom the rule chooses.

        ``seen``: who had it when the administrator looked. Safe to repeat: a task that is there
        already is left alone.
        """
        try:
            return self._give(task_id, to, actor, seen)
        except (TaskConflict, DealNotFound):
            return Result(task_id, Outcome.CHANGED, None, CHANGED)
        except Unavailable:
            return Result(task_id, Outcome.REFUSED, None, SILENT)

    def _give(
        self, task_id: str, to: str | ByRule | None, actor: Actor, seen: str | None
    ) -> Result:
        task = self.resources.gateway.open_task(task_id)
        if task is None or task.deal_id is None:
            raise TaskConflict
        known = self._meant(task)
        if known is None:
            return Result(task_id, Outcome.REFUSED, task.assignee, NOT_BY_RULE)
        members = self.employees.members(known.role)
        with self.resources.database.writing() as store:
            deal = store.deals.get(task.deal_id)
            found = self._found(store, deal, known, members)
            person = to(found) if callable(to) else to
            if person == task.assignee:
                return Result(task_id, Outcome.DONE, person)
            if seen is not None and task.assignee != seen:
                raise TaskConflict
            if person is not None and person not in members | self.employees.members(found.group):
                role = store.catalog.roles[known.role].name
                sentence = f"{self.employees.names().of(person)} не работает в роли «{role}»."
                return Result(task_id, Outcome.REFUSED, task.assignee, sentence)
            _remember(store, deal, task, person, actor)
            group = known.role if found.person else found.group
            self.resources.gateway.hand_over(task.id, person, group)
        return Result(task_id, Outcome.DONE, person)

    def _meant(self, task: TaskRef) -> AssignedTask | None:
        return self.resources.assigned_tasks.get((task.process_key, task.key))

    def _found(
        self, store: Store, deal: Deal, known: AssignedTask, members: frozenset[str]
    ) -> Assignment:
        """On the day of the deal's branch, as the workers count it."""
        day = self.resources.settings.branch_days.day_at(store, deal, now())
        return assign_in_deal(store, deal, known.role, known.at, members, day)

    def _keeps(self, found: Assignment, task: TaskRef) -> bool:
        of_group = self.employees.members(found.group)
        return task.assignee is not None and may_keep(found, task.assignee, of_group)


def _deal(store: Store, task: TaskRef) -> Iterator[Deal]:
    try:
        if task.deal_id is not None:
            yield store.deals.get(task.deal_id)
    except DealNotFound:
        return


def _remember(store: Store, deal: Deal, task: TaskRef, person: str | None, actor: Actor) -> None:
    """In one transaction with the engine's answer: history never tells what was refused."""
    change = Change(Kind.ASSIGNMENT, task.key, task.assignee, person)
    store.history.append(deal.id, [change], actor, deal.version)
    if person is not None:
        text = f"Вам передана задача «{task.name}»."
        store.notifications.add(person, f"assigned-{task.id}", text, deal.id)
