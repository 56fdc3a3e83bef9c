"""Steps that stopped, as the engine knows them: `services.FailedSteps`."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from bpmn.camunda.client.rest import EngineError, EngineRefused, ExternalTask, Incident, Job
from db.domain.errors import Unavailable
from workers.ports.failed_steps import StepState, StoppedStep

NO_REASON = "Движок не назвал причину: посмотрите журнал исполнителей."
Known = TypeVar("Known")


class TroubledEngine(Protocol):
    """What is asked of `bpmn.camunda.client.rest.Engine`; calls raise `EngineError`."""

    def incidents(self) -> list[Incident]: ...

    def external_tasks(self) -> list[ExternalTask]: ...

    def jobs(self) -> list[Job]: ...

    def set_retries(self, incident: Incident, retries: int = 1) -> None: ...


class EngineFailedSteps:
    """Every call asks the engine. Safe to share between threads."""

    def __init__(self, engine: TroubledEngine) -> None:
        self._engine = engine

    def state(self, failure_id: str) -> StoppedStep | StepState:
        """The step is looked at before the incidents: what stops in between is seen stopped."""
        moving = _asked(lambda: self._moving(failure_id))
        incident = self._incident(failure_id)
        if incident is None:
            return moving
        return StoppedStep(failure_id, incident.id, incident.message or NO_REASON)

    def retry(self, stopped: StoppedStep) -> None:
        incident = self._incident(stopped.id)
        if incident is None or incident.id != stopped.incident:
            return
        try:
            _asked(lambda: self._engine.set_retries(incident))
        except EngineRefused as refusal:
            if refusal.status != 404:
                raise

    def _incident(self, failure_id: str) -> Incident | None:
        incidents = _asked(self._engine.incidents)
        return next((one for one in incidents if one.subject_id == failure_id), None)

    def _moving(self, failure_id: str) -> StepState:
        if any(step.id == failure_id for step in self._engine.external_tasks()):
            return StepState.RUNNING
        now = datetime.now(UTC)
        for job in self._engine.jobs():
            if job.id == failure_id and (job.due is None or job.due <= now):
                return StepState.RUNNING
        return StepState.INACTIVE


def _asked(question: Callable[[], Known]) -> Known:
    try:
        return question()
    except EngineRefused:
        raise
    except EngineError as trouble:
        raise Unavailable(f"The engine does not answer: {type(trouble).__name__}") from trouble
