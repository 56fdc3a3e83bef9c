"""Endpoints of task assignment: absences, assignee preview, review and reassignment of tasks."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from api.assignments.reassignment import Reassignment, TaskResult, by_rule
from api.assignments.requests import AbsenceId, NewAbsence, ReassignmentRequest
from api.assignments.responses import AbsenceList, AbsenceSchema, AssigneeList, Results, Review
from api.assignments.views import absence_view, assignee_view, result_view, reviewed_task
from api.dependencies import (
    CurrentActor,
    EmployeesDep,
    IdempotentRequestDep,
    NamesDep,
    ResourcesDep,
)
from api.http.clock import now
from api.http.idempotency import IdempotentResponse
from api.http.schema import Code, Day
from api.lists.requests import ItemCode
from api.lists.validation import list_definition
from api.routing import StrictRoute
from db.domain.clock import today
from db.domain.deals.history import Actor
from db.domain.errors import AbsenceNotFound, FieldProblem, FieldsInvalid
from db.domain.people.absences import Absence, check
from db.domain.people.assignment import assign
from db.domain.shipping.delivery import ROUTE
from db.ports.store import Store

DIRECTIONS = "shippingDirections"

assignees = APIRouter(
    prefix=f"/lists/{DIRECTIONS}/items", tags=["Универсальные списки"], route_class=StrictRoute
)
assignments = APIRouter(prefix="/assignments", tags=["Назначения"], route_class=StrictRoute)
absences = APIRouter(prefix="/absences", tags=["Отсутствия и замещения"], route_class=StrictRoute)

EITHER_TASKS_OR_FILTER = FieldProblem(
    "tasks", "Задачи", "Укажите либо задачи, либо направление отгрузки и (или) роль."
)


@assignees.get("/{code}/assignees", summary="Кто получит задачи направления")
def read_assignees(
    code: ItemCode,
    resources: ResourcesDep,
    employees: EmployeesDep,
    names: NamesDep,
    on: Annotated[
        Day | None, Query(title="День, без него сегодняшний в филиале направления")
    ] = None,
) -> AssigneeList:
    """Preview of the assignees of a shipping direction on a day, by present names and absences.

    The driver or carrier of a deal takes precedence over the direction's driver.
    """
    catalog = resources.database.catalog
    attributes = [
        (attribute, attribute.role)
        for attribute in list_definition(catalog, DIRECTIONS).attributes.values()
        if attribute.role
    ]
    members = {role: employees.members(role) for _, role in attributes}
    with resources.database.reading() as store:
        item = store.lists.item(DIRECTIONS, code)
        day = on or resources.settings.branch_days.day_in(item, now())
        away = store.absences.on(day)
    route = item.attributes.get(ROUTE)
    items = []
    for attribute, role in attributes:
        named = item.attributes.get(attribute.code)
        assignment = assign(role, named, members[role], away)
        items.append(assignee_view(catalog, names, attribute, assignment, route))
    return AssigneeList(on=day, items=items)


@assignments.get("/review", summary="Задачи, которые правило отдало бы другим")
def read_review(
    resources: ResourcesDep,
    employees: EmployeesDep,
    names: NamesDep,
    direction: Annotated[Code | None, Query(title="Направление отгрузки")] = None,
    role: Annotated[Code | None, Query(title="Роль")] = None,
) -> Review:
    """Open tasks whose assignee the assignment rule would not choose now.

    A change of a list does not reassign open tasks by itself.
    """
    found = Reassignment(resources, employees).review(direction, role)
    catalog = resources.database.catalog
    return Review(items=[reviewed_task(each, catalog, names) for each in found])


@assignments.post("/reassign", response_model=Results, summary="Переназначить открытые задачи")
def reassign(
    body: ReassignmentRequest,
    actor: CurrentActor,
    resources: ResourcesDep,
    employees: EmployeesDep,
    names: NamesDep,
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
        return IdempotentResponse.of(Results(items=[result_view(each, names) for each in results]))

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


@absences.get("", summary="Отсутствия и замещения")
def read_absences(resources: ResourcesDep, names: NamesDep) -> AbsenceList:
    """All absences, including past and canceled ones."""
    with resources.database.reading() as store:
        found = store.absences.all()
    return AbsenceList(items=[absence_view(absence, names) for absence in found])


@absences.post("", status_code=201, response_model=AbsenceSchema, summary="Записать отсутствие")
def add_absence(
    body: NewAbsence,
    actor: CurrentActor,
    employees: EmployeesDep,
    names: NamesDep,
    once: IdempotentRequestDep,
) -> JSONResponse:
    """Record an absence. From its first day new tasks go to the substitute; open tasks stay until
    they are reassigned.

    422 if the period is in the past or ends before it starts, if an employee is unknown, or if
    the person is already absent then.
    """
    logins = employees.logins()
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
        return IdempotentResponse.of(absence_view(absence, names), 201)

    return once.run(effect)


@absences.post("/{absence_id}/cancel", response_model=AbsenceSchema, summary="Отменить отсутствие")
def cancel_absence(
    absence_id: AbsenceId, actor: CurrentActor, names: NamesDep, once: IdempotentRequestDep
) -> JSONResponse:
    """Cancel an absence; its record stays. Safe to repeat: a second call changes nothing."""

    def effect(store: Store) -> IdempotentResponse:
        store.absences.cancel(absence_id, actor.id, now())
        if (found := store.absences.get(absence_id)) is None:
            raise AbsenceNotFound
        return IdempotentResponse.of(absence_view(found, names))

    return once.run(effect)
