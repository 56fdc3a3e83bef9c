"""Queue of one person: own tasks and those of their groups, with what each is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from api.auth import Principal
from api.dependencies import Resources
from api.http.schema import Named
from api.tasks.responses import QueueCounts, QueuedDeal, QueuedTask, TaskQueue
from api.tasks.views import named, task_members
from bpmn.camunda.client.rest import UserTask
from bpmn.model.task_groups import TaskGroups
from db.domain.catalog import Catalog
from db.domain.deals.deal import Deal
from db.domain.fields.values import money

LIMIT = 250
"""Tasks of each kind that are shown; the counts tell of the others."""


def task_queue(resources: Resources, caller: Principal, at: datetime) -> TaskQueue:
    """The queue: overdue tasks first, then by due date.

    The requests to the engine and the statements are as many for one task as for all.
    Raises: Unavailable.
    """
    tasks, (mine, offered) = resources.gateway.soonest_tasks(caller.login, caller.roles, LIMIT)
    ids = {task.deal_id for task in tasks if task.deal_id}
    with resources.database.reading() as store:
        deals = {deal.id: deal for deal in store.deals.some(ids)}
        rounds = store.rounds.numbers(ids)
    view = _View(resources.database.catalog, resources.task_groups, deals, rounds, caller.login, at)
    items = [view.item(task) for task in sorted(tasks, key=_urgency)]
    overdue = sum(item.overdue for item in items)
    return TaskQueue(items=items, counts=QueueCounts(mine=mine, group=offered, overdue=overdue))


def _urgency(task: UserTask) -> tuple[bool, datetime, str]:
    return task.due is None, task.due or task.created, task.id


@dataclass(frozen=True)
class _View:
    """Data from which the items of one queue are built."""

    catalog: Catalog
    groups: TaskGroups
    deals: Mapping[str, Deal]
    rounds: Mapping[str, int]
    login: str
    at: datetime

    def item(self, task: UserTask) -> QueuedTask:
        deal = self.deals.get(task.deal_id or "")
        roles = self._roles(task, deal) if deal else frozenset()
        return QueuedTask(
            **task_members(task, self.login),
            created_at=task.created,
            overdue=task.due is not None and task.due < self.at,
            groups=named(self.catalog.roles, roles),
            can_return=task.assignee == self.login
            and self.groups.may_return(task.process_key, task.key),
            deal=self._deal(deal) if deal else None,
        )

    def _roles(self, task: UserTask, deal: Deal) -> frozenset[str]:
        return self.groups.of(task.process_key, task.key, self.catalog.direction_of(deal))

    def _deal(self, deal: Deal) -> QueuedDeal:
        direction, amount = self.catalog.direction_of(deal), deal.amount(self.catalog)
        return QueuedDeal(
            id=deal.id,
            client=deal.title.removeprefix(deal.id).strip(),
            direction=Named.of(direction),
            stage=Named.of(direction.stage(deal.stage)),
            amount="" if amount is None else money(amount),
            round=self.rounds.get(deal.id),
        )
