"""Endpoints of user tasks: the open tasks of a deal, and one task with the data of its form."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.deals.access import DealAccess, DealAccessDep
from api.dependencies import CurrentCaller, EmployeesDep, ResourcesDep
from api.http.problems import HttpRefusal
from api.routing import StrictRoute
from api.tasks.responses import TaskCard, TaskList
from api.tasks.views import task_card, waiting_task

router = APIRouter(tags=["Задачи"], route_class=StrictRoute)


class TaskNotFound(HttpRefusal):
    """The task does not exist, is completed, or is not the caller's."""

    code = "TASK_NOT_FOUND"
    status = 404

    def __init__(self) -> None:
        super().__init__("Задача уже выполнена или передана другому сотруднику.")


@router.get("/deals/{deal_id}/tasks", summary="Открытые задачи сделки")
def read_tasks(access: DealAccessDep, resources: ResourcesDep, employees: EmployeesDep) -> TaskList:
    """Open user tasks of the deal, oldest first."""
    with resources.database.reading() as store:
        access.load(store)
    tasks, names = resources.gateway.tasks_of(access.deal_id), employees.names()
    return TaskList(items=[waiting_task(task, access.caller, names) for task in tasks])


@router.get("/tasks/{task_id}", summary="Задача со всем, что нужно её форме")
def read_task(
    task_id: Annotated[str, Path(title="Номер задачи", pattern=r"^[A-Za-z0-9-]{1,64}$")],
    caller: CurrentCaller,
    resources: ResourcesDep,
    employees: EmployeesDep,
) -> TaskCard:
    """The task and the data of its form, for its assignee and its candidates; 404 for others."""
    task = resources.gateway.task_for(task_id, caller.login, caller.roles)
    names = employees.names()
    if task is None or task.deal_id is None:
        raise TaskNotFound
    with resources.database.reading() as store:
        direction = store.deals.get(task.deal_id).direction
        access = DealAccess(caller, task.deal_id, direction, resources.manager_tasks, [task])
        return task_card(access.load(store, names), task, caller)
