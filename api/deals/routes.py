"""Endpoints of deals: list, create, read, update, reassign, move along the stages."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime

from api.deals.access import DealAccessDep, DealContext, restrict_to_readable
from api.deals.creation import NOT_A_MANAGER, DealCreation
from api.deals.listing import filter_of, listed
from api.deals.permissions import deal_permissions
from api.deals.reassignment import give
from api.deals.requests import DealChange, DealQuery, Loss, NewDeal, NewManager, StageMove
from api.deals.responses import DealPage, DealSchema, StalledDeal, StalledDeals
from api.deals.versions import IfMatch, check_version, required_version
from api.deals.views import deal_card, deal_card_at, deal_line
from api.dependencies import (
    CurrentActor,
    CurrentCaller,
    EmployeesDep,
    IdempotentRequestDep,
    NamesDep,
    ResourcesDep,
)
from api.engine.messages import enqueue_end, enqueue_stage_moved, enqueue_start
from api.http.clock import now
from api.http.etag import etag_header
from api.http.idempotency import IdempotentResponse
from api.http.problems import HttpRefusal
from api.routing import StrictRoute
from db.domain.approval.reliability import sign
from db.domain.clock import today
from db.domain.deals.field_updates import write
from db.domain.deals.history import Actor
from db.domain.deals.stages import lose, move
from db.domain.errors import AccessDenied, FieldsInvalid
from db.domain.people.roles import ADMINISTRATORS
from db.ports.store import Store

router = APIRouter(prefix="/deals", tags=["Сделки"], route_class=StrictRoute)
stages = APIRouter(prefix="/deals/{deal_id}", tags=["Стадии"], route_class=StrictRoute)
CURSOR = r"^(D-[0-9]{4}-[0-9]{1,10}|i-[0-9]{1,9})?$"
"""A deal, or a place among the running instances, behind which the next page begins."""

monitoring = APIRouter(tags=["Контроль"], route_class=StrictRoute)


PastInstant = Annotated[
    AwareDatetime | None,
    Query(title="Какой сделка была в этот момент", examples=["2026-11-27T10:00:00+03:00"]),
]


class NotYetCreated(HttpRefusal):
    """The deal did not exist at the instant that was asked for."""

    code = "DEAL_NOT_YET_CREATED"
    status = 404
    sentence = "В этот момент сделки ещё не было. Выберите более позднее время."


@router.post("", status_code=201, response_model=DealSchema, summary="Создать сделку")
def create_deal(
    body: NewDeal,
    caller: CurrentCaller,
    actor: CurrentActor,
    resources: ResourcesDep,
    employees: EmployeesDep,
    names: NamesDep,
    once: IdempotentRequestDep,
) -> JSONResponse:
    """Create a deal at the first stage of its direction; its process starts automatically.

    Fields may be incomplete. Repeating the call with the same Idempotency-Key creates no second
    deal.
    """
    catalog = resources.database.catalog
    creation = DealCreation.prepare(body, caller, catalog, employees)

    def effect(store: Store) -> IdempotentResponse:
        stored = store.deals.add(creation.new_deal(store), actor)
        enqueue_start(store, stored)
        permissions = deal_permissions(catalog, stored, caller)
        card = deal_card(DealContext(store, stored, permissions, names, caller.login))
        location = {"Location": f"/api/v1/deals/{stored.id}", **etag_header(stored.version)}
        return IdempotentResponse.of(card, 201, location)

    return once.run(effect)


@router.get("", summary="Список сделок")
def find_deals(
    query: Annotated[DealQuery, Query()],
    caller: CurrentCaller,
    resources: ResourcesDep,
    names: NamesDep,
) -> DealPage:
    """Deals that the caller may read, newest first; ``next`` is the address of the next page."""
    conditions = restrict_to_readable(filter_of(query), caller, resources)
    with resources.database.reading() as store:
        page = listed(store, conditions, query.sort, after=query.after, limit=query.limit + 1)
    shown = page[: query.limit]
    lines = [deal_line(resources.database.catalog, deal, names) for deal, _ in shown]
    has_more = len(page) > query.limit
    return DealPage(items=lines, next=_next_page(query, shown[-1][1]) if has_more else None)


def _next_page(query: DealQuery, last: str) -> str:
    given = query.model_dump(exclude_none=True, exclude={"after"}, mode="json")
    if query.open is not None:
        given["open"] = str(query.open).lower()
    return f"/api/v1/deals?{urlencode({**given, 'after': last})}"


@router.get("/{deal_id}", summary="Карточка сделки")
def read_deal(access: DealAccessDep, response: Response, at: PastInstant = None) -> DealSchema:
    """The deal with its fields, files and available stages; 404 also without access.

    ``at``: as it was at that instant, by its history; nothing of it can be edited then.
    """
    with access.reading() as context:
        card = deal_card(context) if at is None else deal_card_at(context, at)
    if card is None:
        raise NotYetCreated
    response.headers.update(etag_header(card.version))
    return card


@router.patch("/{deal_id}", summary="Изменить поля")
def change_deal(
    body: DealChange,
    access: DealAccessDep,
    employees: EmployeesDep,
    actor: CurrentActor,
    if_match: IfMatch,
    response: Response,
) -> DealSchema:
    """Update some fields. Either all of them are written or none.

    428 without a version; 412 if the deal has changed since that version; 422 with every invalid
    field; 409 if a field is locked at the current stage.
    """
    version = required_version(if_match, body.version)
    strangers = employees.fields_outside_role(access.database.catalog, body.fields)
    with access.writing() as context:
        store, deal = context.store, context.deal
        catalog, lists = store.catalog, store.lists
        role_fields = context.permissions.role_fields
        only_role_fields = bool(body.fields) and set(body.fields) <= role_fields
        if not context.permissions.can_write and not only_role_fields:
            raise AccessDenied("Изменять поля сделки может её менеджер.")
        check_version(store, deal, version)
        changed = write(
            catalog, deal, body.fields, lists, role_fields=role_fields, strangers=strangers
        )
        sign(catalog, deal, changed, lists, by=access.caller.login, on=today())
        store.deals.save(deal, actor)
        card = deal_card(context)
    response.headers.update(etag_header(card.version))
    return card


@router.post("/{deal_id}/manager", summary="Передать сделку другому менеджеру")
def give_deal(
    body: NewManager,
    access: DealAccessDep,
    actor: CurrentActor,
    resources: ResourcesDep,
    employees: EmployeesDep,
    once: IdempotentRequestDep,
) -> JSONResponse:
    """Give the deal to another manager; its process follows. For heads of the direction."""
    direction = resources.database.catalog.directions[access.direction]
    is_manager = employees.is_in(body.manager, direction.managers)

    def effect(store: Store) -> IdempotentResponse:
        context = access.load(store, for_update=True)
        if not context.permissions.can_reassign:
            raise AccessDenied("Передавать сделки может руководитель направления.")
        if not is_manager:
            raise FieldsInvalid([NOT_A_MANAGER])
        give(store, context.deal, body.manager, body.version, resources.manager_tasks)
        return _saved(context, actor)

    return once.run(effect)


@stages.post("/stage", response_model=DealSchema, summary="Перевести на стадию")
def move_deal(
    body: StageMove,
    access: DealAccessDep,
    actor: CurrentActor,
    if_match: IfMatch,
    once: IdempotentRequestDep,
) -> JSONResponse:
    """Move the deal to another stage. Safe to repeat: a move to the current stage succeeds and
    changes nothing.

    409 if the stage is not allowed now or required fields are empty (all are named); 412 if the
    deal has changed since the given version.
    """
    version = body.version or if_match

    def effect(store: Store) -> IdempotentResponse:
        context = access.load_for_writing(store)
        deal = context.deal
        if body.stage != deal.stage:
            check_version(store, deal, version)
        if move(store.catalog, deal, body.stage, at=now()):
            enqueue_stage_moved(store, deal)
        return _saved(context, actor)

    return once.run(effect)


@stages.post("/lost", response_model=DealSchema, summary="Закрыть как проигранную")
def lose_deal(
    body: Loss,
    access: DealAccessDep,
    actor: CurrentActor,
    if_match: IfMatch,
    once: IdempotentRequestDep,
) -> JSONResponse:
    """Close the deal as lost with a reason from the list; its process and open tasks end."""
    version = body.version or if_match

    def effect(store: Store) -> IdempotentResponse:
        context = access.load_for_writing(store)
        deal = context.deal
        if deal.is_open:
            check_version(store, deal, version)
        if lose(store.catalog, deal, body.reason, body.comment, store.lists, at=now()):
            enqueue_end(store, deal)
        return _saved(context, actor)

    return once.run(effect)


@monitoring.get("/deals-without-next-step", summary="Сделки без следующего шага")
def read_stuck_deals(
    caller: CurrentCaller,
    resources: ResourcesDep,
    names: NamesDep,
    after: Annotated[str, Query(pattern=CURSOR, title="Откуда продолжить")] = "",
    limit: Annotated[int, Query(ge=1, le=200, title="Сделок на странице")] = 200,
) -> StalledDeals:
    """Open deals that have neither a task with an active candidate, nor a timer, nor a pending
    system step; and deals whose process waits at an activity that does not fit their stage.

    A page looks at a thousand deals, so it may be empty: read on until ``next``, the address of the
    next page, is null. Open deals come by number, behind them closed ones whose process waits.
    """
    catalog = resources.database.catalog
    page = resources.gateway.stuck_page(resources.database.reading, now(), after)
    with resources.database.reading() as store:
        directions = store.deals.stages([each.deal_id for each, _ in page.found])
        visible = [
            (each, cursor)
            for each, cursor in page.found
            if each.deal_id in directions
            and {ADMINISTRATORS, catalog.directions[directions[each.deal_id][0]].heads}
            & set(caller.roles)
        ]
        shown = visible[:limit]
        deals = {deal.id: deal for deal in store.deals.some([one.deal_id for one, _ in shown])}
        items = [
            StalledDeal(deal=deal_line(catalog, deals[one.deal_id], names), reason=one.reason)
            for one, _ in shown
        ]
    cursor = shown[-1][1] if len(visible) > limit else page.next
    query = urlencode({"after": cursor, "limit": limit})
    return StalledDeals(
        items=items, next=f"/api/v1/deals-without-next-step?{query}" if cursor else None
    )


def _saved(context: DealContext, actor: Actor) -> IdempotentResponse:
    context.store.deals.save(context.deal, actor)
    return IdempotentResponse.of(deal_card(context), headers=etag_header(context.deal.version))
