"""Closes an approval round: approval moves the deal to its next stage, rejection moves it back.

The manager is notified in the same transaction.
"""

from datetime import datetime
from enum import StrEnum

from bpmn.lint.worker_contracts import TEMPORARY_TERMS
from db.domain.approval.rounds import DecisionOutcome, Round, RoundState
from db.domain.approval.temporary_terms import last_day, side_key
from db.domain.catalog import ApprovalChain
from db.domain.deals.deal import Deal
from db.domain.deals.history import Change, Kind
from db.domain.deals.side_processes import SideProcess
from db.domain.deals.stages import go_back, move
from db.ports.store import Store
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import Task, TaskInput, Topic
from workers.services.approval import round_of
from workers.services.deal_notifications import MANAGER, Audience, audience_of, notify_about
from workers.services.process_variables import DealVariables, deal_variables, worker_actor


class RoundOutcome(StrEnum):
    """Value of the input variable ``round_outcome``, which the diagram sets."""

    APPROVED = "approved"
    REJECTED = "rejected"


class CloseApprovalRound(TaskInput):
    """Input of ``close-approval-round``."""

    round_outcome: RoundOutcome
    """Set by the diagram, not by a user."""
    template: str | None = None
    """Notification of the manager; instances of earlier diagrams notify in a step of its own."""

    approval_steps: str | None = None
    """Steps of the chain when the round opened; rounds of earlier diagrams have none."""


class RoundClosed(DealVariables):
    """Result of ``close-approval-round``."""

    terms_approved: bool


class RoundNotDecided(Exception):
    """The decisions of the round do not have the outcome that the diagram closes it with."""


def fetch_manager(
    task: Task[CloseApprovalRound, None], external: ExternalServices
) -> Audience | None:
    """Read whom to notify. Raises: Unavailable."""
    return audience_of(task.deal_id, MANAGER, external) if task.input.template else None


def close_approval_round(
    task: Task[CloseApprovalRound, Audience | None], services: Services
) -> RoundClosed:
    """Close the round of this process instance; move the deal to the stage after approval or back.

    The round of a closed deal is withdrawn, the deal is not moved and nobody is notified. A round
    whose decisions are not those of the chain that it was opened with is not closed: the failure
    reaches an administrator.
    Safe to repeat because only an open round is closed, and only its closing moves the deal; the
    notification is unique per round.
    """
    store = services.store
    deal = store.deals.get(task.deal_id, for_update=True)
    round_, chain = round_of(store, deal.id, task.instance_id)
    if deal.is_open and round_.state is RoundState.OPEN:
        _demand_decisions(task.input, deal, round_, chain, store)
    approved = task.input.round_outcome is RoundOutcome.APPROVED and deal.is_open
    state = RoundState(task.input.round_outcome) if deal.is_open else RoundState.WITHDRAWN
    if store.rounds.close(deal.id, round_.number, state, task.at):
        deal.record(Change(Kind.ROUND, str(round_.number), RoundState.OPEN, state))
        if approved:
            move(
                store.catalog,
                deal,
                chain.approved_stage,
                at=task.at,
                by_process=True,
            )
            _schedule_end_of_terms(store, deal, task.at)
        elif deal.is_open:
            go_back(store.catalog, deal, chain.rejected_stage or round_.stage_before, at=task.at)
        store.deals.save(deal, worker_actor(task))
    if task.input.template and task.fetched and state is not RoundState.WITHDRAWN:
        notify_about(store, deal, task.input.template, task.fetched, task.instance_id)
    return RoundClosed(terms_approved=approved, **deal_variables(services, deal))


def _demand_decisions(
    given: CloseApprovalRound, deal: Deal, round_: Round, chain: ApprovalChain, store: Store
) -> None:
    """Compare the decisions with the outcome. Raises: RoundNotDecided.

    A deal that never reached a later stage of its chain was spared the last step by a table.
    """
    decisions = [one for one in store.rounds.decisions(deal.id) if one.round == round_.number]
    refused = [one.step for one in decisions if one.outcome is not DecisionOutcome.APPROVED]
    if given.round_outcome is RoundOutcome.REJECTED:
        if given.approval_steps is not None and not refused:
            raise RoundNotDecided(f"Nobody rejected round {round_.number}.")
        return
    if refused:
        raise RoundNotDecided(f"{', '.join(refused)} rejected round {round_.number}.")
    wanted = (given.approval_steps or "").split()
    if chain.later_stages and deal.stage == chain.stage:
        wanted = wanted[:-1]
    missing = [step for step in wanted if step not in {one.step for one in decisions}]
    if missing:
        raise RoundNotDecided(f"Round {round_.number} has no decision of {', '.join(missing)}.")


def _schedule_end_of_terms(store: Store, deal: Deal, at: datetime) -> None:
    """Request the side process that ends temporary terms; if it runs, tell it that they changed.

    It continues after the deal is closed.
    """
    if last_day(deal) is None:
        return
    key = side_key(deal.id)
    if not store.side_processes.open(SideProcess(key, deal.id, TEMPORARY_TERMS, {}, at)):
        store.side_processes.changed(key)


TOPIC = Topic(
    "close-approval-round",
    CloseApprovalRound,
    RoundClosed,
    close_approval_round,
    fetch=fetch_manager,
)
