"""Counts the decisions of a parallel group: approved if all approved, then the edits apply."""

from db.domain.approval.rounds import apply_edits, votes
from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, Topic
from workers.services.approval import round_of, working_time_after
from workers.services.process_variables import DealVariables, deal_variables, person_actor


class CountDecisions(TaskInput):
    """Input of ``count-decisions``."""

    parallel: str
    """Code of a parallel group of the chain."""


class DecisionsCounted(DealVariables):
    """Result of ``count-decisions``."""

    approved: bool


class NotAllDecided(Exception):
    """A step of the group has no decision; the diagram must join all of its steps before."""


def count_decisions(task: Task[CountDecisions, None], services: Services) -> DecisionsCounted:
    """Tell whether the group approved, and write the edits of its members to the deal.

    The edits of a group that rejected stay offers. Nothing is written to a closed deal.
    Safe to repeat because a value that the deal has already is not written again.
    """
    store = services.store
    deal = store.deals.get(task.deal_id, for_update=True)
    round_, chain = round_of(store, deal.id, task.instance_id)
    cast = votes(chain, task.input.parallel, round_, store.rounds.decisions(deal.id))
    approved = cast.approved and deal.is_open
    if cast.missing and deal.is_open:
        raise NotAllDecided(f"No decision of {', '.join(cast.missing)} in round {round_.number}.")
    for decision in cast.decisions if approved else ():
        apply_edits(deal, decision)
        store.deals.save(deal, person_actor(task, decision.person))
    working = working_time_after(chain, chain.members(task.input.parallel)[-1])
    seen = deal_variables(services, deal, since=task.at, working=working)
    return DecisionsCounted(approved=approved, **seen)


TOPIC = Topic("count-decisions", CountDecisions, DecisionsCounted, count_decisions)
