"""Giving deals to another manager: one, or several of a list at once."""

from collections.abc import Collection, Mapping

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from api.auth import Principal
from api.deals.creation import NOT_A_MANAGER
from api.deals.permissions import deal_permissions
from api.deals.requests import Reassignment, SeenDeal
from api.deals.responses import Reassigned, ReassignedDeal
from api.deals.versions import check_version
from api.dependencies import (
    CurrentActor,
    CurrentCaller,
    EmployeesDep,
    IdempotentRequestDep,
    Resources,
    ResourcesDep,
)
from api.engine.messages import enqueue_stage_moved
from api.http.idempotency import IdempotentResponse
from api.routing import StrictRoute
from bpmn.model.manager_tasks import TaskKey
from db.domain.deals.deal import Deal
from db.domain.deals.history import Actor
from db.domain.deals.stages import reassign
from db.domain.errors import AccessDenied, DealNotFound, Refusal
from db.ports.store import Store

router = APIRouter(prefix="/deals", tags=["Сделки"], route_class=StrictRoute)


@router.post("/reassign", response_model=Reassigned, summary="Передать несколько сделок")
def reassign_deals(
    body: Reassignment,
    caller: CurrentCaller,
    actor: CurrentActor,
    resources: ResourcesDep,
    employees: EmployeesDep,
    once: IdempotentRequestDep,
) -> JSONResponse:
    """Give several deals to one manager; their processes follow. For heads of their directions.

    Each deal is given or not by itself, and the answer says why not. All that are given are given
    in one transaction, so a repeat with the same Idempotency-Key gives none twice.
    """
    seen = {deal.id: deal for deal in body.deals}
    with resources.database.reading() as store:
        directions = {deal.direction for deal in store.deals.some(list(seen))}
    catalog = resources.database.catalog
    roles = {code: catalog.directions[code].managers for code in directions}
    led = {role: employees.is_in(body.manager, role) for role in set(roles.values())}
    fits = {code: led[role] for code, role in roles.items()}

    def effect(store: Store) -> IdempotentResponse:
        items = []
        # Always in the same order: two requests for the same deals do not lock each other out.
        for deal_id in sorted(seen):
            reason = None
            try:
                _give_one(store, seen[deal_id], body.manager, caller, actor, resources, fits)
            except Refusal as refusal:
                reason = str(refusal)
            items.append(ReassignedDeal(id=deal_id, reason=reason))
        return IdempotentResponse.of(Reassigned(items=items))

    return once.run(effect)


def give(
    store: Store, deal: Deal, manager: str, seen: int | None, manager_tasks: Collection[TaskKey]
) -> None:
    """Give a deal to a manager and wake its process; not saved yet.

    Raises: DealChanged, DealClosed.
    """
    if manager != deal.manager:
        check_version(store, deal, seen)
    direction = store.catalog.direction_of(deal)
    wakes = (direction.process, direction.stage(deal.stage).activity) in manager_tasks
    if reassign(deal, manager, wakes_process=wakes) and wakes:
        enqueue_stage_moved(store, deal)


def _give_one(
    store: Store,
    seen: SeenDeal,
    manager: str,
    caller: Principal,
    actor: Actor,
    resources: Resources,
    fits: Mapping[str, bool],
) -> None:
    """Raises: Refusal, before anything was changed."""
    deal = store.deals.get(seen.id, for_update=True)
    permissions = deal_permissions(store.catalog, deal, caller)
    if not permissions.can_reassign:
        if not permissions.can_read:
            raise DealNotFound(seen.id)
        raise AccessDenied("Передавать сделки может руководитель направления.")
    if not fits.get(deal.direction, False):
        raise AccessDenied(NOT_A_MANAGER.message)
    give(store, deal, manager, seen.version, resources.manager_tasks)
    store.deals.save(deal, actor)
