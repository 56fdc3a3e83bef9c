"""«Переназначить открытые задачи»: what the rule would change, and changing it."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import Field, StringConstraints

from api.assignments.reassignment import Outcome, Reassignment, Result, Reviewed, by_rule
from api.dependencies import (
    CurrentActor,
    CurrentCaller,
    EmployeesDep,
    IdempotentRequestDep,
    ResourcesDep,
)
from api.engine.users import PersonNames
from api.http.idempotency import IdempotentResponse
from api.http.schema import Code, Login, Named, PersonSchema, RequestSchema, ResponseSchema
from api.routing import StrictRoute
from db.domain.catalog import Catalog
from db.domain.delivery import DIRECTION
from db.domain.errors import FieldProblem, FieldsInvalid
from db.domain.history import Actor

router = APIRouter(prefix="/assignments", tags=["Назначения"], route_class=StrictRoute)

TaskId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]
WHICH = FieldProblem(
    "tasks", "Задачи", "Укажите либо задачи, либо направление отгрузки и (или) роль."
)


class ReviewedSchema(ResponseSchema, title="ReviewedShape"):
    """A task whose person the rule would not choose now."""

    id: str = Field(title="Номер задачи")
    key: str = Field(title="Задача на схеме", examples=["Task_EnterOnecContract"])
    name: str = Field(title="Задача", examples=["Завести контрагента в 1С"])
    deal: Named = Field(title="Сделка: номер и название")
    direction: str | None = Field(title="Направление отгрузки", examples=["moscowTransport"])
    role: Named = Field(title="Роль")
    now: PersonSchema = Field(title="У кого задача")
    would_be: PersonSchema | None = Field(title="Кому её дало бы правило; никому: группе")
    group: Named = Field(title="Группа, если правило не находит никого")
    why: str = Field(title="Почему", examples=["назначен"])


class Review(ResponseSchema):
    items: list[ReviewedSchema] = Field(title="Задачи, старые первыми")


class TaskReassignment(RequestSchema, title="TaskWish"):
    id: TaskId = Field(title="Номер задачи")
    to: Login | None = Field(
        None, title="Кому", description="Не указано: кому решит правило; null: группе."
    )
    seen: Login | None = Field(None, title="У кого она была, когда вы смотрели")


class ReassignmentRequest(RequestSchema, title="ReassignWish"):
    """Some tasks, or all that the review lists for a shipping direction and role."""

    tasks: list[TaskReassignment] | None = Field(None, title="Задачи", min_length=1, max_length=200)
    direction: Code | None = Field(None, title="Направление отгрузки")
    role: Code | None = Field(None, title="Роль", examples=["onecOperators"])


class ResultSchema(ResponseSchema, title="ResultShape"):
    id: str = Field(title="Номер задачи")
    outcome: Outcome = Field(title="Итог: done, changed, refused")
    person: PersonSchema | None = Field(title="У кого задача теперь; ни у кого: у группы")
    detail: str = Field(title="Что не получилось и что делать")


class Results(ResponseSchema):
    items: list[ResultSchema] = Field(title="Итоги по задачам")


@router.get("/review", summary="Задачи, которые правило отдало бы другим")
def read_review(
    caller: CurrentCaller,
    resources: ResourcesDep,
    employees: EmployeesDep,
    direction: Annotated[Code | None, Query(title="Направление отгрузки")] = None,
    role: Annotated[Code | None, Query(title="Роль")] = None,
) -> Review:
    """Open tasks stay with whoever has them when a list changes; here they are."""
    found, names = Reassignment(resources, employees).review(direction, role), employees.names()
    catalog = resources.database.catalog
    return Review(items=[_reviewed(one, catalog, names) for one in found])


@router.post("/reassign", response_model=Results, summary="Переназначить открытые задачи")
def reassign(
    body: ReassignmentRequest,
    actor: CurrentActor,
    resources: ResourcesDep,
    employees: EmployeesDep,
    once: IdempotentRequestDep,
) -> JSONResponse:
    """Each task by itself, with an outcome of its own; again changes nothing more."""
    if (body.tasks is None) == (body.direction is None and body.role is None):
        raise FieldsInvalid([WHICH])

    def work() -> IdempotentResponse:
        results, names = _given(body, actor, Reassignment(resources, employees)), employees.names()
        return IdempotentResponse.of(Results(items=[_result(one, names) for one in results]))

    return once.run_in_parts(work)


def _given(body: ReassignmentRequest, actor: Actor, work: Reassignment) -> list[Result]:
    if body.tasks is None:
        listed = work.review(body.direction, body.role)
        return [
            work.give(one.task.id, one.found.person, actor, one.task.assignee) for one in listed
        ]
    return [
        work.give(wish.id, wish.to if "to" in wish.model_fields_set else by_rule, actor, wish.seen)
        for wish in body.tasks
    ]


def _reviewed(one: Reviewed, catalog: Catalog, names: PersonNames) -> ReviewedSchema:
    found = one.found
    role, group = catalog.roles[found.role], catalog.roles[found.group]
    return ReviewedSchema(
        id=one.task.id,
        key=one.task.key,
        name=one.task.name,
        deal=Named(code=one.deal.id, name=one.deal.title),
        direction=one.deal.values.get(DIRECTION),
        role=Named(code=role.code, name=role.name),
        now=names.person(one.task.assignee or ""),
        would_be=names.person(found.person) if found.person else None,
        group=Named(code=group.code, name=group.name),
        why=found.words(names.of),
    )


def _result(one: Result, names: PersonNames) -> ResultSchema:
    person = names.person(one.person) if one.person else None
    return ResultSchema(id=one.task_id, outcome=one.outcome, person=person, detail=one.sentence)
