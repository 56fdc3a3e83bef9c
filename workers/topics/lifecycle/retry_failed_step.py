"""Gives a failed step one more attempt on an administrator's request and reports its result."""

from datetime import timedelta
from typing import Any, ClassVar

from db.domain.deals.entities import NoteKind
from db.domain.errors import Unavailable
from workers.ports.failed_steps import StepState, StoppedStep
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import Task, TaskInput, TaskResult, Topic
from workers.services.notification_texts import retried_note
from workers.services.process_variables import person_actor

CHECK_INTERVAL = timedelta(seconds=1)
"""Interval between checks of the attempt, which usually takes less than a second."""


class RetryFailedStep(TaskInput):
    """Input of ``retry-failed-step``."""

    user_inputs: ClassVar[tuple[str, ...]] = ("comment",)

    failure_id: str
    """Id of the external task or job that failed."""
    seen_incident: str
    """Id of the incident that the administrator saw."""
    decided_by: str
    comment: Any = None


class FailedStepRetried(TaskResult):
    """Result of ``retry-failed-step``."""

    failure_gone: bool
    """True when the attempt succeeded."""
    incident_id: str
    """Id of the current incident; a failed attempt has a new one."""
    failure_reason: str
    """Message of the current incident."""
    failure_tried_at: str
    """ISO 8601, UTC."""
    failure_owner: str | None
    """Login of the administrator who keeps the task when the step failed again."""


def retry_and_fetch(
    task: Task[RetryFailedStep, None], external: ExternalServices
) -> StoppedStep | None:
    """Give the step one retry, and return its new incident or None after success.

    Safe to repeat because every failed attempt has an incident of its own: the step is retried
    only while it still has the incident that the administrator saw.
    Raises: Unavailable until the attempt is over.
    """
    state = external.failed_steps.state(task.input.failure_id)
    if isinstance(state, StoppedStep) and state.incident == task.input.seen_incident:
        external.failed_steps.retry(state)
        raise Unavailable("The failed step has one more retry.", retry_after=CHECK_INTERVAL)
    if state is StepState.RUNNING:
        raise Unavailable("The failed step is being executed.", retry_after=CHECK_INTERVAL)
    return state if isinstance(state, StoppedStep) else None


def retry_failed_step(
    task: Task[RetryFailedStep, StoppedStep | None], services: Services
) -> FailedStepRetried:
    """Return the result of the attempt and store the administrator's comment as a note.

    Safe to repeat because the result and the note are stored once per task.
    """
    given, still = task.input, task.fetched
    comment = given.comment.strip()[:4000] if isinstance(given.comment, str) else ""
    if any(letter.isalnum() for letter in comment):
        actor = person_actor(task, given.decided_by)
        services.store.notes.add(task.deal_id, NoteKind.NOTE, retried_note(comment), actor)
    return FailedStepRetried(
        failure_gone=still is None,
        incident_id=still.incident if still else given.seen_incident,
        failure_reason=still.reason if still else "",
        failure_tried_at=task.at.isoformat(timespec="seconds"),
        failure_owner=given.decided_by if still else None,
    )


TOPIC = Topic(
    "retry-failed-step",
    RetryFailedStep,
    FailedStepRetried,
    retry_failed_step,
    fetch=retry_and_fetch,
)
