"""Endpoints of «Взять из заказа 1С»: a worker asks 1C, because the API never talks to it."""

from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse

from api.deals.access import DealAccess, DealAccessDep, DealContext
from api.deals.orders.requests import NewOrderRequest
from api.deals.orders.responses import GoodsLineSchema, OrderAnswerSchema, OrderCandidate
from api.deals.responses import DealSchema
from api.deals.versions import IfMatch, check_version, required_version
from api.deals.views import deal_card
from api.dependencies import CurrentActor, IdempotentRequestDep
from api.http.clock import now
from api.http.etag import etag_header
from api.http.idempotency import IdempotentResponse
from api.http.problems import HttpRefusal
from api.routing import StrictRoute
from db.domain.deals.entities import NoteKind
from db.domain.deals.field_updates import write
from db.domain.errors import AccessDenied, DealClosed, FieldProblem, FieldsInvalid, FieldsLocked
from db.domain.fields.goods import GOODS, goods_changes, read_goods
from db.domain.onec.bindings import readable
from db.domain.onec.orders import FoundOrder, OrderRequest, RefusedOrder
from db.ports.store import Store

router = APIRouter(prefix="/deals/{deal_id}", tags=["Заказы 1С"], route_class=StrictRoute)

RequestId = Annotated[str, Path(title="Номер запроса", max_length=36)]
NO_NUMBER = FieldProblem("number", "Номер заказа", "Укажите номер заказа, как он написан в 1С.")


class OrderRequestNotFound(HttpRefusal):
    """The deal has no such request; old ones are deleted."""

    code = "ORDER_REQUEST_NOT_FOUND"
    status = 404
    sentence = "Такого запроса к 1С нет или он устарел. Найдите заказ ещё раз."


class OrderNotRead(HttpRefusal):
    """1C has not answered, or has refused: there are no goods to take."""

    code = "ORDER_NOT_READ"
    status = 409
    sentence = "Товары этого заказа не прочитаны, брать нечего. Найдите заказ ещё раз."


@router.post(
    "/order-requests",
    status_code=202,
    response_model=OrderAnswerSchema,
    summary="Найти заказ в 1С",
)
def ask(
    body: NewOrderRequest, access: DealAccessDep, actor: CurrentActor, once: IdempotentRequestDep
) -> JSONResponse:
    """Ask 1C for the goods of an order; a worker answers, usually within seconds.

    Nothing is written into the deal. Of one person and deal only the last question is answered;
    the same one again, while it waits, is one question.
    """

    def effect(store: Store) -> IdempotentResponse:
        context = _editing(access, store, locking=False)
        if not readable(body.number):
            raise FieldsInvalid([NO_NUMBER])
        request = store.order_requests.waiting(access.deal_id, actor.id)
        same = request is not None and (request.number, request.picked) == (body.number, body.ref)
        if request is None or not same or request.is_overdue(now()):
            request = OrderRequest(
                str(uuid4()), access.deal_id, actor.id, body.number, body.ref, now()
            )
            store.order_requests.add(request)
        return IdempotentResponse.of(_shown(context, request), 202)

    return once.run(effect)


@router.get("/order-requests/{request_id}", summary="Ответ 1С о заказе")
def read_answer(request_id: RequestId, access: DealAccessDep) -> OrderAnswerSchema:
    """The order with its goods and their differences to those of the deal, or why there is none.

    Ask again each second while it waits; after two minutes it is refused.
    """
    with access.reading() as context:
        return _shown(context, _request(context, request_id))


@router.post(
    "/order-requests/{request_id}/apply",
    response_model=DealSchema,
    summary="Взять товары заказа 1С",
)
def apply(
    request_id: RequestId,
    access: DealAccessDep,
    actor: CurrentActor,
    if_match: IfMatch,
    once: IdempotentRequestDep,
) -> JSONResponse:
    """Write the goods that were read into the deal, with a note that tells the order.

    Safe to repeat: goods that the deal has already are not written again. 428 without If-Match;
    412 if the deal has changed since that version; 409 if the field is locked or nothing was read.
    """

    def effect(store: Store) -> IdempotentResponse:
        context = _editing(access, store, locking=True)
        version = required_version(if_match, None)
        found = _request(context, request_id).answer
        if not isinstance(found, FoundOrder):
            raise OrderNotRead
        deal, goods = context.deal, [line.stored for line in found.goods]
        if deal.values.get(GOODS) != goods:
            check_version(store, deal, version)
            role_fields = context.permissions.role_fields
            write(store.catalog, deal, {GOODS: goods}, store.lists, role_fields=role_fields)
            store.deals.save(deal, actor)
            store.notes.add(deal.id, NoteKind.NOTE, _note(found), actor)
        return IdempotentResponse.of(deal_card(context), headers=etag_header(deal.version))

    return once.run(effect)


def _editing(access: DealAccess, store: Store, *, locking: bool) -> DealContext:
    """Load the deal for somebody who may change its goods now.

    Raises: DealNotFound, DealClosed, AccessDenied, FieldsLocked.
    """
    context = access.load(store, for_update=locking)
    field = store.catalog.fields[GOODS]
    if not context.permissions.can_write and GOODS not in context.permissions.role_fields:
        raise AccessDenied("Изменять товары сделки может её менеджер.")
    if not context.deal.is_open:
        raise DealClosed(context.deal.id)
    if field not in context.fields:
        sentence = "Такого поля нет в этом направлении."
        raise FieldsInvalid([FieldProblem(GOODS, field.label, sentence)])
    if not context.can_edit(field):
        stage = context.direction.stage(context.deal.stage)
        raise FieldsLocked(stage.name, [field.label], [GOODS])
    return context


def _request(context: DealContext, request_id: str) -> OrderRequest:
    request = context.store.order_requests.find(request_id)
    if request is None or request.deal_id != context.deal.id:
        raise OrderRequestNotFound
    return request


def _shown(context: DealContext, request: OrderRequest) -> OrderAnswerSchema:
    deal = context.deal
    known: dict[str, Any] = {"id": request.id, "deal_version": deal.version}
    match request.answer_at(now()):
        case None:
            return OrderAnswerSchema(**known, number=request.number, state="waiting")
        case RefusedOrder(code, sentence, candidates):
            return OrderAnswerSchema(
                **known,
                number=request.number,
                state="refused",
                code=code,
                sentence=sentence,
                candidates=[OrderCandidate(**each) for each in candidates],
            )
        case FoundOrder(number, day, goods, warnings):
            return OrderAnswerSchema(
                **known,
                number=number,
                state="found",
                day=day,
                goods=[GoodsLineSchema(**line.stored) for line in goods],
                changes=goods_changes(read_goods(deal.values.get(GOODS)), goods),
                warnings=list(warnings),
            )


def _note(found: FoundOrder) -> str:
    day = f" от {found.date:%d.%m.%Y}" if found.date else ""
    return f"Товары взяты из заказа 1С № {found.number}{day}."
