"""What happens to one task: counted, done or repeated, told to the engine."""

import logging
import time
from collections.abc import Mapping
from datetime import timedelta

from db.domain.errors import Unavailable
from workers.runtime.contract import AnyTopic, Completed, Failed, Outcome
from workers.runtime.execution import LockLost, World, attempt
from workers.runtime.runner.client import (
    EngineError,
    EngineSilent,
    EngineUnavailable,
    NotOurs,
    TaskGone,
)
from workers.runtime.runner.locks import Held
from workers.runtime.runner.options import Options
from workers.runtime.runner.report import Executor, result_of

log = logging.getLogger(__name__)

UNDIGESTED = "The engine did not accept the answer of the step"


class Handling:
    """Does held tasks of ``topics``; safe to use from several threads."""

    def __init__(
        self, topics: Mapping[str, AnyTopic], world: World, executor: Executor, options: Options
    ) -> None:
        self._topics, self._world = topics, world
        self._executor, self._options = executor, options

    def do(self, held: Held) -> None:
        """Raises: EngineError when the engine could not be told; the task then comes again."""
        started = time.monotonic()
        try:
            outcome = self._outcome(held)
            self._report(held, outcome)
        except (LockLost, NotOurs, TaskGone) as lost:
            log.warning("The task is no longer ours, dropped: %s", lost)
            return
        _say(outcome, time.monotonic() - started)

    def _outcome(self, held: Held) -> Outcome:
        """Count the attempt before the handler runs: a dead worker can count nothing."""
        work = held.work
        try:
            with self._world.open() as store:
                attempts = store.processed.attempt(work.id, work.topic)
            if attempts > self._options.deaths:
                outcome: Outcome = _deadly(attempts - 1)
            else:
                topic = self._topics[work.topic]
                outcome = attempt(topic, work, self._world, lambda: held.is_ours)
            if attempts > 1 or not isinstance(outcome, Completed):
                self._forgive(work.id)
        except LockLost:
            self._forgive(work.id)
            raise
        except Unavailable as trouble:
            return Failed(str(trouble), trouble.retry_after)
        return outcome

    def _forgive(self, task_id: str) -> None:
        with self._world.open() as store:
            store.processed.forgive(task_id)

    def _report(self, held: Held, outcome: Outcome) -> None:
        """Tell the engine. What it cannot digest for a whole lock becomes a failure that it can:
        otherwise the task would circle for ever and nobody would see it.
        """
        try:
            self._tell(held, outcome)
        except (NotOurs, TaskGone, EngineSilent):
            raise
        except EngineUnavailable as trouble:
            log.error("The engine could not take the answer: %s", trouble)
            self._tell(held, Failed(f"{UNDIGESTED}: {trouble}", timedelta(0)))
        except Exception as bug:
            log.exception("The engine could not take the answer")
            self._tell(held, Failed(f"{UNDIGESTED}: {_kind(bug)}", None))

    def _tell(self, held: Held, outcome: Outcome) -> None:
        result = result_of(held.work, outcome, held.retries, self._options.retries)
        self._executor.execute_task(result.get_task(), lambda _: result)


def _kind(bug: Exception) -> str:
    return str(bug) if isinstance(bug, EngineError) else type(bug).__name__


def _deadly(times: int) -> Failed:
    sentence = f"The step killed its worker {times} times. Find out why, then give it retries."
    return Failed(sentence, None)


def _say(outcome: Outcome, seconds: float) -> None:
    match outcome:
        case Failed(message, retry_after, details):
            level = logging.ERROR if retry_after is None else logging.WARNING
            log.log(level, "Failed after %.3f s: %s %s", seconds, message, details)
        case _:
            log.info("%s after %.3f s", type(outcome).__name__, seconds)
