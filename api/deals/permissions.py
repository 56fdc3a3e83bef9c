"""Deal permissions: what one caller may do with one deal."""

from collections.abc import Collection
from dataclasses import dataclass

from api.auth import Principal
from bpmn.camunda.client.rest import UserTask
from bpmn.model.manager_tasks import TaskKey
from db.domain.catalog import Catalog
from db.domain.deals.deal import Deal
from db.domain.people.roles import ADMINISTRATORS, LAWYERS

READ_SCOPE, WRITE_SCOPE = "deals:read", "deals:write"


@dataclass(frozen=True)
class DealPermissions:
    """Permissions of one caller for one deal; the default denies everything."""

    can_read: bool = False
    can_write: bool = False
    """Fields, files, notes and stages of the deal."""
    can_reassign: bool = False
    """Give the deal to another manager."""
    can_change_period: bool = False
    """Change the last day of agreed temporary terms."""
    can_read_restricted: bool = False
    """Read files with personal data."""
    role_fields: frozenset[str] = frozenset()
    """Codes of the fields that the caller may fill because of a claimed task."""


def deal_permissions(
    catalog: Catalog,
    deal: Deal,
    caller: Principal,
    *,
    tasks: Collection[UserTask] = (),
    had_task: bool = False,
    manager_tasks: Collection[TaskKey] = (),
) -> DealPermissions:
    """Derive the permissions from the caller's roles, the deal and the caller's tasks in it.

    ``tasks``: open tasks of the deal that the caller has claimed or may claim.
    ``had_task``: the caller completed a task of the deal earlier.
    ``manager_tasks``: user tasks that belong to the deal's manager.
    """
    if caller.is_machine:
        return DealPermissions(
            can_read=bool({READ_SCOPE, WRITE_SCOPE} & caller.scopes),
            can_write=WRITE_SCOPE in caller.scopes,
        )
    is_manager = caller.login == deal.manager
    is_head = catalog.direction_of(deal).heads in caller.roles
    claimed = [task for task in tasks if task.assignee == caller.login]
    leads_by_task = any((task.process_key, task.key) in manager_tasks for task in claimed)
    chains = catalog.chains_of(deal.direction)
    is_approver = any(s.role in caller.roles for chain in chains for s in chain.steps.values())
    can_read = is_manager or is_head or bool(tasks) or had_task or ADMINISTRATORS in caller.roles
    return DealPermissions(
        can_read=can_read,
        can_write=is_manager or (is_head and leads_by_task),
        can_reassign=is_head,
        can_change_period=is_head,
        can_read_restricted=(
            is_manager or (can_read and LAWYERS in caller.roles) or (is_approver and bool(tasks))
        ),
        role_fields=_role_fields(catalog, caller) if claimed else frozenset(),
    )


def _role_fields(catalog: Catalog, caller: Principal) -> frozenset[str]:
    roles = set(caller.roles)
    return frozenset(f.code for f in catalog.fields.values() if roles & set(f.filled_by))
