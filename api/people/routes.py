"""Endpoints of employees: the caller, and the members of a role."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from api.auth.login_throttle import Attempt
from api.auth.sessions import session_cookie
from api.dependencies import CurrentActor, CurrentCaller, EmployeesDep, NamesDep, ResourcesDep
from api.http.problems import HttpRefusal
from api.http.schema import Code, Login, Named
from api.live.hub import Hub
from api.people.own_password import OwnPassword
from api.people.requests import EmployeeChange, NewEmployee, PasswordChange
from api.people.responses import (
    EmployeeList,
    EmployeeSchema,
    MeSchema,
    NewPassword,
    RoleList,
    RolePeople,
)
from api.people.staff import Staff
from api.routing import StrictRoute
from bpmn.camunda.client.records import Person

staff = APIRouter(prefix="/people", tags=["Сотрудники"], route_class=StrictRoute)
router = APIRouter(tags=["Сотрудник"], route_class=StrictRoute)
roles = APIRouter(prefix="/roles", tags=["Справочники"], route_class=StrictRoute)


class RoleNotFound(HttpRefusal):
    """The catalog has no role of this code."""

    code = "ROLE_NOT_FOUND"
    status = 404

    def __init__(self, role: str) -> None:
        super().__init__(f"Роли «{role}» нет.")


async def _latest_news(request: Request) -> str:
    hub: Hub = request.app.state.hub
    return await hub.settled()


@router.get("/me", summary="Кто я")
def read_me(
    caller: CurrentCaller,
    news: Annotated[str, Depends(_latest_news)],
    resources: ResourcesDep,
    employees: EmployeesDep,
) -> MeSchema:
    """Login, name and roles of the caller, and the number of unread notifications.

    A page that reads its data after this answer, and listens to the stream of changes from
    ``news`` on, misses nothing.
    """
    catalog = resources.database.catalog
    own = [Named.of(role) for role in catalog.roles.values() if role.code in caller.roles]
    leads = [
        Named.of(direction)
        for direction in catalog.directions.values()
        if {direction.managers, direction.heads} & caller.roles
    ]
    heads = [Named.of(one) for one in catalog.directions.values() if one.heads in caller.roles]
    with resources.database.reading() as store:
        unread = store.notifications.unread(caller.login)
    return MeSchema.of(
        employees.name_of(caller.login),
        roles=own,
        leads=leads,
        heads=heads,
        news=news,
        unread=unread,
    )


@router.post("/me/password", status_code=204, summary="Сменить свой пароль")
def change_own_password(
    body: PasswordChange, request: Request, caller: CurrentCaller, resources: ResourcesDep
) -> None:
    """Replace the caller's password and end all other sessions; the calling one stays open.

    Without an Idempotency-Key, which would store a hash of the passwords. Safe to repeat: a repeat
    with the same present password is refused once the new one is valid, and one that gives the new
    password as the present one sets it again.
    """
    by_session = "authorization" not in request.headers
    OwnPassword(
        resources.gateway,
        request.app.state.authenticator,
        Attempt(caller.login, request.client.host if request.client else ""),
        session_cookie(request) if by_session else None,
    ).change(body.present_password.get_secret_value(), body.new_password.get_secret_value())


@roles.get("", summary="Роли")
def read_roles(resources: ResourcesDep) -> RoleList:
    """All roles of employees, in the order of the catalog."""
    return RoleList(items=[Named.of(role) for role in resources.database.catalog.roles.values()])


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


def _staff(request: Request, resources: ResourcesDep, actor: CurrentActor) -> Staff:
    return Staff(resources, request.app.state.authenticator, actor)


StaffDep = Annotated[Staff, Depends(_staff)]
EmployeeLogin = Annotated[Login, Path(title="Логин сотрудника", examples=["manager1"])]


@staff.get("", summary="Сотрудники и их роли")
def read_employees(staff: StaffDep) -> EmployeeList:
    """Accounts of all employees, also of those who do not work here any more."""
    return EmployeeList(items=staff.all())


@staff.post("", status_code=201, summary="Добавить сотрудника")
def add_employee(body: NewEmployee, staff: StaffDep) -> NewPassword:
    """Create an account with roles and a password, which this response alone holds.

    Without an Idempotency-Key, whose stored response would hold the password: a repeat is refused
    because the login is taken, and a lost password is replaced by a new one.
    """
    employee, password = staff.create(_person(body.login, body), body.roles)
    return NewPassword(employee=employee, password=password)


@staff.put("/{login}", summary="Изменить сотрудника и его роли")
def change_employee(login: EmployeeLogin, body: EmployeeChange, staff: StaffDep) -> EmployeeSchema:
    """Set names, address and roles. Safe to repeat: they are absolute."""
    return staff.change(_person(login, body), body.roles)


@staff.post("/{login}/deactivate", summary="Отключить сотрудника")
def deactivate_employee(login: EmployeeLogin, staff: StaffDep) -> EmployeeSchema:
    """Take all roles, end all sessions and replace the password. Safe to repeat.

    Deals and tasks stay until they are handed over; tasks of the roles go to substitutes or groups.
    """
    return staff.deactivate(login)


@staff.post("/{login}/password", summary="Новый пароль сотруднику")
def reset_password(login: EmployeeLogin, staff: StaffDep) -> NewPassword:
    """Replace the password and end all sessions; this response alone holds the new one.

    A repeat replaces it again.
    """
    employee, password = staff.reset_password(login)
    return NewPassword(employee=employee, password=password)


def _person(login: str, body: EmployeeChange) -> Person:
    return Person(login, body.first_name, body.last_name, body.email or None)
