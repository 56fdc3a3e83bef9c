"""Ends a deal's process: returns its outcome, closes open rounds and fulfillment runs."""

from db.domain.deals.entities import OutboxKind
from db.domain.deals.history import Change, Kind
from db.domain.onec.bindings import BindingKind
from db.domain.shipping.fulfillment import RunState
from db.domain.steps.repairs import FOR_REPAIR
from workers.ports.services import Services
from workers.runtime.contract import NoInput, Task, TaskResult, Topic
from workers.services.approval import withdraw_round
from workers.services.client_mail import tell_client
from workers.services.process_variables import worker_actor


class DealEnded(TaskResult):
    """Result of ``close-deal``."""

    outcome: str
    """won or lost."""


class DealStillOpen(Exception):
    """The process ends although the deal is open, e.g. after a manual move of its token."""


def close_deal(task: Task[NoInput, None], services: Services) -> DealEnded:
    """Withdraw an open round, cancel an open fulfillment run and return the outcome.

    The end of an order of parts is told to its repair by a row of the outbox: one transaction never
    locks two deals. Safe to repeat because only what is still open is closed, the client is
    e-mailed once per stage move, and the row is written with the stored result.
    """
    store = services.store
    deal = store.deals.get(task.deal_id, for_update=True)
    outcome = store.catalog.stage_of(deal).outcome
    if outcome is None:
        raise DealStillOpen("The deal is open: close it, then give the task retries.")
    if change := withdraw_round(store, deal, task.at):
        deal.record(change)
    run = store.runs.current(deal.id)
    if run is not None and store.runs.close(run, RunState.CANCELLED, task.at):
        deal.record(Change(Kind.SHIPMENT, str(run.number), RunState.OPEN, RunState.CANCELLED))
        store.bindings.release(deal.id, BindingKind.SHIPMENT, run.number)
    tell_client(store, deal)
    if deal.values.get(FOR_REPAIR):
        store.outbox.add(deal.id, OutboxKind.PARTS, {})
    store.deals.save(deal, worker_actor(task))
    return DealEnded(outcome=outcome)


TOPIC = Topic("close-deal", NoInput, DealEnded, close_deal)
