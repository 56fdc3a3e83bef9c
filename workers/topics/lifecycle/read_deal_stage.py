"""Reads the stage of a deal that a called process or the API has moved; tells the client."""

from workers.ports.services import Services
from workers.runtime.contract import NoInput, Task, Topic
from workers.services.client_mail import tell_client
from workers.services.process_variables import DealVariables, deal_variables


def read_deal_stage(task: Task[NoInput, None], services: Services) -> DealVariables:
    """Return the variables of the deal, and e-mail its client what the stage means.

    Safe to repeat because an e-mail is unique per stage move.
    """
    deal = services.store.deals.get(task.deal_id)
    tell_client(services.store, deal)
    return DealVariables(**deal_variables(services, deal))


TOPIC = Topic("read-deal-stage", NoInput, DealVariables, read_deal_stage)
