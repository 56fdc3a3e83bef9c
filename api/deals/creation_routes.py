"""New deals: a request of a client becomes a deal and a process."""

from collections.abc import Collection

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from api.auth import Principal
from api.deals.permissions import right_of
from api.deals.requests import NewDeal
from api.deals.responses import DealSchema
from api.deals.versions import etag
from api.deals.views import Viewed, deal_card
from api.dependencies import CurrentActor, CurrentCaller, EmployeesDep, ResourcesDep
from api.engine.messages import start_process
from api.engine.users import People
from api.http.clock import now
from api.http.idempotency import Answer, OncePerKey
from api.http.strict_json import StrictRoute
from db.domain.catalog import Direction
from db.domain.clock import today
from db.domain.deal import Deal
from db.domain.errors import AccessDenied, FieldProblem, FieldsInvalid
from db.domain.field_updates import write
from db.domain.reliability import sign
from db.ports.store import Store

router = APIRouter(prefix="/deals", tags=["Сделки"], route_class=StrictRoute)

UNKNOWN_DIRECTION = FieldProblem("direction", "Направление", "Такого направления нет.")
MANAGER_MISSING = FieldProblem("manager", "Менеджер", "Укажите, кто поведёт сделку.")
NOT_A_MANAGER = FieldProblem(
    "manager", "Менеджер", "Выберите действующего менеджера этого направления."
)


@router.post("", status_code=201, response_model=DealSchema, summary="Создать сделку")
def create_deal(
    body: NewDeal,
    caller: CurrentCaller,
    actor: CurrentActor,
    resources: ResourcesDep,
    employees: EmployeesDep,
    once: OncePerKey,
) -> JSONResponse:
    """A deal at the first stage of its direction; its process starts by itself.

    The card may be partial. With an Idempotency-Key a repeated call creates no second deal.
    """
    catalog = resources.database.catalog
    direction = catalog.directions.get(body.direction)
    if direction is None:
        raise FieldsInvalid([UNKNOWN_DIRECTION])
    manager, problems = _manager(body, direction, caller, employees)
    names, strangers = employees.names(), employees.strangers(catalog, body.fields)

    def effect(store: Store) -> Answer:
        deal = _filled(store, direction, manager, body, problems, strangers, caller)
        stored = store.deals.add(deal, actor)
        start_process(store, stored)
        right = right_of(catalog, stored, caller)
        card = deal_card(Viewed(store, stored, right, names))
        place = {"Location": f"/api/v1/deals/{stored.id}", **etag(stored.version)}
        return Answer.of(card, 201, place)

    return once.do(effect)


def _manager(
    body: NewDeal, direction: Direction, caller: Principal, employees: People
) -> tuple[str, list[FieldProblem]]:
    """Who leads the new deal: the caller, or whom a head or a machine names."""
    leads = direction.managers in caller.roles
    if leads and body.manager in (None, caller.login):
        return caller.login, []
    if not (caller.is_machine or direction.heads in caller.roles):
        raise AccessDenied("Создавать сделки этого направления могут его менеджеры.")
    if body.manager is None:
        return "", [MANAGER_MISSING]
    known = employees.is_in(body.manager, direction.managers)
    return body.manager, [] if known else [NOT_A_MANAGER]


def _filled(
    store: Store,
    direction: Direction,
    manager: str,
    body: NewDeal,
    problems: list[FieldProblem],
    strangers: Collection[str],
    caller: Principal,
) -> Deal:
    """Raises: FieldsInvalid with the problems of manager and fields in one answer."""
    catalog, lists, at = store.catalog, store.lists, now()
    deal = Deal(
        id="",
        direction=direction.code,
        stage=direction.first_stage.code,
        manager=manager,
        created_at=at,
        stage_since=at,
    )
    try:
        changed = write(catalog, deal, body.fields, lists, strangers=strangers)
    except FieldsInvalid as invalid:
        raise FieldsInvalid([*problems, *invalid.problems]) from None
    if problems:
        raise FieldsInvalid(problems)
    sign(catalog, deal, changed, lists, by=caller.login, on=today())
    return deal
