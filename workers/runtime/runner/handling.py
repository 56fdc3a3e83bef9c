"""Handling of locked tasks: count the attempt, execute the topic, report the outcome."""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

from bpmn.camunda.client.session import EngineError, EngineUnavailable
from db.domain.errors import Unavailable
from db.ports.messaging import Attempt
from db.tracing import span
from workers.ports.observer import Fate, TaskObserver
from workers.runtime.contract import AnyTopic, Completed, DeliveredTask, Failed, Outcome, Refused
from workers.runtime.execution import (
    ExecutionContext,
    LockLost,
    Work,
    bound_to,
    execute,
    execute_together,
)
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
        observer: TaskObserver,
    ) -> None:
        self._topics, self._context = topics, context
        self._executor, self._options, self._observer = executor, options, observer

    def handle(self, task: LockedTask) -> Fate:
        """Execute a task and report it; a task whose lock is lost is dropped.

        Raises: EngineError when the report failed; the engine then delivers the task again.
        """
        outcome = self.execute(task)
        return Fate.LOCK_LOST if outcome is None else self.report(task, outcome)

    def execute(self, task: LockedTask, *, counted: bool = False) -> Outcome | None:
        """Execute a task. The attempt is counted and committed first, so that crashes count too.

        ``counted``: its first attempt was counted a while ago. Returns: None when its lock is lost.
        """
        delivered, began = task.delivered, time.monotonic()
        topic = self._topics[delivered.topic]
        try:
            attempt = None if counted else self._count_attempt(delivered)
            if attempt is not None and attempt.number > self._options.max_crashes:
                outcome: Outcome = _crashed(attempt.number - 1)
            else:
                outcome = execute(
                    topic, delivered, self._context, lambda: task.lock_is_held, attempt
                )
            if attempt is None or attempt.answer is not None or not isinstance(outcome, Completed):
                self._reset_attempts(delivered.id)
        except LockLost as lost:
            _log_dropped(lost)
            self._reset_attempts(delivered.id)
            return None
        except Unavailable as trouble:
            return _postponed(trouble)
        finally:
            task.handled_seconds = time.monotonic() - began
        return outcome

    def execute_together(
        self, tasks: Sequence[LockedTask]
    ) -> Iterator[tuple[LockedTask, Outcome | None]]:
        """Execute tasks of topics without ``fetch``, in one transaction if possible.

        When one of them refuses or fails, nothing of that transaction is kept and each is executed
        alone, so that it cannot spoil the others. A task that was attempted before is executed
        alone at once: it may have crashed its worker, which would count against the others too.
        """
        try:
            with self._context.counting() as store:
                topics = {task.delivered.id: task.delivered.topic for task in tasks}
                first = store.processed.count_first_attempts(topics)
            fresh = [task for task in tasks if task.delivered.id in first]
            outcomes = self._together(fresh, first) if fresh else {}
        except Unavailable as trouble:
            yield from ((task, _postponed(trouble)) for task in tasks)
            return
        alone = []
        for task in tasks:
            if (outcome := outcomes.get(task.delivered.id)) is not None:
                yield task, outcome
            else:
                alone.append(task)
        self._reset_attempts(*(each for each in outcomes if first[each].answer is not None))
        for task in alone:
            with bound_to(task.delivered):
                yield task, self.execute(task, counted=task.delivered.id in first)

    def _together(
        self, tasks: Sequence[LockedTask], attempts: Mapping[str, Attempt]
    ) -> Mapping[str, Outcome]:
        """Execute tasks in one transaction. Returns: nothing when one of them refuses or fails.

        Raises: Unavailable when the database does not answer.
        """
        works = [
            Work(self._topics[each.topic], each, attempts[each.id])
            for each in (task.delivered for task in tasks)
        ]
        began = time.monotonic()
        try:
            outcomes = execute_together(
                works, self._context, lambda: all(task.lock_is_held for task in tasks)
            )
        except Unavailable:
            with self._context.open():
                pass
        except Exception as reason:  # noqa: BLE001 - each task is executed alone and says why
            log.info("%d tasks are executed one by one: %s", len(tasks), type(reason).__name__)
        else:
            self._observer.batch(len(tasks))
            for task in tasks:
                task.handled_seconds = (time.monotonic() - began) / len(tasks)
            return outcomes
        return {}

    def _count_attempt(self, delivered: DeliveredTask) -> Attempt:
        with self._context.counting() as store:
            return store.processed.count_attempt(delivered.id, delivered.topic)

    def _reset_attempts(self, *task_ids: str) -> None:
        """Delete the counters of tasks that did not crash their worker and stored no result.

        One that stays because the database does not answer makes a task delivered again be
        executed alone, and goes with the old rows.
        """
        if task_ids:
            with suppress(Unavailable), self._context.counting() as store:
                store.processed.reset_attempts(task_ids)

    def report(self, task: LockedTask, outcome: Outcome) -> Fate:
        """Report an outcome; it is dropped when the lock is lost.

        Raises: EngineError when the report failed; the engine then delivers the task again.
        """
        try:
            with span("report"):
                outcome = self._report(task, outcome)
        except (LockExpired, TaskNotFound) as lost:
            _log_dropped(lost)
            return Fate.LOCK_LOST
        _log_outcome(outcome, time.monotonic() - task.started_at)
        return self._fate(task, outcome)

    def _report(self, task: LockedTask, outcome: Outcome) -> Outcome:
        """Report an outcome; one that the engine rejects becomes a failure that operators see.

        Otherwise the task would be delivered again and again without an incident.
        Returns: the outcome that the engine has accepted.
        """
        try:
            return self._send(task, outcome)
        except (LockExpired, TaskNotFound):
            raise
        except EngineUnavailable as trouble:
            if trouble.status is None:
                raise
            log.error("The engine rejected the report: %s", trouble)
            return self._send(task, Failed(f"{NOT_ACCEPTED}: {trouble}", timedelta(0)))
        except Exception as bug:
            log.exception("The engine rejected the report")
            reason = str(bug) if isinstance(bug, EngineError) else type(bug).__name__
            return self._send(task, Failed(f"{NOT_ACCEPTED}: {reason}", None))

    def _send(self, task: LockedTask, outcome: Outcome) -> Outcome:
        result = to_result(task.delivered, outcome, task.retries, task.known, self._options.retries)
        self._executor.execute_task(result.get_task(), lambda _: result)
        return outcome

    def _fate(self, task: LockedTask, outcome: Outcome) -> Fate:
        match outcome:
            case Completed():
                return Fate.COMPLETED
            case Refused():
                return Fate.REFUSED
            case Failed(_, None):
                return Fate.INCIDENT
        return Fate.FAILED if self._options.retries.left(task.retries) else Fate.INCIDENT


def _postponed(trouble: Unavailable) -> Failed:
    return Failed(str(trouble), trouble.retry_after)


def _log_dropped(lost: Exception) -> None:
    log.warning("The lock of the task is lost, its outcome is dropped: %s", lost)


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
