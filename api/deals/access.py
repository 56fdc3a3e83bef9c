"""Deal access: loads a deal with the caller's permissions, and filters lists by visibility."""

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Path

from api.auth import Principal
from api.deals.permissions import DealPermissions, deal_permissions
from api.dependencies import CurrentCaller, NamesDep, Resources, ResourcesDep
from api.engine.users import PersonNames
from bpmn.camunda.client.rest import UserTask
from bpmn.model.manager_tasks import TaskKey
from db.domain.catalog import Catalog, Direction, Field
from db.domain.deals.deal import Deal
from db.domain.deals.field_updates import locked
from db.domain.errors import AccessDenied, DealNotFound, Unavailable
from db.domain.people.roles import ADMINISTRATORS
from db.ports.deals import DealFilter
from db.ports.store import Store
from db.store.database import Database

DEAL_ID = re.compile(r"D-[0-9]{4}-[0-9]{5,9}")
DealId = Annotated[str, Path(title="Номер сделки", max_length=20, examples=["D-2026-00001"])]
NO_NAMES = PersonNames()


@dataclass(frozen=True)
class DealContext:
    """A deal loaded in a transaction, with the caller's permissions and names for rendering."""

    store: Store
    deal: Deal
    permissions: DealPermissions
    names: PersonNames
    login: str
    """Of the caller."""

    @property
    def direction(self) -> Direction:
        """Direction of the deal."""
        return self.store.catalog.direction_of(self.deal)

    @property
    def fields(self) -> tuple[Field, ...]:
        """Fields of the direction, in its order."""
        return self.store.catalog.fields_of(self.direction)

    def can_read(self, field: Field) -> bool:
        """Whether the caller may read the field: restricted ones need a permission."""
        return self.permissions.can_read_restricted or not field.restricted

    def can_edit(self, field: Field) -> bool:
        """Whether the caller may write the field now."""
        if not self.deal.is_open or field.system:
            return False
        if field.code in self.permissions.role_fields:
            return True
        unlocked = not locked(self.store.catalog, self.deal, [field.code])
        return self.permissions.can_write and not field.filled_by and unlocked


@dataclass(frozen=True)
class DealAccess:
    """Access of one caller to one deal.

    The caller's tasks are fetched from the engine outside of transactions. Permissions to write
    are derived inside the writing transaction, from the deal as it is then; those to read from the
    deal as it was read to find out which tasks matter, so that a request reads its row once.
    """

    caller: Principal
    deal_id: str
    database: Database
    names: PersonNames = NO_NAMES
    direction: str = ""
    """Direction of the deal; it never changes."""
    manager_tasks: Collection[TaskKey] = ()
    tasks: Sequence[UserTask] = ()
    had_task: bool = False
    """Whether the caller completed a task of the deal, or decided on it, earlier."""
    known: Deal | None = None
    """The deal as it was read for this access."""

    def load(self, store: Store, *, for_update: bool = False) -> DealContext:
        """Load the deal; ``for_update`` locks its row.

        Raises: DealNotFound, also when the caller may not read the deal.
        """
        deal = store.deals.get(self.deal_id, for_update=for_update)
        had_task = self.had_task or has_decided(store, self.deal_id, self.caller)
        return replace(self, had_task=had_task).context(store, deal)

    def context(self, store: Store, deal: Deal) -> DealContext:
        """Derive the caller's permissions from the deal. Raises: DealNotFound."""
        permissions = deal_permissions(
            store.catalog,
            deal,
            self.caller,
            tasks=self.tasks,
            had_task=self.had_task,
            manager_tasks=self.manager_tasks,
        )
        if not permissions.can_read:
            raise DealNotFound(self.deal_id)
        return DealContext(store, deal, permissions, self.names, self.caller.login)

    def load_for_writing(self, store: Store) -> DealContext:
        """Load and lock the deal. Raises: DealNotFound, AccessDenied."""
        context = self.load(store, for_update=True)
        if not context.permissions.can_write:
            raise AccessDenied("Изменять сделку может её менеджер.")
        return context

    def can_read(self, store: Store) -> bool:
        """Whether the deal as it is known lets the caller read it, without tasks."""
        try:
            return self.known is not None and bool(self.context(store, self.known))
        except DealNotFound:
            return False

    @contextmanager
    def reading(self) -> Iterator[DealContext]:
        """Open a read-only transaction for what belongs to the deal. Raises as `load`."""
        with self.database.reading() as store:
            yield self.load(store) if self.known is None else self.context(store, self.known)

    @contextmanager
    def writing(self) -> Iterator[DealContext]:
        """Load and lock the deal in a transaction that commits at the end. Raises as `load`."""
        with self.database.writing() as store:
            yield self.load(store, for_update=True)


def has_decided(store: Store, deal_id: str, caller: Principal) -> bool:
    """Whether the caller decided on the deal. It counts as a task and outlives the history."""
    return any(decision.person == caller.login for decision in store.rounds.decisions(deal_id))


def deal_access(
    deal_id: str, caller: Principal, resources: Resources, names: PersonNames = NO_NAMES
) -> DealAccess:
    """Fetch the caller's tasks in a deal, unless the deal alone determines the permissions.

    Raises: DealNotFound; Unavailable, when the permissions depend on an engine that is down.
    """
    if not DEAL_ID.fullmatch(deal_id):
        raise DealNotFound(deal_id[:20])
    with resources.database.reading() as store:
        deal = store.deals.get(deal_id)
        access = DealAccess(
            caller,
            deal_id,
            resources.database,
            names,
            deal.direction,
            resources.manager_tasks,
            had_task=not caller.is_machine and has_decided(store, deal_id, caller),
            known=deal,
        )
        can_read = access.can_read(store)
    if caller.is_machine or caller.login == deal.manager:
        return access
    return _with_tasks(access, resources, can_read)


def _with_tasks(access: DealAccess, resources: Resources, can_read: bool) -> DealAccess:
    caller, gateway = access.caller, resources.gateway
    try:
        tasks = gateway.tasks_for(caller.login, caller.roles, access.deal_id)
        asks_history = (
            not can_read and not tasks and _works_by_tasks(caller, resources.database.catalog)
        )
        had_task = asks_history and gateway.had_task(access.deal_id, caller.login)
    except Unavailable:
        if not can_read:
            raise
        return access
    return replace(access, tasks=tasks, had_task=had_task or access.had_task)


def _deal_access(
    deal_id: DealId, caller: CurrentCaller, resources: ResourcesDep, names: NamesDep
) -> DealAccess:
    return deal_access(deal_id, caller, resources, names)


DealAccessDep = Annotated[DealAccess, Depends(_deal_access)]


def restrict_to_readable(
    conditions: DealFilter, caller: Principal, resources: Resources
) -> DealFilter:
    """Narrow a filter to the deals that the caller may read. Raises: Unavailable."""
    if caller.is_machine or ADMINISTRATORS in caller.roles:
        return conditions
    catalog = resources.database.catalog
    headed = tuple(d.code for d in catalog.directions.values() if d.heads in caller.roles)
    by_tasks: set[str] = set()
    if _works_by_tasks(caller, catalog):
        open_tasks = resources.gateway.tasks_for(caller.login, caller.roles)
        by_tasks = resources.gateway.deals_of(caller.login)
        by_tasks |= {task.deal_id for task in open_tasks if task.deal_id}
    return replace(
        conditions, readable_by=caller.login, directions=headed, also=tuple(sorted(by_tasks))
    )


def _works_by_tasks(caller: Principal, catalog: Catalog) -> bool:
    """Whether past tasks give the caller access to deals.

    Not for those who are only managers or heads: their access follows from the deal itself, and a
    manager loses a deal that was given to somebody else.
    """
    directions = catalog.directions.values()
    leaders = {d.managers for d in directions} | {d.heads for d in directions}
    return bool(caller.roles - leaders)
