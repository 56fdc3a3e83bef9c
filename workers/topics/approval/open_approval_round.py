"""Opens an approval round with a snapshot of the deal's terms."""

from db.domain.approval.rounds import Round, RoundState
from db.domain.catalog import ApprovalChain
from db.domain.deals.deal import Deal
from db.domain.deals.history import Change, Kind
from db.domain.deals.stages import go_back
from db.ports.store import Store
from workers.ports.services import Services
from workers.runtime.contract import NoInput, Task, Topic
from workers.services.approval import arrival_of, withdraw_round
from workers.services.process_variables import DealVariables, deal_variables, worker_actor


class RoundOpened(DealVariables):
    """Result of ``open-approval-round``."""

    round_number: int
    number_kind: str = "contract"
    """Kind of 1C number that the operator enters in this process."""
    approval_steps: str | None = None
    """Codes of the chain's steps when the round opened, separated by spaces: its closing demands
    their decisions, whatever the catalog says by then."""


class NoChain(Exception):
    """The catalog has no approval chain for the deal's direction and stage."""


def open_approval_round(task: Task[NoInput, None], services: Services) -> RoundOpened:
    """Open a round for the approval instance and withdraw one that an earlier instance left open.

    The deal's direction and stage determine the chain. A deal that an earlier instance had moved on
    within the approval begins it anew. A deal that is closed by now gets no round; a message that
    ends the process is on its way.
    Safe to repeat because an approval instance has one round, found by the instance id.
    """
    store = services.store
    deal = store.deals.get(task.deal_id, for_update=True)
    latest = store.rounds.latest(deal.id)
    chain = store.catalog.chain_at(deal)
    if deal.is_open and (latest is None or latest.instance_id != task.instance_id):
        if chain is None:
            raise NoChain(f"No approval chain of {deal.direction} has the stage {deal.stage}.")
        # An instance that was canceled by hand could not close its round.
        if change := withdraw_round(store, deal, task.at):
            deal.record(change)
        latest = _opened(task, deal, chain, store)
        go_back(store.catalog, deal, chain.stage, at=task.at)
        deal.record(Change(Kind.ROUND, str(latest.number), None, RoundState.OPEN))
        store.deals.save(deal, worker_actor(task))
    working = chain.first_step.sla if chain else None
    seen = deal_variables(services, deal, since=task.at, working=working)
    return RoundOpened(
        round_number=latest.number if latest else 0,
        approval_steps=" ".join(chain.steps) if chain else None,
        **seen,
    )


def _opened(task: Task[NoInput, None], deal: Deal, chain: ApprovalChain, store: Store) -> Round:
    arrival = arrival_of(deal, store)
    return store.rounds.open(
        Round(
            deal_id=deal.id,
            number=0,
            stage_before=arrival.stage_before,
            opened_at=task.at,
            opened_by=arrival.moved_by,
            instance_id=task.instance_id,
            chain=chain.code,
            terms=dict(deal.values),
        )
    )


TOPIC = Topic("open-approval-round", NoInput, RoundOpened, open_approval_round)
