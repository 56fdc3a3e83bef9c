"""The caller: who the suite takes them for."""

from fastapi import APIRouter
from pydantic import Field

from api.dependencies import CurrentCaller, EmployeesDep, ResourcesDep
from api.http.schema import Named, PersonSchema
from api.routing import StrictRoute

router = APIRouter(tags=["Сотрудник"], route_class=StrictRoute)


class MeSchema(PersonSchema, title="MeShape"):
    roles: list[Named] = Field(title="Роли")


@router.get("/me", summary="Кто я")
def read_me(caller: CurrentCaller, resources: ResourcesDep, employees: EmployeesDep) -> MeSchema:
    """Login, name and roles, in the order of the catalogue."""
    roles = resources.database.catalog.roles.values()
    own = [Named(code=role.code, name=role.name) for role in roles if role.code in caller.roles]
    return MeSchema(login=caller.login, name=employees.names().of(caller.login), roles=own)
