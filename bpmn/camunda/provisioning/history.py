"""Sets how long the engine keeps the history of ended processes, in place of the diagrams."""

from bpmn.camunda.client.rest import Engine


def keep_history(engine: Engine, days: int | None) -> int:
    """Set the history time to live of all process definitions, earlier versions included.

    It counts for instances that end from now on. None leaves what the diagrams say. Safe to repeat
    because only differences are written. ``engine`` needs an administrator's account.
    Returns: number of definitions that changed.
    """
    if days is None:
        return 0
    changed = 0
    for definition in engine.get("/process-definition", sortBy="id", sortOrder="asc"):
        if definition["historyTimeToLive"] != days:
            path = f"/process-definition/{definition['id']}/history-time-to-live"
            engine.put(path, {"historyTimeToLive": days})
            changed += 1
    return changed
