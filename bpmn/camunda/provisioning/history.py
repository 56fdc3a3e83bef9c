"""Sets how long the engine keeps the history of ended processes, and who may read it.

Nobody but the services and administrators reads it: what happened to a deal is in its own history.
"""

from collections.abc import Iterator
from typing import Any

from bpmn.camunda.client.calls import PAGE
from bpmn.camunda.client.rest import Engine
from bpmn.camunda.provisioning.authorizations import EVERYTHING, GRANT

OF_TASKS, OF_INSTANCES = 19, 20
"""Resource types of historic tasks and process instances in the REST API."""


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


def delete_history_permissions(engine: Engine) -> int:
    """Delete permissions on the history of single tasks that the engine itself would never delete.

    An engine that gave such permissions set the date of their removal when their process ended. It
    does not any more, so those of processes that were running then have none. Safe to repeat
    because a deleted one is not found again. ``engine`` needs an administrator's account.
    Returns: number of deleted authorizations.
    """
    lost = [
        row["id"]
        for kind in (OF_TASKS, OF_INSTANCES)
        for row in _granted(engine, kind)
        if row["resourceId"] != EVERYTHING and row["removalTime"] is None
    ]
    for authorization in lost:
        engine.delete(f"/authorization/{authorization}")
    return len(lost)


def _granted(engine: Engine, kind: int) -> Iterator[dict[str, Any]]:
    first = 0
    query = {"type": GRANT, "resourceType": kind, "sortBy": "resourceId", "sortOrder": "asc"}
    while rows := engine.get("/authorization", firstResult=first, maxResults=PAGE, **query):
        yield from rows
        first += len(rows)
