"""Converts tasks and results between the Camunda client library and our own types."""

from datetime import timedelta
from typing import Any

from camunda.external_task.external_task import ExternalTask, TaskResult
from camunda.external_task.external_task_executor import ExternalTaskExecutor

from bpmn.camunda.client.values import TypedVariables, is_unchanged
from bpmn.lint.worker_contracts import MESSAGE_VARIABLES
from workers.runtime.contract import Completed, DeliveredTask, Failed, Outcome, Refused, Variables
from workers.runtime.runner.retries import RetryPolicy


class QuietExecutor(ExternalTaskExecutor):  # type: ignore[misc]
    """The library's executor without its log messages, which contain process variables."""

    def _log_with_context(self, *_: object, **__: object) -> None: ...


def parse_task(context: dict[str, Any]) -> tuple[DeliveredTask, int | None, TypedVariables]:
    """Convert a fetched task.

    Returns: task, remaining retries (None: it has not failed yet), and the process variables that
    it may write, as the engine has them now.
    """
    task, known = ExternalTask(context), context.get("variables") or {}
    delivered = DeliveredTask(
        id=task.get_task_id(),
        topic=task.get_topic_name(),
        deal_id=task.get_business_key(),
        instance_id=task.get_process_instance_id(),
        activity_id=task.get_activity_id(),
        variables={
            # Values of type Bytes are not parsed: no topic reads one.
            name: typed.get("value")
            for name, typed in known.items()
        },
    )
    return delivered, context.get("retries"), known


def changed(variables: Variables, known: TypedVariables) -> Variables:
    """Return what a completion has to write: the variables whose value the process lacks.

    The engine writes four rows for each variable of a completion, whether it changed or not.
    `MESSAGE_VARIABLES` that are null need not exist, because only forms read them.
    """
    return {
        name: value
        for name, value in variables.items()
        if not is_unchanged(value, known.get(name))
        and not (value is None and name in MESSAGE_VARIABLES and name not in known)
    }


def to_result(
    delivered: DeliveredTask,
    outcome: Outcome,
    retries: int | None,
    known: TypedVariables,
    policy: RetryPolicy,
) -> TaskResult:
    """Convert the outcome of a task to the library's result, with retries and a retry timeout."""
    task = ExternalTask({"id": delivered.id, "topicName": delivered.topic})
    match outcome:
        case Completed(variables):
            return task.complete(changed(variables, known))
        case Refused(code, message, variables):
            return task.bpmn_error(code, message, variables)
        case Failed(message, None, details):
            return TaskResult.failure(task, message, details, retries=0, retry_timeout=0)
        case Failed(message, at_least, details):
            left = policy.left(retries)
            pause = policy.pause(left, at_least or timedelta(0)) if left else timedelta(0)
            milliseconds = pause // timedelta(milliseconds=1)
            return TaskResult.failure(task, message, details, left, milliseconds)
