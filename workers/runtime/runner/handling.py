"""Handling of one locked task: count the attempt, execute the topic, report the outcome."""

import logging
import time
from collections.abc import Mapping
from datetime import timedelta

from bpmn.camunda.client.session import EngineError, EngineUnavailable
from db.domain.errors import Unavailable
from workers.runtime.contract import AnyTopic, Completed, Failed, Outcome
from workers.runtime.execution import ExecutionContext, LockLost, execute
from workers.runtime.runner.client import LockExpired, TaskNotFound
from workers.runtime.runner.locks import LockedTask
from workers.runtime.runner.options import WorkerOptions
from workers.runtime.runner.report import QuietExecutor, to_result

log = logging.getLogger(__name__)

NOT_ACCEPTED = "The engine did not accept the report of the task"


class TaskHandling:
    """Executes locked tasks of ``topics`` and reports their outcomes; thread-safe."""

    def __init__(
        self,
        topics: Mapping[str, AnyTopic],
        context: ExecutionContext,
        executor: QuietExecutor,
        options: WorkerOptions,
    ) -> None:
        self._topics, self._context = topics, context
        self._executor, self._options = executor, options

    def handle(self, task: LockedTask) -> None:
        """Execute a task and report it; a task whose lock is lost is dropped.

        Raises: EngineError when the report failed; the engine then delivers the task again.
        """
        started = time.monotonic()
        try:
            outcome = self._execute(task)
            self._report(task, outcome)
        except (LockLost, LockExpired, TaskNotFound) as lost:
            log.warning("The lock of the task is lost, its outcome is dropped: %s", lost)
            return
        _log_outcome(outcome, time.monotonic() - started)

    def _execute(self, task: LockedTask) -> Outcome:
        """Execute a task. The attempt is counted and committed first, so that crashes count too."""
        delivered = task.delivered
        try:
            with self._context.open() as store:
                attempts = store.processed.count_attempt(delivered.id, delivered.topic)
            if attempts > self._options.max_crashes:
                outcome: Outcome = _crashed(attempts - 1)
            else:
                topic = self._topics[delivered.topic]
                outcome = execute(topic, delivered, self._context, lambda: task.lock_is_held)
            if attempts > 1 or not isinstance(outcome, Completed):
                self._reset_attempts(delivered.id)
        except LockLost:
            self._reset_attempts(delivered.id)
            raise
        except Unavailable as trouble:
            return Failed(str(trouble), trouble.retry_after)
        return outcome

    def _reset_attempts(self, task_id: str) -> None:
        with self._context.open() as store:
            store.processed.reset_attempts(task_id)

    def _report(self, task: LockedTask, outcome: Outcome) -> None:
        """Report an outcome; one that the engine rejects becomes a failure that operators see.

        Otherwise the task would be delivered again and again without an incident.
        """
        try:
            self._send(task, outcome)
        except (LockExpired, TaskNotFound):
            raise
        except EngineUnavailable as trouble:
            if trouble.status is None:
                raise
            log.error("The engine rejected the report: %s", trouble)
            self._send(task, Failed(f"{NOT_ACCEPTED}: {trouble}", timedelta(0)))
        except Exception as bug:
            log.exception("The engine rejected the report")
            reason = str(bug) if isinstance(bug, EngineError) else type(bug).__name__
            self._send(task, Failed(f"{NOT_ACCEPTED}: {reason}", None))

    def _send(self, task: LockedTask, outcome: Outcome) -> None:
        result = to_result(task.delivered, outcome, task.retries, self._options.retries)
        self._executor.execute_task(result.get_task(), lambda _: result)


def _crashed(times: int) -> Failed:
    message = f"The task crashed its worker {times} times. Find the cause, then give it retries."
    return Failed(message, None)


def _log_outcome(outcome: Outcome, seconds: float) -> None:
    match outcome:
        case Failed(message, retry_after, details):
            level = logging.ERROR if retry_after is None else logging.WARNING
            log.log(level, "Failed after %.3f s: %s %s", seconds, message, details)
        case _:
            log.info("%s after %.3f s", type(outcome).__name__, seconds)
