"""Explains why the engine refused an action on a task, by the state of the task.

The engine's own error is no reliable reason: for the slower of two requests it may be a locking
conflict, a missing permission or a NullPointerException, depending on database and release.
"""

from api.webapp_proxy.refusals import (
    ProxyRefusal,
    TaskAlreadyCompleted,
    TaskChanged,
    TaskClaimedByOther,
)
from bpmn.camunda.client.records import HistoricTask


def conflict_of(task: HistoricTask | None, login: str | None) -> ProxyRefusal | None:
    """Refusal if the task has ended or is another's; None if ``login`` may still act on it."""
    if task is None:
        return TaskChanged()
    if task.ended_at is not None:
        own = task.completed and task.assignee is not None and task.assignee == login
        return TaskAlreadyCompleted() if own else TaskChanged()
    if task.assignee not in (None, login):
        return TaskClaimedByOther()
    return None
