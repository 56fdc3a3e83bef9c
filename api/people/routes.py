"""Endpoints of employees: the caller, and the members of a role."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.dependencies import CurrentCaller, EmployeesDep, NamesDep, ResourcesDep
from api.http.problems import HttpRefusal
from api.http.schema import Code, Named
from api.people.responses import MeSchema, RolePeople
from api.routing import StrictRoute

router = APIRouter(tags=["Сотрудник"], route_class=StrictRoute)
roles = APIRouter(prefix="/roles", tags=["Справочники"], route_class=StrictRoute)


class RoleNotFound(HttpRefusal):
    """The catalog has no role of this code."""

    code = "ROLE_NOT_FOUND"
    status = 404

    def __init__(self, role: str) -> None:
        super().__init__(f"Роли «{role}» нет.")


@router.get("/me", summary="Кто я")
def read_me(caller: CurrentCaller, resources: ResourcesDep, names: NamesDep) -> MeSchema:
    """Login, name and roles of the caller, in the order of the catalog."""
    known = resources.database.catalog.roles.values()
    own = [Named.of(role) for role in known if role.code in caller.roles]
    return MeSchema.of(names.person(caller.login), roles=own)


@roles.get("/{role}/people", summary="Действующие сотрудники роли")
def read_people(
    role: Annotated[Code, Path(title="Код роли", examples=["drivers"])],
    resources: ResourcesDep,
    employees: EmployeesDep,
    names: NamesDep,
) -> RolePeople:
    """Active members of a role, for choosing an employee in a form."""
    known = resources.database.catalog.roles.get(role)
    if known is None:
        raise RoleNotFound(role)
    people = [names.person(login) for login in employees.members(role)]
    return RolePeople(
        role=Named.of(known),
        items=sorted(people, key=lambda person: (person.name, person.login)),
    )
