"""Endpoints of repairs: parts that it waits for, the cost for the client, the receipt."""

import uuid

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, JSONResponse

from api.deals.access import DealAccessDep
from api.dependencies import CurrentActor, IdempotentRequestDep, ResourcesDep
from api.engine.messages import enqueue_start
from api.http.clock import now
from api.http.idempotency import IdempotentResponse
from api.repairs.letter import letter_of
from api.repairs.receipt import HEADERS, receipt_of
from api.repairs.requests import NewCostOffer, NewPartsOrder
from api.repairs.responses import CostOfferSchema, PartsOrderSchema
from api.repairs.views import cost_offer, parts_order
from api.routing import StrictRoute
from db.domain.deals.entities import CLIENT, NoteKind
from db.domain.errors import LinksUnavailable
from db.domain.steps.offers import (
    CONTACT_EMAIL,
    READY_BY,
    VALID_FOR,
    CostOffer,
    digest,
    new_token,
    prepare_offer,
    terms_of,
)
from db.domain.steps.repairs import order_parts
from db.ports.store import Store

OFFER_SENT = "Клиенту отправлено письмо со стоимостью и ссылкой для ответа."

router = APIRouter(prefix="/deals/{deal_id}", tags=["Ремонт"], route_class=StrictRoute)


@router.post(
    "/parts", status_code=201, response_model=PartsOrderSchema, summary="Заказать запчасть"
)
def order(
    body: NewPartsOrder, access: DealAccessDep, actor: CurrentActor, once: IdempotentRequestDep
) -> JSONResponse:
    """Create a deal of «Запасные части» for a repair that waits for parts.

    When the last one is won, the repair goes on by itself; when one is lost, its manager is told.
    Repeating the call with the same Idempotency-Key orders nothing twice.
    """

    def effect(store: Store) -> IdempotentResponse:
        repair = access.load_for_writing(store).deal
        wanted = order_parts(store.catalog, repair, body.part, body.quantity, store.lists, at=now())
        stored = store.deals.add(wanted, actor)
        enqueue_start(store, stored)
        location = {"Location": f"/api/v1/deals/{stored.id}"}
        return IdempotentResponse.of(parts_order(store.catalog, stored), 201, location)

    return once.run(effect)


@router.post(
    "/cost-offer",
    status_code=201,
    response_model=CostOfferSchema,
    summary="Отправить стоимость клиенту",
)
def offer_cost(
    body: NewCostOffer,
    access: DealAccessDep,
    actor: CurrentActor,
    resources: ResourcesDep,
    once: IdempotentRequestDep,
) -> JSONResponse:
    """Send the client an e-mail with the cost and a link that accepts or declines it, once.

    The link is valid for a week, for these sums and this date only; a later e-mail replaces it. The
    token is in the e-mail alone. 409 at another stage; 422 if a sum or the address is empty.
    """
    site = resources.settings.links_url or resources.settings.public_url

    def effect(store: Store) -> IdempotentResponse:
        deal = access.load_for_writing(store).deal
        given = {READY_BY: body.ready_by.isoformat(), CONTACT_EMAIL: body.email}
        address = prepare_offer(store.catalog, deal, given, store.lists)
        at, token = now(), new_token()
        if site is None:
            raise LinksUnavailable
        store.deals.save(deal, actor)
        offer = CostOffer(
            id=str(uuid.uuid4()),
            deal_id=deal.id,
            move=deal.moves,
            terms=terms_of(deal),
            created_by=actor.id,
            created_at=at,
            expires_at=at + VALID_FOR,
        )
        store.cost_offers.add(offer, digest(token))
        subject, text = letter_of(offer, deal, f"{site.rstrip('/')}/offer/{token}")
        message_id = f"<offer-{offer.id}@deals.invalid>"
        store.mails.add(message_id, CLIENT, address, subject, text, deal.id, secret=True)
        store.notes.add(deal.id, NoteKind.NOTE, OFFER_SENT, actor)
        return IdempotentResponse.of(cost_offer(offer, deal, at), 201)

    return once.run(effect)


@router.get("/receipt", response_class=HTMLResponse, summary="Квитанция о приёме для печати")
def read_receipt(access: DealAccessDep) -> HTMLResponse:
    """A page to print and sign: what was taken in, in which condition, from whom and where."""
    with access.reading() as context:
        return HTMLResponse(receipt_of(context), headers=HEADERS)
