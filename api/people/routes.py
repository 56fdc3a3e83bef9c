"""Endpoints of employees: the caller, and the members of a role."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.dependencies import CurrentCaller, EmployeesDep, ResourcesDep
from api.http.problems import HttpRefusal
from api.http.schema import Code, Named
from api.people.responses import MeSchema, RolePeople
from api.routing import StrictRoute

router = APIRouter(route_class=StrictRoute)


class RoleNotFound(HttpRefusal):
    """The catalog has no role of this code."""

    code = "ROLE_NOT_FOUND"
    status = 404

    def __init__(self, role: str) -> None:
        super().__init__(f"Роли «{role}» нет.")


@router.get("/me", summary="Кто я", tags=["Сотрудник"])
def read_me(caller: CurrentCaller, resources: ResourcesDep, employees: EmployeesDep) -> MeSchema:
    """Login, name and roles of the caller, in the order of the catalog."""
    roles = resources.database.catalog.roles.values()
    own = [Named(code=role.code, name=role.name) for role in roles if role.code in caller.roles]
    return MeSchema(login=caller.login, name=employees.names().of(caller.login), roles=own)


@router.get("/roles/{role}/people", summary="Действующие сотрудники роли", tags=["Справочники"])
def read_people(
    role: Annotated[Code, Path(title="Код роли", examples=["drivers"])],
    caller: CurrentCaller,
    resources: ResourcesDep,
    employees: EmployeesDep,
) -> RolePeople:
    """Active members of a role, for choosing an employee in a form."""
    known = resources.database.catalog.roles.get(role)
    if known is None:
        raise RoleNotFound(role)
    names = employees.names()
    people = [names.person(login) for login in employees.members(role)]
    return RolePeople(
        role=Named(code=known.code, name=known.name),
        items=sorted(people, key=lambda person: (person.name, person.login)),
    )
