"""Closes an approval round: approved terms advance the deal, rejected terms move it back."""

from datetime import datetime
from enum import StrEnum

from bpmn.lint.worker_contracts import TEMPORARY_TERMS
from db.domain.approval.rounds import Round, RoundState
from db.domain.approval.temporary_terms import last_day, side_key
from db.domain.catalog import Catalog
from db.domain.deal import Deal
from db.domain.history import Change, Kind
from db.domain.side_processes import SideProcess
from db.domain.stages import go_back, move
from db.ports.store import Store
from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, Topic
from workers.services.process_variables import DealVariables, deal_variables, worker_actor


class RoundOutcome(StrEnum):
    """Outcome of a round as the diagram passes it."""

    APPROVED = "approved"
    REJECTED = "rejected"


class CloseApprovalRound(TaskInput):
    """Input of ``close-approval-round``."""

    round_outcome: RoundOutcome
    """Set by the diagram, not by a user."""


class RoundClosed(DealVariables):
    """Result of ``close-approval-round``."""

    terms_approved: bool


class RoundNotOpened(Exception):
    """The approval instance has no round; the diagram must open one first."""


def close_approval_round(task: Task[CloseApprovalRound, None], services: Services) -> RoundClosed:
    """Close the instance's round and move the deal to the agreed stage or back.

    Safe to repeat because only an open round is closed, and only its closing moves the deal.
    """
    store = services.store
    deal = store.deals.get(task.deal_id, for_update=True)
    round_ = _round_of(task, store)
    approved = task.input.round_outcome is RoundOutcome.APPROVED and deal.is_open
    state = RoundState(task.input.round_outcome) if deal.is_open else RoundState.WITHDRAWN
    if store.rounds.close(deal.id, round_.number, state, task.at):
        deal.record(Change(Kind.ROUND, str(round_.number), RoundState.OPEN, state))
        if approved:
            move(
                store.catalog, deal, _agreed_stage(store.catalog, deal), at=task.at, by_process=True
            )
            _schedule_end_of_terms(store, deal, task.at)
        elif deal.is_open:
            go_back(store.catalog, deal, round_.stage_before, at=task.at)
        store.deals.save(deal, worker_actor(task))
    return RoundClosed(terms_approved=approved, **deal_variables(services, deal))


def _schedule_end_of_terms(store: Store, deal: Deal, at: datetime) -> None:
    """Open the side process that ends temporary terms, also after the deal is closed."""
    if last_day(deal) is None:
        return
    key = side_key(deal.id)
    if not store.side_processes.open(SideProcess(key, deal.id, TEMPORARY_TERMS, {}, at)):
        store.side_processes.changed(key)


def _round_of(task: Task[CloseApprovalRound, None], store: Store) -> Round:
    for round_ in store.rounds.of(task.deal_id):
        if round_.instance_id == task.instance_id:
            return round_
    raise RoundNotOpened("The approval instance has no round: open-approval-round comes first.")


def _agreed_stage(catalog: Catalog, deal: Deal) -> str:
    """Return the next stage that only a process may set."""
    direction = catalog.direction_of(deal)
    following = direction.stage(deal.stage).next
    return next(code for code in following if direction.stage(code).system)


TOPIC = Topic("close-approval-round", CloseApprovalRound, RoundClosed, close_approval_round)
