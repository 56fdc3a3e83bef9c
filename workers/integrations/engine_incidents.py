"""Failed external tasks and jobs of the engine: their state, and one more retry."""

from datetime import UTC, datetime
from typing import Protocol

from bpmn.camunda.client.rest import EngineRefused, ExternalTask, Incident, Job
from workers.integrations.engine_calls import available
from workers.ports.failed_steps import StepState, StoppedStep

NO_REASON = "Движок не назвал причину: посмотрите журнал исполнителей."


class IncidentEngine(Protocol):
    """Calls to `bpmn.camunda.client.rest.Engine`; each raises `EngineError`."""

    def incidents(self) -> list[Incident]: ...

    def external_tasks(self) -> list[ExternalTask]: ...

    def jobs(self) -> list[Job]: ...

    def set_retries(self, incident: Incident, retries: int = 1) -> None: ...


class EngineFailedSteps:
    """`workers.ports.failed_steps.FailedSteps` on the engine, without a cache; thread-safe."""

    def __init__(self, engine: IncidentEngine) -> None:
        self._engine = engine

    def state(self, failure_id: str) -> StoppedStep | StepState:
        """Return the incident of a step, or its state without one.

        Tasks and jobs are read before incidents, so a failure in between is not missed.
        Raises: Unavailable.
        """
        state = available(
            lambda: self._state_without_incident(failure_id), reraise=(EngineRefused,)
        )
        incident = self._incident(failure_id)
        if incident is None:
            return state
        return StoppedStep(failure_id, incident.id, incident.message or NO_REASON)

    def retry(self, stopped: StoppedStep) -> None:
        """Give a step one retry unless its incident has changed. Raises: Unavailable."""
        incident = self._incident(stopped.id)
        if incident is None or incident.id != stopped.incident:
            return
        try:
            available(lambda: self._engine.set_retries(incident), reraise=(EngineRefused,))
        except EngineRefused as refusal:
            if refusal.status != 404:
                raise

    def _incident(self, failure_id: str) -> Incident | None:
        incidents = available(self._engine.incidents, reraise=(EngineRefused,))
        return next((one for one in incidents if one.subject_id == failure_id), None)

    def _state_without_incident(self, failure_id: str) -> StepState:
        if any(step.id == failure_id for step in self._engine.external_tasks()):
            return StepState.RUNNING
        now = datetime.now(UTC)
        for job in self._engine.jobs():
            if job.id == failure_id and (job.due is None or job.due <= now):
                return StepState.RUNNING
        return StepState.INACTIVE
