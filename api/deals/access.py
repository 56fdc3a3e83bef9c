"""A caller at the door of a deal: let in with the rights of role, deal and open tasks."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Path

from api.auth import Principal
from api.deals.permissions import ADMINS, Right, right_of
from api.dependencies import CurrentCaller, Resources, ResourcesDep
from bpmn.camunda.client.rest import TaskRef
from db.domain.catalog import Catalog
from db.domain.deal import Deal
from db.domain.errors import AccessDenied, DealNotFound, Unavailable
from db.ports.store import DealFilter, Store

DEAL_ID = re.compile(r"D-[0-9]{4}-[0-9]{5,9}")
DealId = Annotated[str, Path(title="Номер сделки", max_length=20, examples=["D-2026-00001"])]


@dataclass(frozen=True)
class Visitor:
    """One caller, with what the engine said about the caller's tasks in one deal.

    The engine is asked before the transaction; the deal itself is judged inside it.
    """

    caller: Principal
    deal_id: str
    direction: str = ""
    """Of the deal; it never changes."""
    manager_tasks: Collection[str] = ()
    tasks: Sequence[TaskRef] = ()
    had_task: bool = False

    def enter(self, store: Store, *, for_update: bool = False) -> tuple[Deal, Right]:
        """The deal as it is now, and what the caller may do with it.

        Raises: DealNotFound, also when the caller may not even know of the deal.
        """
        deal = store.deals.get(self.deal_id, for_update=for_update)
        right = right_of(
            store.catalog,
            deal,
            self.caller,
            tasks=self.tasks,
            took_part=self.had_task or self._decided(store),
            manager_tasks=self.manager_tasks,
        )
        if not right.reads:
            raise DealNotFound(self.deal_id)
        return deal, right

    def enter_to_write(self, store: Store) -> tuple[Deal, Right]:
        """Raises: DealNotFound, AccessDenied."""
        deal, right = self.enter(store, for_update=True)
        if not right.writes:
            raise AccessDenied("Изменять сделку может её менеджер.")
        return deal, right

    def _decided(self, store: Store) -> bool:
        """Decisions outlive the engine's history."""
        decisions = store.rounds.decisions(self.deal_id)
        return any(decision.person == self.caller.login for decision in decisions)


def at_the_door(deal_id: str, caller: Principal, resources: Resources) -> Visitor:
    """Ask the engine about the caller's tasks, unless the deal alone decides.

    Raises: DealNotFound; Unavailable, only the engine could tell and it does not answer.
    """
    if not DEAL_ID.fullmatch(deal_id):
        raise DealNotFound(deal_id[:20])
    with resources.database.reading() as store:
        deal = store.deals.get(deal_id)
        visitor = Visitor(caller, deal_id, deal.direction, resources.manager_tasks)
        try:
            _, right = visitor.enter(store)
        except DealNotFound:
            right = Right()
    if caller.is_machine or caller.login == deal.manager:
        return visitor
    return _asked(visitor, resources, right)


def _asked(visitor: Visitor, resources: Resources, right: Right) -> Visitor:
    caller, workplace = visitor.caller, resources.workplace
    try:
        tasks = workplace.tasks_for(caller.login, caller.roles, visitor.deal_id)
        asks = not right.reads and not tasks and _works_by_tasks(caller, resources.database.catalog)
        had_task = asks and workplace.had_task(visitor.deal_id, caller.login)
    except Unavailable:
        if not right.reads:
            raise
        return visitor
    return replace(visitor, tasks=tasks, had_task=had_task)


def _visitor(deal_id: DealId, caller: CurrentCaller, resources: ResourcesDep) -> Visitor:
    return at_the_door(deal_id, caller, resources)


Visiting = Annotated[Visitor, Depends(_visitor)]


def readable(wanted: DealFilter, caller: Principal, resources: Resources) -> DealFilter:
    """Narrow a filter to the deals that the caller may see."""
    if caller.is_machine or ADMINS in caller.roles:
        return wanted
    catalog = resources.database.catalog
    headed = tuple(d.code for d in catalog.directions.values() if d.heads in caller.roles)
    known: set[str] = set()
    if _works_by_tasks(caller, catalog):
        waiting = resources.workplace.tasks_for(caller.login, caller.roles)
        known = resources.workplace.deals_of(caller.login)
        known |= {task.deal_id for task in waiting if task.deal_id}
    return replace(wanted, readable_by=caller.login, directions=headed, also=tuple(sorted(known)))


def _works_by_tasks(caller: Principal, catalog: Catalog) -> bool:
    """Not only a manager or head: what those may see is in the deals themselves, and a deal that
    was given to somebody else is no longer theirs."""
    directions = catalog.directions.values()
    leaders = {d.managers for d in directions} | {d.heads for d in directions}
    return bool(caller.roles - leaders)
