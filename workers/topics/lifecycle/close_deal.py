"""The last step of a deal's process: says how it ended, withdraws what is still under way."""

from db.domain.approval import RoundState
from db.domain.fulfilment import RunState
from db.domain.history import Change, Kind
from db.domain.onec_bindings import BindingKind
from workers.ports.services import Services
from workers.runtime.contract import NoInput, Task, TaskResult, Topic
from workers.services.process_variables import worker_actor


class DealEnded(TaskResult):
    outcome: str
    """won or lost."""


class StillOpen(Exception):
    """The process wants to end, but the deal is open: somebody moved the process by hand."""


def close_deal(task: Task[NoInput, None], services: Services) -> DealEnded:
    """Safe to repeat: a withdrawn round, or a shipment called off, is not open any more."""
    store = services.store
    deal = store.deals.get(task.deal_id, for_update=True)
    outcome = store.catalog.directions[deal.direction].stage(deal.stage).outcome
    if outcome is None:
        raise StillOpen("The deal is open: close it as won or lost, then give the step retries.")
    latest = store.rounds.latest(deal.id)
    if latest is not None and store.rounds.close(
        deal.id, latest.number, RoundState.WITHDRAWN, task.at
    ):
        change = Change(Kind.ROUND, str(latest.number), RoundState.OPEN, RoundState.WITHDRAWN)
        deal.record(change)
    run = store.runs.current(deal.id)
    if run is not None and store.runs.close(run, RunState.CANCELLED, task.at):
        deal.record(Change(Kind.SHIPMENT, str(run.number), RunState.OPEN, RunState.CANCELLED))
        store.bindings.release(deal.id, BindingKind.SHIPMENT, run.number)
    store.deals.save(deal, worker_actor(task))
    return DealEnded(outcome=outcome)


TOPIC = Topic("close-deal", NoInput, DealEnded, close_deal)
