"""Moves of a deal along its stages; the process follows by itself."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from api.deals.access import Visiting
from api.deals.requests import Loss, StageMove
from api.deals.responses import DealSchema
from api.deals.versions import IfMatch, check, etag
from api.deals.views import Viewed, deal_card
from api.dependencies import CurrentActor, EmployeesDep
from api.engine.messages import end_process, wake_process
from api.http.clock import now
from api.http.idempotency import Answer, OncePerKey
from api.http.strict_json import StrictRoute
from db.domain.history import Actor
from db.domain.stages import lose, move
from db.ports.store import Store

router = APIRouter(prefix="/deals/{deal_id}", tags=["Стадии"], route_class=StrictRoute)


@router.post("/stage", response_model=DealSchema, summary="Перевести на стадию")
def move_deal(
    body: StageMove,
    visitor: Visiting,
    actor: CurrentActor,
    employees: EmployeesDep,
    seen: IfMatch,
    once: OncePerKey,
) -> JSONResponse:
    """Move the deal; the stage it has already is a success and moves nothing twice.

    409 if the stage may not follow or fields are missing (all are named), 412 if the version
    that the caller saw is stale.
    """
    names, version = employees.names(), body.version or seen

    def effect(store: Store) -> Answer:
        deal, right = visitor.enter_to_write(store)
        if body.stage != deal.stage:
            check(store, deal, version)
        if move(store.catalog, deal, body.stage, at=now()):
            wake_process(store, deal)
        return _stored(Viewed(store, deal, right, names), actor)

    return once.do(effect)


@router.post("/lost", response_model=DealSchema, summary="Закрыть как проигранную")
def lose_deal(
    body: Loss,
    visitor: Visiting,
    actor: CurrentActor,
    employees: EmployeesDep,
    seen: IfMatch,
    once: OncePerKey,
) -> JSONResponse:
    """Close the deal as lost with a reason from the list; open tasks are withdrawn."""
    names, version = employees.names(), body.version or seen

    def effect(store: Store) -> Answer:
        deal, right = visitor.enter_to_write(store)
        if deal.is_open:
            check(store, deal, version)
        reason, comment = body.reason, body.comment
        if lose(store.catalog, deal, reason, comment, store.lists, at=now()):
            end_process(store, deal)
        return _stored(Viewed(store, deal, right, names), actor)

    return once.do(effect)


def _stored(viewed: Viewed, actor: Actor) -> Answer:
    viewed.store.deals.save(viewed.deal, actor)
    return Answer.of(deal_card(viewed), headers=etag(viewed.deal.version))
