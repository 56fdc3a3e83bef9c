"""What one caller may do with one deal."""

from collections.abc import Collection
from dataclasses import dataclass

from api.auth import Principal
from bpmn.camunda.client.rest import TaskRef
from db.domain.catalog import Catalog
from db.domain.deal import Deal

ADMINS = "portalAdmins"
LAWYERS = "lawyers"
"""They read personal data of every deal that they may read at all."""
READ_SCOPE, WRITE_SCOPE = "deals:read", "deals:write"


@dataclass(frozen=True)
class Right:
    """Nothing is allowed unless it is said here."""

    reads: bool = False
    writes: bool = False
    """Fields, files, notes and stages of the deal."""
    reassigns: bool = False
    """Gives the deal to another manager."""
    changes_period: bool = False
    """Of temporary terms that are agreed."""
    reads_restricted: bool = False
    """Files with personal data."""
    role_fields: frozenset[str] = frozenset()
    """Fields that belong to a role whose task the caller has taken."""


def right_of(
    catalog: Catalog,
    deal: Deal,
    caller: Principal,
    *,
    tasks: Collection[TaskRef] = (),
    took_part: bool = False,
    manager_tasks: Collection[str] = (),
) -> Right:
    """The rule of roles for a deal.

    ``tasks``: open tasks of the deal that are the caller's or wait for the caller's groups.
    ``took_part``: the caller had a task of the deal once.
    ``manager_tasks``: ids of the tasks that are a manager's work.
    """
    if caller.is_machine:
        return Right(
            reads=bool({READ_SCOPE, WRITE_SCOPE} & caller.scopes),
            writes=WRITE_SCOPE in caller.scopes,
        )
    direction = catalog.direction_of(deal)
    leads = caller.login == deal.manager
    heads = direction.heads in caller.roles
    taken = [task for task in tasks if task.assignee == caller.login]
    reads = leads or heads or bool(tasks) or took_part or ADMINS in caller.roles
    approves = any(step.role in caller.roles for step in catalog.approval_steps.values())
    return Right(
        reads=reads,
        writes=leads or (heads and any(task.key in manager_tasks for task in taken)),
        reassigns=heads,
        changes_period=heads,
        reads_restricted=leads or (reads and LAWYERS in caller.roles) or (approves and bool(tasks)),
        role_fields=_role_fields(catalog, caller) if taken else frozenset(),
    )


def _role_fields(catalog: Catalog, caller: Principal) -> frozenset[str]:
    roles = set(caller.roles)
    return frozenset(f.code for f in catalog.fields.values() if roles & set(f.filled_by))
