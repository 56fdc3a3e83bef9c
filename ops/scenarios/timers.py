"""Timers of a deal, run out before they are due: time moved forward on the real engine."""

from bpmn.camunda.client.rest import Engine, EngineConflict


def ran_out(engine: Engine, deal_id: str, activity: str) -> bool:
    """Execute the timer of an element if it waits now. Returns: it did.

    False also if another step of the deal was just being completed: ask again.
    """
    jobs = engine.get("/job", timers="true", activityId=activity)
    deals = engine.business_keys(job["processInstanceId"] for job in jobs)
    mine = [job for job in jobs if deals.get(job["processInstanceId"]) == deal_id]
    for job in mine:
        try:
            engine.post(f"/job/{job['id']}/execute", {})
        except EngineConflict:
            return False
    return bool(mine)
