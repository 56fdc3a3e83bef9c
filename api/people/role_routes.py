"""Roles: who works in them now."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from api.dependencies import Caller, Opened, Staff
from api.http.schema import Code, Named, PersonShape, Shape
from api.http.strict_json import StrictRoute
from db.domain.errors import ListItemNotFound

router = APIRouter(prefix="/roles", tags=["Справочники"], route_class=StrictRoute)


class RoleNotFound(ListItemNotFound):
    code = "ROLE_NOT_FOUND"

    def __init__(self, role: str) -> None:
        Exception.__init__(self, f"Роли «{role}» нет.")


class RolePeople(Shape):
    role: Named = Field(title="Роль")
    items: list[PersonShape] = Field(title="Сотрудники по имени")


@router.get("/{role}/people", summary="Действующие сотрудники роли")
def read_people(
    role: Annotated[Code, Path(title="Код роли", examples=["drivers"])],
    caller: Caller,
    opened: Opened,
    staff: Staff,
) -> RolePeople:
    """For choosing a person in a form."""
    known = opened.database.catalog.roles.get(role)
    if known is None:
        raise RoleNotFound(role)
    names = staff.names()
    people = [names.person(login) for login in staff.members(role)]
    return RolePeople(
        role=Named(code=known.code, name=known.name),
        items=sorted(people, key=lambda person: (person.name, person.login)),
    )
