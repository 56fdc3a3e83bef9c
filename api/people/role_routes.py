"""Roles: who works in them now."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from api.dependencies import CurrentCaller, EmployeesDep, ResourcesDep
from api.http.schema import Code, Named, PersonSchema, ResponseSchema
from api.routing import StrictRoute
from db.domain.errors import ListItemNotFound

router = APIRouter(prefix="/roles", tags=["Справочники"], route_class=StrictRoute)


class RoleNotFound(ListItemNotFound):
    code = "ROLE_NOT_FOUND"

    def __init__(self, role: str) -> None:
        Exception.__init__(self, f"Роли «{role}» нет.")


class RolePeople(ResponseSchema):
    role: Named = Field(title="Роль")
    items: list[PersonSchema] = Field(title="Сотрудники по имени")


@router.get("/{role}/people", summary="Действующие сотрудники роли")
def read_people(
    role: Annotated[Code, Path(title="Код роли", examples=["drivers"])],
    caller: CurrentCaller,
    resources: ResourcesDep,
    employees: EmployeesDep,
) -> RolePeople:
    """For choosing a person in a form."""
    known = resources.database.catalog.roles.get(role)
    if known is None:
        raise RoleNotFound(role)
    names = employees.names()
    people = [names.person(login) for login in employees.members(role)]
    return RolePeople(
        role=Named(code=known.code, name=known.name),
        items=sorted(people, key=lambda person: (person.name, person.login)),
    )
