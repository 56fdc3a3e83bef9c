"""Outcomes as the engine hears them."""

from datetime import timedelta
from typing import Any

from camunda.external_task.external_task import ExternalTask, TaskResult
from camunda.external_task.external_task_executor import ExternalTaskExecutor

from workers.runtime.contract import Completed, Failed, Outcome, Refused, Work
from workers.runtime.runner.retries import Retries


class Executor(ExternalTaskExecutor):  # type: ignore[misc]
    """The library's executor, silent: it would log variables through the root logger."""

    def _log_with_context(self, *_: object, **__: object) -> None: ...


def work_of(context: dict[str, Any]) -> tuple[Work, int | None]:
    """A delivered task, and the retries that the engine has left for it (None: not failed yet)."""
    task = ExternalTask(context)
    work = Work(
        id=task.get_task_id(),
        topic=task.get_topic_name(),
        deal_id=task.get_business_key(),
        instance_id=task.get_process_instance_id(),
        activity_id=task.get_activity_id(),
        variables={
            # Json stays text: a form may have sent anything under any name.
            name: typed.get("value")
            for name, typed in (context.get("variables") or {}).items()
        },
    )
    return work, context.get("retries")


def result_of(work: Work, outcome: Outcome, retries: int | None, policy: Retries) -> TaskResult:
    """The library's result for an outcome; pauses go out in milliseconds."""
    task = ExternalTask({"id": work.id, "topicName": work.topic})
    match outcome:
        case Completed(variables):
            return task.complete(variables)
        case Refused(code, message, variables):
            return task.bpmn_error(code, message, variables)
        case Failed(message, None, details):
            return TaskResult.failure(task, message, details, retries=0, retry_timeout=0)
        case Failed(message, at_least, details):
            left = policy.left(retries)
            pause = policy.pause(left, at_least or timedelta(0)) if left else timedelta(0)
            milliseconds = pause // timedelta(milliseconds=1)
            return TaskResult.failure(task, message, details, left, milliseconds)
