"""«Кто получит»: whom a shipping direction would give the tasks of a day."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.dependencies import CurrentCaller, EmployeesDep, ResourcesDep
from api.engine.users import PersonNames
from api.http.clock import now
from api.http.schema import Day, Named, PersonSchema, ResponseSchema
from api.lists.routes import ItemCode, known_list
from api.routing import StrictRoute
from db.domain.assignment import Assignment, At, assign
from db.domain.catalog import Catalog, ListAttribute
from db.domain.delivery import ROUTE, is_needed

DIRECTIONS = "shippingDirections"

router = APIRouter(
    prefix=f"/lists/{DIRECTIONS}/items", tags=["Универсальные списки"], route_class=StrictRoute
)


class AssigneeSchema(ResponseSchema, title="AssigneeShape"):
    """Who is named for a role, who gets a task of that day, and why."""

    attribute: str = Field(title="Свойство значения", examples=["operator"])
    label: str = Field(title="Подпись", examples=["Оператор 1С"])
    role: Named = Field(title="Роль")
    at: At = Field(title="Чей склад: source отгружает, receiver получает")
    named: PersonSchema | None = Field(title="Кто назначен")
    person: PersonSchema | None = Field(title="Кто получит задачу")
    group: Named = Field(title="Если никто, чья это групповая задача")
    because: str = Field(title="Почему, код", examples=["substitute"])
    text: str = Field(title="Почему", examples=["назначен"])
    alerts: bool = Field(title="Администратору придёт предупреждение")


class AssigneeList(ResponseSchema):
    on: date = Field(title="День")
    items: list[AssigneeSchema] = Field(title="Роли направления")


@router.get("/{code}/assignees", summary="Кто получит задачи направления")
def read_assignees(
    code: ItemCode,
    caller: CurrentCaller,
    resources: ResourcesDep,
    employees: EmployeesDep,
    on: Annotated[
        Day | None, Query(title="День, без него сегодняшний в филиале направления")
    ] = None,
) -> AssigneeList:
    """By names and absences as they are now. What a deal's own card says comes before this: its
    driver, or its carrier."""
    catalog, names = resources.database.catalog, employees.names()
    attributes = [a for a in known_list(catalog, DIRECTIONS).attributes.values() if a.role]
    members = {a.role: employees.members(a.role) for a in attributes if a.role}
    with resources.database.reading() as store:
        item = store.lists.item(DIRECTIONS, code)
        day = on or resources.settings.branch_days.day_in(item, now())
        absences = store.absences.on(day)
    found = [
        (a, assign(a.role, item.attributes.get(a.code), members[a.role], absences))
        for a in attributes
        if a.role
    ]
    route = item.attributes.get(ROUTE)
    return AssigneeList(on=day, items=[_shape(catalog, names, a, one, route) for a, one in found])


def _shape(
    catalog: Catalog, names: PersonNames, about: ListAttribute, found: Assignment, route: str | None
) -> AssigneeSchema:
    role, group = catalog.roles[found.role], catalog.roles[found.group]
    return AssigneeSchema(
        attribute=about.code,
        label=about.label,
        role=Named(code=role.code, name=role.name),
        at=At.RECEIVER if about.code == At.RECEIVER else At.SOURCE,
        named=names.person(found.named) if found.named else None,
        person=names.person(found.person) if found.person else None,
        group=Named(code=group.code, name=group.name),
        because=found.because,
        text=found.words(names.of),
        alerts=found.alerts and is_needed(about.code, route),
    )
