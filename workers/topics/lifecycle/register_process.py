"""The first step of every root process: this instance is the deal's, or it ends itself."""

from workers.ports.services import Services
from workers.runtime.contract import NoInput, Task, Topic
from workers.services.process_variables import DealVariables, deal_variables


class Registered(DealVariables):
    duplicate: bool


def register_process(task: Task[NoInput, None], services: Services) -> Registered:
    """Safe to repeat: a deal keeps its first instance; the same instance is no duplicate."""
    deal = services.store.deals.get(task.deal_id)
    first = services.store.processes.register(deal.id, task.instance_id)
    return Registered(duplicate=not first, **deal_variables(services, deal))


TOPIC = Topic("register-process", NoInput, Registered, register_process)
