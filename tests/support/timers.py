"""Timers of the real engine, fired by a test before they are due."""

from bpmn.camunda.client.rest import Engine
from bpmn.camunda.client.session import EngineConflict
from tests.support.waiting import eventually


def execute_job(engine: Engine, job_id: str) -> None:
    """Execute a job now; again when a step of the same process was just being completed."""

    def executed() -> bool:
        try:
            engine.post(f"/job/{job_id}/execute", {})
        except EngineConflict:
            return False
        return True

    eventually(executed)
