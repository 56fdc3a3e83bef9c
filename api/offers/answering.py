"""Records the client's answer to an offer: fields, stage, history, and the manager's notice."""

import json
from datetime import datetime
from enum import Enum

from api.engine.messages import enqueue_stage_moved
from api.repairs.letter import machine_of
from db.application.notices import tell
from db.domain.clock import today
from db.domain.deals.deal import Deal
from db.domain.deals.entities import CLIENT, NoteKind
from db.domain.deals.history import Actor, Cause
from db.domain.people.notices import NoticeKind
from db.domain.steps.offers import CostOffer, digest
from db.domain.steps.repairs import STEPS, answer_step
from db.ports.store import Store

AGREED, DECLINED = "agreed", "clientRefused"
BY_LINK = "по ссылке из письма"


class State(Enum):
    """State of an offer as the page of its link shows it."""

    OPEN = "open"
    ANSWERED = "answered"
    """By whoever has the link; the page says what was answered."""
    VOID = "void"
    """Unknown, replaced, expired, or of a deal that has moved on: never told apart."""


def state_of(offer: CostOffer | None, deal: Deal | None, at: datetime) -> State:
    """Tell what the page of a link shows."""
    if offer is None or deal is None or at >= offer.expires_at:
        return State.VOID
    if offer.answer is not None:
        return State.ANSWERED
    return State.OPEN if offer.is_open(deal, at) else State.VOID


def find(store: Store, token: str, *, for_update: bool = False) -> tuple[CostOffer, Deal] | None:
    """Offer and deal of a token; ``for_update`` locks the deal, then reads the offer."""
    offer = store.cost_offers.find(digest(token))
    if offer is None:
        return None
    deal = store.deals.get(offer.deal_id, for_update=for_update)
    if for_update:
        offer = store.cost_offers.find(digest(token)) or offer
    return offer, deal


def answer(store: Store, offer: CostOffer, deal: Deal, said: str, words: str, at: datetime) -> None:
    """Move the deal as the manager's answer by telephone would.

    Safe to repeat because the deal is locked and an offer takes one answer. Raises: Refusal.
    """
    actor = Actor(CLIENT, Cause.LINK, offer.id)
    store.cost_offers.answer(offer.id, said, at)
    name = str(deal.values.get("contactName") or "Клиент")[:200]
    given = {"costAgreedWith": f"{name}, {BY_LINK}", "costAgreedOn": today().isoformat()}
    values = json.dumps(given) if said == AGREED else None
    reason = f"Клиент отказался {BY_LINK}" + (f": {words}" if words else ".")
    explained = None if said == AGREED else reason
    step = STEPS["cost"]
    answer_step(store.catalog, deal, step, said, values, explained, store.lists, at=at)
    text = f"Клиент согласился {BY_LINK}." if said == AGREED else reason
    store.notes.add(deal.id, NoteKind.NOTE, text, actor)
    store.deals.save(deal, actor)
    enqueue_stage_moved(store, deal)
    told = f"{text} Обращение {deal.id}, {machine_of(deal)}."
    tell(store, deal.manager, f"offer-{offer.id}", told, deal.id, NoticeKind.DEAL)
