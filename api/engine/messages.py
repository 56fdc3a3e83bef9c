"""Outbox rows that start, signal and end a deal's process, written with the change itself."""

from collections.abc import Mapping

from bpmn.lint.worker_contracts import DEAL_LOST, MOVE_VERSION, STAGE_MOVED
from db.domain.deals.deal import Deal
from db.domain.deals.entities import OutboxKind
from db.domain.fields.values import Json
from db.ports.store import Store
from db.tracing import TRACEPARENT, note, traceparent


def enqueue_start(store: Store, deal: Deal) -> None:
    """Enqueue the start of a new deal's process."""
    process = store.catalog.direction_of(deal).process
    _add(store, deal, OutboxKind.START, {"process": process, "variables": {}})


def enqueue_stage_moved(store: Store, deal: Deal) -> None:
    """Enqueue the message about move ``deal.moves``: the process waits for it in a manager task."""
    _add(store, deal, OutboxKind.MESSAGE, {"message": STAGE_MOVED, MOVE_VERSION: deal.moves})


def enqueue_end(store: Store, deal: Deal) -> None:
    """Enqueue the message that ends the process of a lost deal."""
    _add(store, deal, OutboxKind.MESSAGE, {"message": DEAL_LOST})


def _add(store: Store, deal: Deal, kind: OutboxKind, payload: Mapping[str, Json]) -> None:
    """Add a row; delivery and following steps are parts of the trace of this request."""
    if (parent := traceparent()) is not None:
        note("pit.deal", deal.id)
        payload = {**payload, TRACEPARENT: parent}
        store.traces.begin(deal.id, parent)
    store.outbox.add(deal.id, kind, payload)
