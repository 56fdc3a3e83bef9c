"""Deals: found, read, changed, given to another manager."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from pydantic import Field, StringConstraints

from api.deals.access import Visiting, readable
from api.deals.requests import DealChange, NewManager
from api.deals.responses import DealPage, DealSchema
from api.deals.versions import IfMatch, check, etag, required
from api.deals.views import Viewed, deal_card, deal_line
from api.dependencies import CurrentActor, CurrentCaller, EmployeesDep, ResourcesDep
from api.engine.messages import wake_process
from api.http.idempotency import Answer, OncePerKey
from api.http.schema import Code, Login, RequestSchema, Text
from api.http.strict_json import StrictRoute
from db.domain.clock import today
from db.domain.errors import AccessDenied, FieldProblem, FieldsInvalid
from db.domain.field_updates import write
from db.domain.reliability import sign
from db.domain.stages import reassign
from db.ports.store import DealFilter, Store

router = APIRouter(prefix="/deals", tags=["Сделки"], route_class=StrictRoute)


class DealQuery(RequestSchema):
    """Which deals to list; all conditions hold together."""

    direction: Code | None = Field(None, title="Направление")
    stage: Code | None = Field(None, title="Стадия")
    manager: Login | None = Field(None, title="Менеджер")
    inn: Annotated[str, StringConstraints(pattern=r"^[0-9]{10,12}$")] | None = Field(
        None, title="ИНН"
    )
    text: Annotated[Text, Field(max_length=200)] | None = Field(
        None, title="Слова из номера, названия, контактов"
    )
    open: bool | None = Field(
        None, title="Только открытые (true) или закрытые (false)", strict=False
    )
    after: Annotated[str, StringConstraints(pattern=r"^D-[0-9]{4}-[0-9]{5,9}$")] | None = Field(
        None, title="Последняя сделка предыдущей страницы"
    )
    limit: int = Field(50, ge=1, le=200, title="Сделок на странице", strict=False)


@router.get("", summary="Список сделок")
def find_deals(
    query: Annotated[DealQuery, Query()],
    caller: CurrentCaller,
    resources: ResourcesDep,
    employees: EmployeesDep,
) -> DealPage:
    """Deals that the caller may see, newest first; ``next`` leads to the following page."""
    conditions = query.model_dump(exclude={"after", "limit"})
    wanted, names = readable(DealFilter(**conditions), caller, resources), employees.names()
    with resources.database.reading() as store:
        deals = store.deals.page(wanted, after=query.after, limit=query.limit + 1)
        lines = [deal_line(store, deal, names) for deal in deals[: query.limit]]
    more = len(deals) > query.limit
    return DealPage(items=lines, next=_next(query, lines[-1].id) if more else None)


def _next(query: DealQuery, last: str) -> str:
    given = query.model_dump(exclude_none=True, exclude={"after"}, mode="json")
    if query.open is not None:
        given["open"] = str(query.open).lower()
    return f"/api/v1/deals?{urlencode({**given, 'after': last})}"


@router.get("/{deal_id}", summary="Карточка сделки")
def read_deal(
    visitor: Visiting, resources: ResourcesDep, employees: EmployeesDep, response: Response
) -> DealSchema:
    """The deal with its fields, files and possible stages; 404 also without access."""
    names = employees.names()
    with resources.database.reading() as store:
        deal, right = visitor.enter(store)
        card = deal_card(Viewed(store, deal, right, names))
    response.headers.update(etag(card.version))
    return card


@router.patch("/{deal_id}", summary="Изменить поля")
def change_deal(
    body: DealChange,
    visitor: Visiting,
    resources: ResourcesDep,
    employees: EmployeesDep,
    actor: CurrentActor,
    seen: IfMatch,
    response: Response,
) -> DealSchema:
    """Write some fields: all of them or, if one is wrong, none.

    428 without a version, 412 if somebody else changed the deal since, 422 naming every bad
    field, 409 if a field is locked at the deal's stage.
    """
    version, names = required(seen, body.version), employees.names()
    strangers = employees.strangers(resources.database.catalog, body.fields)
    with resources.database.writing() as store:
        deal, right = visitor.enter(store, for_update=True)
        own = bool(body.fields) and set(body.fields) <= right.role_fields
        if not right.writes and not own:
            raise AccessDenied("Изменять поля сделки может её менеджер.")
        check(store, deal, version)
        catalog, lists = store.catalog, store.lists
        roles = right.role_fields
        changed = write(catalog, deal, body.fields, lists, role_fields=roles, strangers=strangers)
        sign(catalog, deal, changed, lists, by=visitor.caller.login, on=today())
        store.deals.save(deal, actor)
        card = deal_card(Viewed(store, deal, right, names))
    response.headers.update(etag(card.version))
    return card


@router.post("/{deal_id}/manager", summary="Передать сделку другому менеджеру")
def give_deal(
    body: NewManager,
    visitor: Visiting,
    actor: CurrentActor,
    resources: ResourcesDep,
    employees: EmployeesDep,
    once: OncePerKey,
) -> JSONResponse:
    """Heads of the direction give a deal to another manager; the process follows."""
    catalog = resources.database.catalog
    is_manager = employees.is_in(body.manager, catalog.directions[visitor.direction].managers)
    names = employees.names()

    def effect(store: Store) -> Answer:
        deal, right = visitor.enter(store, for_update=True)
        if not right.reassigns:
            raise AccessDenied("Передавать сделки может руководитель направления.")
        if not is_manager:
            raise FieldsInvalid([NOT_A_MANAGER])
        if body.manager != deal.manager:
            check(store, deal, body.version)
        waits = catalog.stage_of(deal).activity
        wakes = waits in resources.manager_tasks
        if reassign(deal, body.manager, wakes_process=wakes) and wakes:
            wake_process(store, deal)
        store.deals.save(deal, actor)
        card = deal_card(Viewed(store, deal, right, names))
        return Answer.of(card, headers=etag(card.version))

    return once.do(effect)


NOT_A_MANAGER = FieldProblem(
    "manager", "Менеджер", "Выберите действующего менеджера этого направления."
)
