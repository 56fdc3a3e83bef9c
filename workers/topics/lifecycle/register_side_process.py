"""Registers the instance of a side process, or reports it as a duplicate that ends itself."""

from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, TaskResult, Topic


class RegisterSideProcess(TaskInput):
    """Input of ``register-side-process``."""

    side_key: str
    """Key of the side process."""


class SideProcessRegistered(TaskResult):
    """Result of ``register-side-process``."""

    duplicate: bool
    """True when another instance is registered, or the side process is closed or unknown."""


def register_side_process(
    task: Task[RegisterSideProcess, None], services: Services
) -> SideProcessRegistered:
    """Register the instance.

    Safe to repeat because a side process keeps its first instance, which is never a duplicate.
    """
    sides, key = services.store.side_processes, task.input.side_key
    row = sides.find(key)
    ours = row is not None and row.deal_id == task.deal_id
    return SideProcessRegistered(duplicate=not (ours and sides.register(key, task.instance_id)))


TOPIC = Topic(
    "register-side-process", RegisterSideProcess, SideProcessRegistered, register_side_process
)
