"""What the engine must hear of a deal: rows of the outbox, kept with the change itself."""

from bpmn.lint.worker_contracts import DEAL_LOST, MOVE_VERSION, STAGE_MOVED
from db.domain.deal import Deal
from db.domain.entities import OutboxKind
from db.ports.store import Store


def start_process(store: Store, deal: Deal) -> None:
    """A new deal gets its process."""
    process = store.catalog.direction_of(deal).process
    store.outbox.add(deal.id, OutboxKind.START, {"process": process, "variables": {}})


def wake_process(store: Store, deal: Deal) -> None:
    """The process waits in a task of the manager for move number ``deal.moves``."""
    message = {"message": STAGE_MOVED, MOVE_VERSION: deal.moves}
    store.outbox.add(deal.id, OutboxKind.MESSAGE, message)


def end_process(store: Store, deal: Deal) -> None:
    """The deal is lost, wherever its process waits."""
    store.outbox.add(deal.id, OutboxKind.MESSAGE, {"message": DEAL_LOST})
