"""Ends a round: agreed terms move the deal on, refused ones return it to where it was."""

from datetime import datetime
from enum import StrEnum

from bpmn.lint.worker_contracts import TEMPORARY_TERMS
from db.domain.approval import Round, RoundState
from db.domain.catalog import Catalog
from db.domain.deal import Deal
from db.domain.history import Change, Kind
from db.domain.side_processes import SideProcess
from db.domain.stages import go_back, move
from db.domain.temporary_terms import last_day, side_key
from db.ports.store import Store
from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, Topic
from workers.services.process_variables import DealVariables, deal_variables, worker_actor


class RoundOutcome(StrEnum):
    APPROVED = "approved"
    REJECTED = "rejected"


class CloseApprovalRound(TaskInput):
    round_outcome: RoundOutcome
    """A word of the diagram, not of a person."""


class RoundClosed(DealVariables):
    terms_approved: bool


class NoSuchRound(Exception):
    """The process closes a round that it has not opened."""


def close_approval_round(task: Task[CloseApprovalRound, None], services: Services) -> RoundClosed:
    """Safe to repeat: a round closes once, and the stage the deal has already is a success."""
    store = services.store
    deal = store.deals.get(task.deal_id, for_update=True)
    round_ = _round_of(task, store)
    approved = task.input.round_outcome is RoundOutcome.APPROVED and deal.is_open
    state = RoundState(task.input.round_outcome) if deal.is_open else RoundState.WITHDRAWN
    if store.rounds.close(deal.id, round_.number, state, task.at):
        deal.record(Change(Kind.ROUND, str(round_.number), RoundState.OPEN, state))
        if approved:
            move(
                store.catalog, deal, agreed_stage(store.catalog, deal), at=task.at, by_process=True
            )
            _see_to_their_end(store, deal, task.at)
        elif deal.is_open:
            go_back(store.catalog, deal, round_.stage_before, at=task.at)
        store.deals.save(deal, worker_actor(task))
    return RoundClosed(terms_approved=approved, **deal_variables(services, deal))


def _see_to_their_end(store: Store, deal: Deal, at: datetime) -> None:
    """Temporary terms, now agreed, end by themselves; also when the deal is closed before that."""
    if last_day(deal) is None:
        return
    key = side_key(deal.id)
    if not store.side_processes.open(SideProcess(key, deal.id, TEMPORARY_TERMS, {}, at)):
        store.side_processes.changed(key)


def _round_of(task: Task[CloseApprovalRound, None], store: Store) -> Round:
    for round_ in store.rounds.of(task.deal_id):
        if round_.instance_id == task.instance_id:
            return round_
    raise NoSuchRound("This approval has no round: open-approval-round comes first.")


def agreed_stage(catalog: Catalog, deal: Deal) -> str:
    """The stage after the deal's that only a process may set."""
    direction = catalog.directions[deal.direction]
    following = direction.stage(deal.stage).next
    return next(code for code in following if direction.stage(code).system)


TOPIC = Topic("close-approval-round", CloseApprovalRound, RoundClosed, close_approval_round)
