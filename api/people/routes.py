"""The caller: who the suite takes them for."""

from fastapi import APIRouter
from pydantic import Field

from api.dependencies import Caller, Opened, Staff
from api.http.schema import Named, PersonShape
from api.http.strict_json import StrictRoute

router = APIRouter(tags=["Сотрудник"], route_class=StrictRoute)


class MeShape(PersonShape):
    roles: list[Named] = Field(title="Роли")


@router.get("/me", summary="Кто я")
def read_me(caller: Caller, opened: Opened, staff: Staff) -> MeShape:
    """Login, name and roles, in the order of the catalogue."""
    roles = opened.database.catalog.roles.values()
    own = [Named(code=role.code, name=role.name) for role in roles if role.code in caller.roles]
    return MeShape(login=caller.login, name=staff.names().of(caller.login), roles=own)
