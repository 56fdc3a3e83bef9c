"""Outbox rows that start, signal and end a deal's process, written with the change itself."""

from bpmn.lint.worker_contracts import DEAL_LOST, MOVE_VERSION, STAGE_MOVED
from db.domain.deal import Deal
from db.domain.entities import OutboxKind
from db.ports.store import Store


def enqueue_start(store: Store, deal: Deal) -> None:
    """Enqueue the start of a new deal's process."""
    process = store.catalog.direction_of(deal).process
    store.outbox.add(deal.id, OutboxKind.START, {"process": process, "variables": {}})


def enqueue_stage_moved(store: Store, deal: Deal) -> None:
    """Enqueue the message about move ``deal.moves``: the process waits for it in a manager task."""
    message = {"message": STAGE_MOVED, MOVE_VERSION: deal.moves}
    store.outbox.add(deal.id, OutboxKind.MESSAGE, message)


def enqueue_end(store: Store, deal: Deal) -> None:
    """Enqueue the message that ends the process of a lost deal."""
    store.outbox.add(deal.id, OutboxKind.MESSAGE, {"message": DEAL_LOST})
