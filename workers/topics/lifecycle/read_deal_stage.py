"""Reads the stage of a deal that a called process or the API has moved."""

from workers.ports.services import Services
from workers.runtime.contract import NoInput, Task, Topic
from workers.services.process_variables import DealVariables, deal_variables


def read_deal_stage(task: Task[NoInput, None], services: Services) -> DealVariables:
    """Return the variables of the deal. Safe to repeat because it only reads."""
    deal = services.store.deals.get(task.deal_id)
    return DealVariables(**deal_variables(services, deal))


TOPIC = Topic("read-deal-stage", NoInput, DealVariables, read_deal_stage)
