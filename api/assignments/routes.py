"""Endpoints of task assignment: absences, assignee preview, review and reassignment of tasks."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from api.assignments.reassignment import Reassignment, TaskResult, by_rule
from api.assignments.requests import AbsenceId, NewAbsence, ReassignmentRequest
from api.assignments.responses import (
    AbsenceList,
    AbsenceSchema,
    AssigneeList,
    AssigneeSchema,
    Results,
    ResultSchema,
    Review,
    ReviewedSchema,
)
from api.dependencies import (
    CurrentActor,
    CurrentCaller,
    EmployeesDep,
    IdempotentRequestDep,
    ResourcesDep,
)
from api.http.clock import now
from api.http.idempotency import IdempotentResponse
from api.http.schema import Code, Day
from api.lists.requests import ItemCode
from api.lists.validation import list_definition
from api.routing import StrictRoute
from db.domain.absences import Absence, check
from db.domain.assignment import assign
from db.domain.clock import today
from db.domain.delivery import ROUTE
from db.domain.errors import AbsenceNotFound, FieldProblem, FieldsInvalid
from db.domain.history import Actor
from db.ports.store import Store

router = APIRouter(route_class=StrictRoute)
LISTS, ASSIGNMENTS, ABSENCES = "Универсальные списки", "Назначения", "Отсутствия и замещения"

DIRECTIONS = "shippingDirections"
EITHER_TASKS_OR_FILTER = FieldProblem(
    "tasks", "Задачи", "Укажите либо задачи, либо направление отгрузки и (или) роль."
)


@router.get(
    f"/lists/{DIRECTIONS}/items/{{code}}/assignees",
    summary="Кто получит задачи направления",
    tags=[LISTS],
)
def read_assignees(
    code: ItemCode,
    caller: CurrentCaller,
    resources: ResourcesDep,
    employees: EmployeesDep,
    on: Annotated[
        Day | None, Query(title="День, без него сегодняшний в филиале направления")
    ] = None,
) -> AssigneeList:
    """Preview of the assignees of a shipping direction on a day, by present names and absences.

    The driver or carrier of a deal takes precedence over the direction's driver.
    """
    catalog, names = resources.database.catalog, employees.names()
    attributes = [
        (attribute, attribute.role)
        for attribute in list_definition(catalog, DIRECTIONS).attributes.values()
        if attribute.role
    ]
    members = {role: employees.members(role) for _, role in attributes}
    with resources.database.reading() as store:
        item = store.lists.item(DIRECTIONS, code)
        day = on or resources.settings.branch_days.day_in(item, now())
        absences = store.absences.on(day)
    route = item.attributes.get(ROUTE)
    items = []
    for attribute, role in attributes:
        named = item.attributes.get(attribute.code)
        assignment = assign(role, named, members[role], absences)
        items.append(AssigneeSchema.of(catalog, names, attribute, assignment, route))
    return AssigneeList(on=day, items=items)


@router.get(
    "/assignments/review", summary="Задачи, которые правило отдало бы другим", tags=[ASSIGNMENTS]
)
def read_review(
    caller: CurrentCaller,
    resources: ResourcesDep,
    employees: EmployeesDep,
    direction: Annotated[Code | None, Query(title="Направление отгрузки")] = None,
    role: Annotated[Code | None, Query(title="Роль")] = None,
) -> Review:
    """Open tasks whose assignee the assignment rule would not choose now.

    A change of a list does not reassign open tasks by itself.
    """
    found = Reassignment(resources, employees).review(direction, role)
    catalog, names = resources.database.catalog, employees.names()
    return Review(items=[ReviewedSchema.of(each, catalog, names) for each in found])


@router.post(
    "/assignments/reassign",
    response_model=Results,
    summary="Переназначить открытые задачи",
    tags=[ASSIGNMENTS],
)
def reassign(
    body: ReassignmentRequest,
    actor: CurrentActor,
    resources: ResourcesDep,
    employees: EmployeesDep,
    once: IdempotentRequestDep,
) -> JSONResponse:
    """Reassign tasks one by one, each with its own outcome.

    Safe to repeat because a task that already has the target assignee stays unchanged.
    """
    if (body.tasks is None) == (body.direction is None and body.role is None):
        raise FieldsInvalid([EITHER_TASKS_OR_FILTER])

    def work() -> IdempotentResponse:
        results = _reassign(body, actor, Reassignment(resources, employees))
        names = employees.names()
        return IdempotentResponse.of(
            Results(items=[ResultSchema.of(each, names) for each in results])
        )

    return once.run_in_parts(work)


def _reassign(
    body: ReassignmentRequest, actor: Actor, reassignment: Reassignment
) -> list[TaskResult]:
    if body.tasks is None:
        found = reassignment.review(body.direction, body.role)
        return [
            reassignment.give(each.task.id, each.assignment.person, actor, each.task.assignee)
            for each in found
        ]
    return [
        reassignment.give(
            each.id, each.to if "to" in each.model_fields_set else by_rule, actor, each.seen
        )
        for each in body.tasks
    ]


@router.get("/absences", summary="Отсутствия и замещения", tags=[ABSENCES])
def read_absences(
    caller: CurrentCaller, resources: ResourcesDep, employees: EmployeesDep
) -> AbsenceList:
    """All absences, including past and canceled ones."""
    names = employees.names()
    with resources.database.reading() as store:
        found = store.absences.all()
    return AbsenceList(items=[AbsenceSchema.of(absence, names) for absence in found])


@router.post(
    "/absences",
    status_code=201,
    response_model=AbsenceSchema,
    summary="Записать отсутствие",
    tags=[ABSENCES],
)
def add_absence(
    body: NewAbsence, actor: CurrentActor, employees: EmployeesDep, once: IdempotentRequestDep
) -> JSONResponse:
    """Record an absence. From its first day new tasks go to the substitute; open tasks stay until
    they are reassigned.

    422 if the period is in the past or ends before it starts, if an employee is unknown, or if
    the person is already absent then.
    """
    names, logins = employees.names(), employees.logins()
    absence = Absence(
        id=str(uuid.uuid4()),
        person=body.person,
        substitute=body.substitute,
        first_day=body.first_day,
        last_day=body.last_day,
        reason=body.reason,
        created_by=actor.id,
        created_at=now(),
    )

    def effect(store: Store) -> IdempotentResponse:
        check(absence, store.absences.all(), logins, today())
        store.absences.add(absence)
        return IdempotentResponse.of(AbsenceSchema.of(absence, names), 201)

    return once.run(effect)


@router.post(
    "/absences/{absence_id}/cancel",
    response_model=AbsenceSchema,
    summary="Отменить отсутствие",
    tags=[ABSENCES],
)
def cancel_absence(
    absence_id: AbsenceId, actor: CurrentActor, employees: EmployeesDep, once: IdempotentRequestDep
) -> JSONResponse:
    """Cancel an absence; its record stays. Safe to repeat: a second call changes nothing."""
    names = employees.names()

    def effect(store: Store) -> IdempotentResponse:
        store.absences.cancel(absence_id, actor.id, now())
        if (found := store.absences.get(absence_id)) is None:
            raise AbsenceNotFound
        return IdempotentResponse.of(AbsenceSchema.of(found, names))

    return once.run(effect)
