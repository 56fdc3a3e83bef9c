"""Races for a task: why the engine refused an action, read from the task itself.

What the engine says to the slower of two depends on which of its rows was read first: a locking
conflict, a missing right, a NullPointerException of a place that differs between databases and
releases. What became of the task is one question with one answer.
"""

from api.webapp_proxy.refusals import (
    ProxyRefusal,
    TaskAlreadyCompleted,
    TaskChanged,
    TaskClaimedByOther,
)
from bpmn.camunda.client.records import PastTask


def lost_race(task: PastTask | None, login: str | None) -> ProxyRefusal | None:
    """Refusal for ``login`` if the task is done or another's; None if they may still act on it."""
    if task is None:
        return TaskChanged()
    if task.ended_at is not None:
        own = task.completed and task.assignee is not None and task.assignee == login
        return TaskAlreadyCompleted() if own else TaskChanged()
    if task.assignee not in (None, login):
        return TaskClaimedByOther()
    return None
