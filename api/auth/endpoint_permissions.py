"""Which role may call which endpoint: the table, and the guard that reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated

from fastapi import Depends, Request

from api.auth import Principal, current_principal
from db.domain.errors import AccessDenied


class Reach(IntEnum):
    """How far a role gets at an endpoint; the wider one of several roles counts.

    For one deal `api.deals.permissions` then decides by the deal itself and the
    caller's tasks in it.
    """

    NONE = 0
    TASK = 1  # deals in which the caller has or had a task; writing: only in a task taken
    OWN = 2  # also the deals that the caller leads
    DIRECTION = 3  # also all deals of the directions that the role heads
    ALL = 4  # everything here


LEADERS = ("salesManagers", "categoryManagers", "serviceEngineers")
HEADS = ("salesHeads", "serviceHeads", "commercialDirectors")
DOERS = (
    "deputyChiefAccountants",
    "lawyers",
    "onecOperators",
    "storekeepers",
    "drivers",
    "dispatchers",
)
ADMINS = ("portalAdmins",)
ANY_TOKEN = "any"
"""A machine's token of whatever scope."""


@dataclass(frozen=True)
class Row:
    """One endpoint: what each kind of role gets, and the scope that a machine needs."""

    leaders: Reach = Reach.NONE
    heads: Reach = Reach.NONE
    doers: Reach = Reach.NONE
    admins: Reach = Reach.NONE
    machines: str | None = None

    def of(self, role: str) -> Reach:
        for roles, reach in (
            (LEADERS, self.leaders),
            (HEADS, self.heads),
            (DOERS, self.doers),
            (ADMINS, self.admins),
        ):
            if role in roles:
                return reach
        return Reach.NONE


def _everybody(machines: str | None = None) -> Row:
    return Row(Reach.ALL, Reach.ALL, Reach.ALL, Reach.ALL, machines)


_READ_DEAL = Row(Reach.OWN, Reach.DIRECTION, Reach.TASK, Reach.ALL, "deals:read")
_LEAD_DEAL = Row(Reach.OWN, Reach.TASK, machines="deals:write")
_FILL_DEAL = Row(Reach.OWN, Reach.TASK, Reach.TASK, machines="deals:write")
_READ_LISTS = _everybody("lists:read")

TABLE: Mapping[tuple[str, str], Row] = {
    ("GET", "/me"): _everybody(ANY_TOKEN),
    ("GET", "/deals"): _READ_DEAL,
    ("POST", "/deals"): Row(Reach.OWN, Reach.DIRECTION, machines="deals:write"),
    ("GET", "/deals/{deal_id}"): _READ_DEAL,
    ("PATCH", "/deals/{deal_id}"): _FILL_DEAL,
    ("POST", "/deals/{deal_id}/manager"): Row(heads=Reach.DIRECTION),
    ("PUT", "/deals/{deal_id}/temporary-period"): Row(heads=Reach.DIRECTION),
    ("POST", "/deals/{deal_id}/stage"): _LEAD_DEAL,
    ("POST", "/deals/{deal_id}/lost"): _LEAD_DEAL,
    ("GET", "/deals/{deal_id}/notes"): _READ_DEAL,
    ("POST", "/deals/{deal_id}/notes"): _LEAD_DEAL,
    ("GET", "/deals/{deal_id}/history"): _READ_DEAL,
    ("GET", "/deals/{deal_id}/approvals"): _READ_DEAL,
    ("GET", "/deals/{deal_id}/tasks"): _READ_DEAL,
    ("GET", "/deals/{deal_id}/files"): _READ_DEAL,
    ("POST", "/deals/{deal_id}/files/{field}"): _FILL_DEAL,
    ("GET", "/files/{file_id}"): _READ_DEAL,
    ("GET", "/tasks/{task_id}"): Row(Reach.TASK, Reach.TASK, Reach.TASK, Reach.TASK),
    ("GET", "/directions"): _READ_LISTS,
    ("GET", "/fields"): _READ_LISTS,
    ("GET", "/lists"): _READ_LISTS,
    ("GET", "/lists/{list_code}"): _READ_LISTS,
    ("GET", "/lists/{list_code}/history"): _READ_LISTS,
    ("GET", "/lists/{list_code}/items/{code}"): _READ_LISTS,
    ("PUT", "/lists/{list_code}/items/{code}"): Row(admins=Reach.ALL),
    ("DELETE", "/lists/{list_code}/items/{code}"): Row(admins=Reach.ALL),
    ("GET", "/lists/shippingDirections/items/{code}/assignees"): _everybody(),
    ("GET", "/roles/{role}/people"): _everybody(),
    ("GET", "/absences"): _everybody(),
    ("POST", "/absences"): Row(admins=Reach.ALL),
    ("POST", "/absences/{absence_id}/cancel"): Row(admins=Reach.ALL),
    ("GET", "/assignments/review"): Row(admins=Reach.ALL),
    ("POST", "/assignments/reassign"): Row(admins=Reach.ALL),
    ("GET", "/notifications"): _everybody(),
    ("POST", "/notifications/{notification_id}/read"): _everybody(),
    ("GET", "/mails"): Row(admins=Reach.ALL),
    ("POST", "/mails/{mail_id}/resend"): Row(admins=Reach.ALL),
    ("GET", "/deals-without-next-step"): Row(heads=Reach.DIRECTION, admins=Reach.ALL),
}
"""Method and path below /api/v1 → row. An endpoint that is not here is closed to everybody."""


def reach(caller: Principal, method: str, path: str) -> Reach:
    """How far the caller gets at an endpoint of the table."""
    row = TABLE.get((method, path))
    if row is None:
        return Reach.NONE
    if caller.is_machine:
        fits = row.machines == ANY_TOKEN or row.machines in caller.scopes
        return Reach.ALL if fits else Reach.NONE
    return max((row.of(role) for role in caller.roles), default=Reach.NONE)


def authorize(request: Request) -> None:
    """The guard for those who cannot wait for dependencies. Raises as `guard`."""
    guard(request, current_principal(request))


def guard(request: Request, caller: Annotated[Principal, Depends(current_principal)]) -> None:
    """Dependency of every route below /api/v1. Raises: AccessDenied, and what identity raises."""
    template: str = request.scope["route"].path
    if reach(caller, request.method, template.removeprefix("/api/v1")) is Reach.NONE:
        raise AccessDenied("Ваша роль не позволяет это действие.")
