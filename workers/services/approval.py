"""Rules of the approval that several topics share: chain and round, working time, origin."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from db.domain.approval.rounds import Round, RoundState
from db.domain.catalog import ApprovalChain, ApprovalStep
from db.domain.deals.deal import Deal
from db.domain.deals.history import Change, Kind
from db.ports.store import Store

AFTER_APPROVAL = timedelta(hours=8)
"""Working time of each task that follows the decisions."""


class RoundNotOpened(Exception):
    """The process instance has no round; ``open-approval-round`` must come first in the diagram."""


@dataclass(frozen=True)
class StageArrival:
    """Last move of a deal to its current stage."""

    stage_before: str
    """Code of the stage that it came from."""
    moved_by: str
    """Login."""


def withdraw_round(store: Store, deal: Deal, at: datetime) -> Change | None:
    """Withdraw the deal's latest round if it is open. Returns: its history row."""
    latest = store.rounds.latest(deal.id)
    if latest is None:
        return None
    if not store.rounds.close(deal.id, latest.number, RoundState.WITHDRAWN, at):
        return None
    return Change(Kind.ROUND, str(latest.number), RoundState.OPEN, RoundState.WITHDRAWN)


def round_of(store: Store, deal_id: str, instance_id: str) -> tuple[Round, ApprovalChain]:
    """Return the round of a process instance with its chain. Raises: RoundNotOpened."""
    for round_ in store.rounds.of(deal_id):
        if round_.instance_id == instance_id:
            return round_, store.catalog.chains[round_.chain]
    raise RoundNotOpened("The approval instance has no round: open-approval-round comes first.")


def working_time_after(chain: ApprovalChain, step: ApprovalStep) -> timedelta:
    """Return the working time of what follows ``step`` and the steps parallel to it."""
    following = chain.after(step)
    return following.sla if following else AFTER_APPROVAL


def arrival_of(deal: Deal, store: Store) -> StageArrival:
    """Return the last move in the history; a deal that never moved came from its first stage."""
    direction = store.catalog.direction_of(deal)
    found = StageArrival(direction.first_stage.code, deal.manager)
    after = 0
    while rows := store.history.of(deal.id, after=after):
        for row in rows:
            if row.kind is Kind.STAGE and row.new == deal.stage:
                found = StageArrival(str(row.old), row.actor)
        after = rows[-1].id
    return found
