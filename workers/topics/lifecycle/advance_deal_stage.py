"""Moves a deal forward to a stage that only its process may set."""

from db.domain.stages import advance
from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, Topic
from workers.services.process_variables import DealVariables, deal_variables, worker_actor


class AdvanceDealStage(TaskInput):
    """Input of ``advance-deal-stage``."""

    to_stage: str
    """Set by the diagram, not by a user."""


def advance_deal_stage(task: Task[AdvanceDealStage, None], services: Services) -> DealVariables:
    """Move the deal forward.

    Safe to repeat because a deal at the stage, past it or closed is left unchanged.
    """
    store = services.store
    deal = store.deals.get(task.deal_id, for_update=True)
    if deal.is_open and advance(store.catalog, deal, task.input.to_stage, at=task.at):
        store.deals.save(deal, worker_actor(task))
    return DealVariables(**deal_variables(services, deal))


TOPIC = Topic("advance-deal-stage", AdvanceDealStage, DealVariables, advance_deal_stage)
