"""Closes a fulfillment run: the deal is won, or moves back for its next part or another run.

The manager is notified in the same transaction.
"""

from typing import Literal

from db.domain.deals.deal import Deal
from db.domain.deals.field_updates import write
from db.domain.deals.history import Change, Kind
from db.domain.deals.stages import advance, go_back
from db.domain.onec.bindings import BindingKind
from db.domain.shipping.delivery import IN_PARTS, SHIPMENT_NUMBER
from db.domain.shipping.fulfillment import Run, RunState
from db.ports.store import Store
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import Task, TaskInput, Topic
from workers.services.deal_notifications import MANAGER, Audience, audience_of, notify_about
from workers.services.process_variables import DealVariables, deal_variables, worker_actor


class CloseShipment(TaskInput):
    """Input of ``close-shipment``."""

    run_outcome: Literal["shipped", "cancelled"]
    """Set by the diagram, not by a user."""
    template: str | None = None
    """Notification of the manager; instances of earlier diagrams notify in a step of its own."""


def fetch_manager(task: Task[CloseShipment, None], external: ExternalServices) -> Audience | None:
    """Read whom to notify. Raises: Unavailable."""
    return audience_of(task.deal_id, MANAGER, external) if task.input.template else None


def close_shipment(task: Task[CloseShipment, Audience | None], services: Services) -> DealVariables:
    """Close the current run; a canceled one also releases its number of 1C.

    Safe to repeat because a deal whose run is closed has no current run, and only the closing
    notifies.
    """
    store = services.store
    deal = store.deals.get(task.deal_id, for_update=True)
    run = store.runs.current(deal.id)
    if run is not None and deal.is_open:
        state = RunState(task.input.run_outcome)
        store.runs.close(run, state, task.at)
        deal.record(Change(Kind.SHIPMENT, str(run.number), RunState.OPEN, state))
        if state is RunState.SHIPPED and not deal.values.get(IN_PARTS):
            won = store.catalog.direction_of(deal).closing_stage("won")
            advance(store.catalog, deal, won.code, at=task.at)
        else:
            if state is RunState.CANCELLED:
                _release_number(store, deal, run)
            go_back(store.catalog, deal, run.stage_before, at=task.at)
        store.deals.save(deal, worker_actor(task))
        if task.input.template and task.fetched:
            notify_about(store, deal, task.input.template, task.fetched, task.instance_id)
    return DealVariables(**deal_variables(services, deal))


def _release_number(store: Store, deal: Deal, run: Run) -> None:
    """Restore the number of the last completed shipment; the 1C document can be used again."""
    shipped = [one for one in store.runs.of(deal.id) if one.state is RunState.SHIPPED]
    last = shipped[-1].shipment_number if shipped else None
    write(store.catalog, deal, {SHIPMENT_NUMBER: last}, store.lists, by_worker=True)
    store.bindings.release(deal.id, BindingKind.SHIPMENT, run.number)


TOPIC = Topic("close-shipment", CloseShipment, DealVariables, close_shipment, fetch=fetch_manager)
