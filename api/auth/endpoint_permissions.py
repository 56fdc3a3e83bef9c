"""Permissions of roles and machines per endpoint, and the dependency that enforces them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Annotated

from fastapi import Depends, Request

from api.auth import Principal, current_principal
from db.catalog import load_catalog
from db.domain.catalog import Access
from db.domain.errors import AccessDenied


class Reach(IntEnum):
    """Set of deals that a role reaches at an endpoint; of several roles the widest counts.

    For one deal `api.deals.permissions` then decides by the deal and the caller's tasks in it.
    """

    NONE = 0
    TASK = 1  # deals in which the caller has or had a task; writing needs a claimed task
    OWN = 2  # also deals whose manager is the caller
    DIRECTION = 3  # also all deals of the directions that the role heads
    ALL = 4  # everything


ANY_TOKEN = "any"
"""In place of a scope: any valid machine token."""


@dataclass(frozen=True)
class EndpointPermission:
    """Reach of each access of a role at one endpoint, and the scope that a machine needs."""

    leaders: Reach = Reach.NONE
    heads: Reach = Reach.NONE
    performers: Reach = Reach.NONE
    admins: Reach = Reach.NONE
    machines: str | None = None

    def reach_of(self, access: Access) -> Reach:
        """Reach of the roles with this access."""
        return {
            Access.LEADERS: self.leaders,
            Access.HEADS: self.heads,
            Access.PERFORMERS: self.performers,
            Access.ADMINS: self.admins,
        }[access]


@cache
def access_of_roles() -> Mapping[str, Access]:
    """Access of each role of the catalog, read once. Raises: CatalogInvalid."""
    return {role.code: role.access for role in load_catalog().roles.values()}


def _everybody(machines: str | None = None) -> EndpointPermission:
    return EndpointPermission(Reach.ALL, Reach.ALL, Reach.ALL, Reach.ALL, machines)


_READ_DEAL = EndpointPermission(Reach.OWN, Reach.DIRECTION, Reach.TASK, Reach.ALL, "deals:read")
_LEAD_DEAL = EndpointPermission(Reach.OWN, Reach.TASK, machines="deals:write")
_FILL_DEAL = EndpointPermission(Reach.OWN, Reach.TASK, Reach.TASK, machines="deals:write")
_OWN_TASKS = EndpointPermission(Reach.TASK, Reach.TASK, Reach.TASK, Reach.TASK)
_ADMINS = EndpointPermission(admins=Reach.ALL)
_HEADS = EndpointPermission(heads=Reach.DIRECTION)
_HEADED = EndpointPermission(heads=Reach.DIRECTION, admins=Reach.ALL)
_READ_LISTS = _everybody("lists:read")

TABLE: Mapping[tuple[str, str], EndpointPermission] = {
    ("GET", "/me"): _everybody(ANY_TOKEN),
    ("POST", "/me/password"): _everybody(),
    ("GET", "/deals"): _READ_DEAL,
    ("POST", "/deals"): EndpointPermission(Reach.OWN, Reach.DIRECTION, machines="deals:write"),
    ("GET", "/deals/{deal_id}"): _READ_DEAL,
    ("PATCH", "/deals/{deal_id}"): _FILL_DEAL,
    ("POST", "/deals/{deal_id}/manager"): _HEADS,
    ("PUT", "/deals/{deal_id}/temporary-period"): _HEADS,
    ("POST", "/deals/{deal_id}/stage"): _LEAD_DEAL,
    ("POST", "/deals/{deal_id}/lost"): _LEAD_DEAL,
    ("POST", "/deals/{deal_id}/parts"): _LEAD_DEAL,
    ("POST", "/deals/{deal_id}/cost-offer"): _LEAD_DEAL,
    ("GET", "/deals/{deal_id}/receipt"): _READ_DEAL,
    ("GET", "/deals/{deal_id}/notes"): _READ_DEAL,
    ("POST", "/deals/{deal_id}/notes"): _LEAD_DEAL,
    ("POST", "/deals/{deal_id}/order-requests"): _FILL_DEAL,
    ("GET", "/deals/{deal_id}/order-requests/{request_id}"): _READ_DEAL,
    ("POST", "/deals/{deal_id}/order-requests/{request_id}/apply"): _FILL_DEAL,
    ("GET", "/deals/{deal_id}/history"): _READ_DEAL,
    ("GET", "/deals/{deal_id}/timeline"): _READ_DEAL,
    ("GET", "/deals/{deal_id}/processes"): _READ_DEAL,
    ("GET", "/deals/{deal_id}/processes/{instance_id}"): _READ_DEAL,
    ("GET", "/deals/{deal_id}/approvals"): _READ_DEAL,
    ("GET", "/deals/{deal_id}/tasks"): _READ_DEAL,
    ("GET", "/deals/{deal_id}/files"): _READ_DEAL,
    ("POST", "/deals/{deal_id}/files/{field}"): _FILL_DEAL,
    ("GET", "/files/{file_id}"): _READ_DEAL,
    ("GET", "/deals/{deal_id}/templates"): _READ_DEAL,
    ("GET", "/deals/{deal_id}/templates/{template_id}"): _READ_DEAL,
    ("GET", "/deals/{deal_id}/templates/{template_id}/document"): _READ_DEAL,
    ("GET", "/templates"): _ADMINS,
    ("POST", "/templates"): _ADMINS,
    ("POST", "/templates/{template_id}/versions"): _ADMINS,
    ("GET", "/templates/{template_id}/versions/{number}"): _ADMINS,
    ("POST", "/templates/{template_id}/use"): _ADMINS,
    ("GET", "/placeholders"): _ADMINS,
    ("GET", "/events"): _everybody(),
    ("GET", "/tasks"): _OWN_TASKS,
    ("GET", "/tasks/{task_id}"): _OWN_TASKS,
    ("GET", "/tasks/{task_id}/colleagues"): _OWN_TASKS,
    ("POST", "/tasks/{task_id}/return"): _OWN_TASKS,
    ("POST", "/tasks/{task_id}/delegate"): _OWN_TASKS,
    ("POST", "/tasks/{task_id}/onec-document"): EndpointPermission(performers=Reach.TASK),
    ("GET", "/directions/{direction}/board"): _READ_DEAL,
    ("GET", "/directions/{direction}/board/{stage}"): _READ_DEAL,
    ("GET", "/search"): _READ_DEAL,
    ("GET", "/deals/export"): _READ_DEAL,
    ("POST", "/deals/reassign"): _HEADS,
    ("GET", "/saved-views"): _everybody(),
    ("POST", "/saved-views"): _everybody(),
    ("DELETE", "/saved-views/{view_id}"): _everybody(),
    ("POST", "/deals/duplicates"): EndpointPermission(
        Reach.OWN, Reach.DIRECTION, machines="deals:read"
    ),
    ("GET", "/directions"): _READ_LISTS,
    ("GET", "/directions/{direction}/values"): _everybody(),
    ("GET", "/fields"): _READ_LISTS,
    ("GET", "/lists"): _READ_LISTS,
    ("GET", "/lists/{list_code}"): _READ_LISTS,
    ("GET", "/lists/{list_code}/history"): _READ_LISTS,
    ("GET", "/lists/{list_code}/items/{code}"): _READ_LISTS,
    ("PUT", "/lists/{list_code}/items/{code}"): _ADMINS,
    ("DELETE", "/lists/{list_code}/items/{code}"): _ADMINS,
    ("GET", "/lists/shippingDirections/items/{code}/assignees"): _everybody(),
    ("GET", "/roles"): _everybody(),
    ("GET", "/roles/{role}/people"): _everybody(),
    ("GET", "/absences"): _everybody(),
    ("POST", "/absences"): _ADMINS,
    ("POST", "/absences/{absence_id}/cancel"): _ADMINS,
    ("GET", "/assignments/review"): _ADMINS,
    ("POST", "/assignments/reassign"): _ADMINS,
    ("GET", "/notifications"): _everybody(),
    ("GET", "/notifications/preferences"): _everybody(),
    ("PUT", "/notifications/preferences/{kind}"): _everybody(),
    ("GET", "/notifications/browsers"): _everybody(),
    ("PUT", "/notifications/browsers"): _everybody(),
    ("DELETE", "/notifications/browsers/{browser_id}"): _everybody(),
    ("POST", "/notifications/read"): _everybody(),
    ("POST", "/notifications/{notification_id}/read"): _everybody(),
    ("GET", "/mails"): _ADMINS,
    ("POST", "/mails/{mail_id}/resend"): _ADMINS,
    ("GET", "/deals-without-next-step"): _HEADED,
    ("GET", "/workload"): _HEADED,
    ("GET", "/people"): _ADMINS,
    ("POST", "/people"): _ADMINS,
    ("PUT", "/people/{login}"): _ADMINS,
    ("POST", "/people/{login}/deactivate"): _ADMINS,
    ("POST", "/people/{login}/password"): _ADMINS,
    ("GET", "/people/{login}/handover"): _HEADED,
    ("POST", "/people/{login}/handover"): _HEADED,
    ("GET", "/reports"): _HEADED,
    ("GET", "/reports/{report}"): _HEADED,
    ("GET", "/reports/{report}/export"): _HEADED,
}
"""Method and path below /api/v1 → permission. An endpoint that is missing here is closed."""


def reach(caller: Principal, method: str, path: str) -> Reach:
    """Reach of a caller at an endpoint of the table."""
    permission = TABLE.get((method, path))
    if permission is None:
        return Reach.NONE
    if caller.is_machine:
        fits = permission.machines == ANY_TOKEN or permission.machines in caller.scopes
        return Reach.ALL if fits else Reach.NONE
    known = access_of_roles()
    reaches = (permission.reach_of(known[role]) for role in caller.roles if role in known)
    return max(reaches, default=Reach.NONE)


def authorize(request: Request) -> None:
    """As `guard`, for code that runs before FastAPI resolves dependencies."""
    guard(request, current_principal(request))


def guard(request: Request, caller: Annotated[Principal, Depends(current_principal)]) -> None:
    """FastAPI dependency of every route below /api/v1.

    Raises: AccessDenied, and what `current_principal` raises.
    """
    template: str = request.scope["route"].path
    if reach(caller, request.method, template.removeprefix("/api/v1")) is Reach.NONE:
        raise AccessDenied("Ваша роль не позволяет это действие.")
