"""Open tasks: of a deal, and one with everything that its form shows."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from api.approvals.responses import ApprovalSchema, ReliabilitySchema
from api.approvals.views import approval_card, reliability_card
from api.auth import Principal
from api.deals.access import Visiting, Visitor
from api.deals.responses import DealSchema, FileFieldSchema, StageChoice
from api.deals.views import Viewed, deal_card
from api.dependencies import CurrentCaller, EmployeesDep, ResourcesDep
from api.engine.users import Names
from api.http.schema import Named, PersonSchema, ResponseSchema
from api.http.strict_json import StrictRoute
from bpmn.camunda.client.rest import TaskRef
from db.domain.catalog import FieldKind
from db.domain.errors import DealNotFound

router = APIRouter(tags=["Задачи"], route_class=StrictRoute)

ASKED_BY_FORMS = frozenset({"lossReason", "shippingDirection"})
"""List fields that a form submits itself, whoever may change them in the card."""


class TaskSchema(ResponseSchema, title="TaskShape"):
    """A task that waits for somebody."""

    id: str = Field(title="Номер задачи")
    key: str = Field(title="Задача на схеме", examples=["Task_CollectDocuments"])
    name: str = Field(title="Задача", examples=["Собрать документы"])
    due_at: datetime | None = Field(title="Срок")
    assignee: str | None = Field(title="Логин исполнителя")
    mine: bool = Field(title="Задача ваша")


class WaitingTask(TaskSchema, title="WaitingTask"):
    """The same in a deal's list."""

    created_at: datetime = Field(title="Создана")
    person: PersonSchema | None = Field(title="Исполнитель")


class TaskList(ResponseSchema):
    items: list[WaitingTask] = Field(title="Открытые задачи")


class TaskCard(ResponseSchema):
    """Everything a task's form shows, in one answer."""

    task: TaskSchema = Field(title="Задача")
    deal: DealSchema = Field(title="Сделка")
    file_fields: list[FileFieldSchema] = Field(title="Документы направления")
    stages: list[StageChoice] = Field(title="Доступные стадии")
    lists: dict[str, list[Named]] = Field(title="Действующие значения списков")
    approval: ApprovalSchema = Field(title="Согласование")
    reliability: ReliabilitySchema | None = Field(title="Проверка на благонадёжность")


class TaskNotFound(DealNotFound):
    code = "TASK_NOT_FOUND"

    def __init__(self) -> None:
        Exception.__init__(self, "Задача уже выполнена или передана другому сотруднику.")


@router.get("/deals/{deal_id}/tasks", summary="Открытые задачи сделки")
def read_tasks(visitor: Visiting, resources: ResourcesDep, employees: EmployeesDep) -> TaskList:
    """Tasks that wait now, the oldest first."""
    with resources.database.reading() as store:
        visitor.enter(store)
    tasks, names = resources.workplace.tasks_of(visitor.deal_id), employees.names()
    return TaskList(items=[_waiting(task, visitor.caller, names) for task in tasks])


@router.get("/tasks/{task_id}", summary="Задача со всем, что нужно её форме")
def read_task(
    task_id: Annotated[str, Path(title="Номер задачи", pattern=r"^[A-Za-z0-9-]{1,64}$")],
    caller: CurrentCaller,
    resources: ResourcesDep,
    employees: EmployeesDep,
) -> TaskCard:
    """For the person who has the task or could take it; 404 for everybody else."""
    task, names = (
        resources.workplace.task_for(task_id, caller.login, caller.roles),
        employees.names(),
    )
    if task is None or task.deal_id is None:
        raise TaskNotFound
    with resources.database.reading() as store:
        direction = store.deals.get(task.deal_id).direction
        visitor = Visitor(caller, task.deal_id, direction, resources.manager_tasks, [task])
        deal, right = visitor.enter(store)
        viewed = Viewed(store, deal, right, names)
        card = deal_card(viewed)
        return TaskCard(
            task=_shape(task, caller),
            deal=card,
            file_fields=card.file_fields,
            stages=card.stages,
            lists=_lists(viewed),
            approval=approval_card(viewed),
            reliability=reliability_card(viewed),
        )


def _lists(viewed: Viewed) -> dict[str, list[Named]]:
    """Lists that the form can need: of fields that somebody may change in this task."""
    catalog = viewed.store.catalog
    edits = {code for step in catalog.approval_steps.values() for code in step.edits}
    kinds = (FieldKind.LIST, FieldKind.MULTI_LIST)
    used = {
        field.list
        for field in viewed.fields
        if field.kind in kinds
        and (viewed.may_edit(field) or field.code in edits or field.code in ASKED_BY_FORMS)
    }
    return {
        code: [
            Named(code=item.code, name=item.name)
            for item in viewed.store.lists.items(code)
            if viewed.store.lists.is_active(code, item.code)
        ]
        for code in sorted(code for code in used if code)
    }


def _shape(task: TaskRef, caller: Principal) -> TaskSchema:
    return TaskSchema(
        id=task.id,
        key=task.key,
        name=task.name,
        due_at=task.due,
        assignee=task.assignee,
        mine=task.assignee == caller.login,
    )


def _waiting(task: TaskRef, caller: Principal, names: Names) -> WaitingTask:
    person = None if task.assignee is None else names.person(task.assignee)
    return WaitingTask(**dict(_shape(task, caller)), created_at=task.created, person=person)
