"""Endpoints of user tasks: the open tasks of a deal, and one task with the data of its form."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.deals.access import DealAccess, DealAccessDep
from api.dependencies import CurrentCaller, NamesDep, ResourcesDep
from api.http.problems import HttpRefusal
from api.routing import StrictRoute
from api.tasks.responses import TaskCard, TaskList
from api.tasks.views import task_card, waiting_task

router = APIRouter(tags=["Задачи"], route_class=StrictRoute)


class TaskNotFound(HttpRefusal):
    """The task does not exist, is completed, or is not the caller's."""

    code = "TASK_NOT_FOUND"
    status = 404
    sentence = "Задача уже выполнена или передана другому сотруднику."


@router.get("/deals/{deal_id}/tasks", summary="Открытые задачи сделки")
def read_tasks(access: DealAccessDep, resources: ResourcesDep) -> TaskList:
    """Open user tasks of the deal, oldest first."""
    with access.reading():
        pass  # 404 without access
    tasks = resources.gateway.tasks_of(access.deal_id)
    return TaskList(items=[waiting_task(task, access.caller, access.names) for task in tasks])


@router.get("/tasks/{task_id}", summary="Задача со всем, что нужно её форме")
def read_task(
    task_id: Annotated[str, Path(title="Номер задачи", pattern=r"^[A-Za-z0-9-]{1,64}$")],
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
        return task_card(access.load(store), task, caller)
