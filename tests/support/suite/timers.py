"""Timers of the real engine, fired by a test before they are due."""

import requests

from bpmn.camunda.client.rest import Engine
from bpmn.camunda.client.session import EngineConflict
from ops.demo.scenario import Story, a_number
from tests.support.suite.running import RunningSuite
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


def break_onec(suite: RunningSuite, **faults: object) -> None:
    """Throw the simulator's switches; without any, 1C is well again."""
    answer = requests.put(f"{suite.onec}/_simulator/faults", json=faults, timeout=10)
    answer.raise_for_status()


def stop_timer(suite: RunningSuite, story: Story) -> str:
    """Play until a deal waits for a silent 1C, and take the retries from its timer.

    So it stands after failures of the engine, without a reason. 1C stays silent. Returns: the id
    of the timer's job.
    """
    story.until_operator()
    number = a_number("П")
    story.contract_in_onec(number)
    break_onec(suite, instead="unavailable")
    given = {"answer": "entered", "number": number, "comment": ""}
    story("operator").do(story.deal_id, "Task_EnterOnecContract", **given)
    rows = suite.engine.get("/process-instance", businessKey=story.deal_id)
    ids = {row["id"] for row in rows}
    job = eventually(lambda: next((j for j in suite.engine.jobs() if j.instance_id in ids), None))
    suite.engine.put(f"/job/{job.id}/retries", {"retries": 0})
    return str(job.id)
