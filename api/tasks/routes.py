"""Endpoints of user tasks: the open tasks of a deal, and one task with the data of its form."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.responses import JSONResponse

from api.deals.access import DealAccess, DealAccessDep
from api.dependencies import (
    CurrentActor,
    CurrentCaller,
    IdempotentRequestDep,
    NamesDep,
    ResourcesDep,
)
from api.http.clock import now
from api.http.idempotency import IdempotentResponse
from api.routing import StrictRoute
from api.tasks.handover import TaskHandover, TaskNotFound
from api.tasks.queue import task_queue
from api.tasks.requests import Delegation
from api.tasks.responses import Colleague, Colleagues, HandedOver, TaskCard, TaskList, TaskQueue
from api.tasks.views import named, task_card, waiting_task
from db.ports.store import Store

TaskId = Annotated[str, Path(title="Номер задачи", pattern=r"^[A-Za-z0-9-]{1,64}$")]

router = APIRouter(tags=["Задачи"], route_class=StrictRoute)


@router.get("/deals/{deal_id}/tasks", summary="Открытые задачи сделки")
def read_tasks(access: DealAccessDep, resources: ResourcesDep) -> TaskList:
    """Open user tasks of the deal, oldest first."""
    with access.reading() as context:  # 404 without access
        direction = context.direction
    roles, groups = resources.database.catalog.roles, resources.task_groups
    items = [
        waiting_task(
            task,
            access.caller,
            access.names,
            named(roles, groups.of(task.process_key, task.key, direction)),
        )
        for task in resources.gateway.tasks_of(access.deal_id)
    ]
    return TaskList(items=items)


@router.get("/tasks", summary="Всё, что ждёт меня")
def read_queue(caller: CurrentCaller, resources: ResourcesDep) -> TaskQueue:
    """The caller's tasks and those of their groups, the most urgent first."""
    return task_queue(resources, caller, now())


@router.get("/tasks/{task_id}", summary="Задача со всем, что нужно её форме")
def read_task(
    task_id: TaskId,
    caller: CurrentCaller,
    resources: ResourcesDep,
    names: NamesDep,
) -> TaskCard:
    """The task and the data of its form, for its assignee and its candidates; 404 for others."""
    task = resources.gateway.task_for(task_id, caller.login, caller.roles)
    if task is None or task.deal_id is None:
        raise TaskNotFound
    database, manager_tasks = resources.database, resources.manager_tasks
    with database.reading() as store:
        direction = store.deals.get(task.deal_id).direction
        access = DealAccess(caller, task.deal_id, database, names, direction, manager_tasks, [task])
        simulated = resources.settings.onec_simulator_url is not None
        return task_card(access.load(store), task, caller, onec_is_simulated=simulated)


def _handover(resources: ResourcesDep, caller: CurrentCaller, actor: CurrentActor) -> TaskHandover:
    return TaskHandover(resources, caller, actor)


HandoverDep = Annotated[TaskHandover, Depends(_handover)]


@router.get("/tasks/{task_id}/colleagues", summary="Кому можно передать задачу")
def read_colleagues(
    task_id: TaskId, handover: HandoverDep, resources: ResourcesDep, names: NamesDep
) -> Colleagues:
    """Members of the roles that may have the task, without its present assignee."""
    task = handover.find(task_id)
    with resources.database.reading() as store:
        groups = sorted(handover.groups_of(store, task))
    roles = resources.database.catalog.roles
    role_of = {
        login: roles[group].name if group in roles else group
        for group in groups
        for login in resources.employees.members(group) - {task.assignee}
    }
    items = [Colleague.of(names.person(login), role=role) for login, role in role_of.items()]
    return Colleagues(items=sorted(items, key=lambda person: (person.name, person.login)))


@router.post("/tasks/{task_id}/return", response_model=HandedOver, summary="Вернуть в группу")
def return_task(task_id: TaskId, handover: HandoverDep, once: IdempotentRequestDep) -> JSONResponse:
    """Offer an own task to its group again. Safe to repeat."""

    def effect(store: Store) -> IdempotentResponse:
        handover.give_back(store, task_id)
        return _handed_over(task_id, None)

    return once.run(effect)


@router.post("/tasks/{task_id}/delegate", response_model=HandedOver, summary="Передать коллеге")
def delegate_task(
    task_id: TaskId, body: Delegation, handover: HandoverDep, once: IdempotentRequestDep
) -> JSONResponse:
    """Give a task to a colleague of its role; the reason is in the history and in their message.

    Safe to repeat. 422 for a person who may not have the task.
    """

    def effect(store: Store) -> IdempotentResponse:
        handover.delegate(store, task_id, body.person, body.reason)
        return _handed_over(task_id, body.person)

    return once.run(effect)


def _handed_over(task_id: str, assignee: str | None) -> IdempotentResponse:
    return IdempotentResponse.of(HandedOver(id=task_id, assignee=assignee))
