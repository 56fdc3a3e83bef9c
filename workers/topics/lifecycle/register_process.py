"""Registers a process instance as its deal's, or reports it as a duplicate that ends itself."""

from workers.ports.services import Services
from workers.runtime.contract import NoInput, Task, Topic
from workers.services.process_variables import DealVariables, deal_variables


class ProcessRegistered(DealVariables):
    """Result of ``register-process``."""

    duplicate: bool
    """True when the deal has another instance."""


def register_process(task: Task[NoInput, None], services: Services) -> ProcessRegistered:
    """Register the instance.

    Safe to repeat because a deal keeps its first instance, which is never its own duplicate.
    """
    deal = services.store.deals.get(task.deal_id)
    first = services.store.processes.register(deal.id, task.instance_id)
    return ProcessRegistered(duplicate=not first, **deal_variables(services, deal))


TOPIC = Topic("register-process", NoInput, ProcessRegistered, register_process)
