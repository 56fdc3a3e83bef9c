"""Continues a repair when the parts that it waits for have come."""

from datetime import datetime

from bpmn.lint.worker_contracts import MOVE_VERSION, STAGE_MOVED
from db.domain.deals.deal import Deal
from db.domain.deals.entities import OutboxKind
from db.domain.deals.history import Actor, Cause
from db.domain.deals.stages import move
from db.domain.errors import DealNotFound, Refusal
from db.domain.people.notices import NoticeKind
from db.domain.steps.repairs import AWAITING_PARTS, FOR_REPAIR, REPAIR
from db.ports.store import Store
from workers.ports.employees import Employee
from workers.services.notification_texts import parts_came, parts_refused, repair_not_continued
from workers.services.notifications import notify_people
from workers.services.process_variables import WORKER_ACTOR


def end_of_parts(store: Store, parts_id: str, at: datetime) -> str:
    """Move the waiting repair on if this closed order was won and was the last one.

    Safe to repeat because a repair that does not wait is left alone and its manager is notified
    once per order. Locks the repair only. Returns: what was done, for the log.
    """
    parts = store.deals.get(parts_id)
    try:
        repair = store.deals.get(str(parts.values.get(FOR_REPAIR)), for_update=True)
    except DealNotFound:
        return "the repair is unknown"
    if not repair.is_open or repair.stage != AWAITING_PARTS:
        return "the repair does not wait for parts"
    if store.catalog.stage_of(parts).outcome != "won":
        _notify(
            store, repair, f"parts-{parts.id}:refused", parts_refused(repair.title, parts.title)
        )
        return "the parts were refused"
    if any(other.is_open for other in store.deals.parts_of(repair.id)):
        return "the repair waits for other parts"
    return _continue(store, repair, parts, at)


def _continue(store: Store, repair: Deal, parts: Deal, at: datetime) -> str:
    try:
        move(store.catalog, repair, REPAIR, at=at, by_process=True)
    except Refusal as refusal:
        text = repair_not_continued(repair.title, str(refusal))
        _notify(store, repair, f"parts-{parts.id}:stuck", text)
        return f"the repair does not go on: {refusal.code}"
    store.deals.save(repair, Actor(WORKER_ACTOR, Cause.WORKER))
    message = {"message": STAGE_MOVED, MOVE_VERSION: repair.moves}
    store.outbox.add(repair.id, OutboxKind.MESSAGE, message)
    _notify(store, repair, f"parts-{parts.id}:came", parts_came(repair.title, parts.title))
    return "the repair goes on"


def _notify(store: Store, repair: Deal, key: str, text: str) -> None:
    notify_people(
        store, [Employee(repair.manager, repair.manager)], key, text, repair.id, NoticeKind.DEAL
    )
