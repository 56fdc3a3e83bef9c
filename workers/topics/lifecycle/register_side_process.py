"""The first step of a process beside a deal's own: this instance is the one, or it ends itself."""

from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, TaskResult, Topic


class RegisterSideProcess(TaskInput):
    side_key: str


class SideRegistered(TaskResult):
    duplicate: bool
    """Also when nobody wants it any more, or never did."""


def register_side_process(
    task: Task[RegisterSideProcess, None], services: Services
) -> SideRegistered:
    """Safe to repeat: a row keeps its first instance; the same instance is no duplicate."""
    sides, key = services.store.side_processes, task.input.side_key
    row = sides.find(key)
    ours = row is not None and row.deal_id == task.deal_id
    return SideRegistered(duplicate=not (ours and sides.register(key, task.instance_id)))


TOPIC = Topic("register-side-process", RegisterSideProcess, SideRegistered, register_side_process)
