"""Gives a stopped step one more try on an administrator's word, and says what became of it."""

from datetime import timedelta
from typing import Any, ClassVar

from db.domain.entities import NoteKind
from db.domain.errors import Unavailable
from workers.ports.failed_steps import StepState, StoppedStep
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import Task, TaskInput, TaskResult, Topic
from workers.services.notification_texts import retried_note
from workers.services.process_variables import person_actor

SOON = timedelta(seconds=1)
"""One try is mostly over at once; the worker's own pauses are longer and grow."""


class RetryFailedStep(TaskInput):
    user_inputs: ClassVar[tuple[str, ...]] = ("comment",)

    failure_id: str
    seen_incident: str
    """The incident that the administrator saw."""
    decided_by: str
    comment: Any = None


class FailedStepRetried(TaskResult):
    failure_gone: bool
    incident_id: str
    """What the administrator sees next: another incident if the try failed."""
    failure_reason: str
    failure_tried_at: str
    """ISO 8601, UTC."""
    failure_owner: str | None
    """Who goes on with a failure that stays."""


def try_again(task: Task[RetryFailedStep, None], external: ExternalServices) -> StoppedStep | None:
    """What became of the step after its one more try.

    Safe to repeat: every try that fails leaves another incident, so the one that the
    administrator saw says that the try is still to come.
    Raises: Unavailable, until the try is over.
    """
    state = external.failed_steps.state(task.input.failure_id)
    if isinstance(state, StoppedStep) and state.incident == task.input.seen_incident:
        external.failed_steps.retry(state)
        raise Unavailable("The stopped step has one more try.", retry_after=SOON)
    if state is StepState.RUNNING:
        raise Unavailable("The stopped step is being tried.", retry_after=SOON)
    return state if isinstance(state, StoppedStep) else None


def retry_failed_step(
    task: Task[RetryFailedStep, StoppedStep | None], services: Services
) -> FailedStepRetried:
    """Safe to repeat: the answer is kept by task, and with it the administrator's note."""
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
    "retry-failed-step", RetryFailedStep, FailedStepRetried, retry_failed_step, fetch=try_again
)
