"""Synchronization of the task filters of Tasklist."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from bpmn.camunda.client.rest import Engine
from bpmn.camunda.provisioning.identities import Identities, TaskFilter

FILTERS = 1000
"""Maximum number of filters read."""

ReportChange = Callable[[Literal["created", "updated", "same"], str], None]


def synchronize_filters(
    engine: Engine, identities: Identities, note: ReportChange
) -> dict[str, str]:
    """Create and update the filters of the file; return filter ids by name."""
    rows = engine.get("/filter", resourceType="Task", maxResults=FILTERS)
    present = {row["name"]: row for row in rows if not row["owner"]}
    ids: dict[str, str] = {}
    for place, wanted in enumerate(identities.filters):
        body = _body(wanted, place, identities.card_variables)
        found = present.get(wanted.name)
        if found is None:
            ids[wanted.name] = engine.post("/filter/create", body)["id"]
            note("created", f"filter {wanted.name}")
            continue
        ids[wanted.name] = found["id"]
        if _agrees(found, body):
            note("same", f"filter {wanted.name}")
        else:
            engine.put(f"/filter/{found['id']}", body)
            note("updated", f"filter {wanted.name}")
    return ids


def _body(wanted: TaskFilter, place: int, variables: Mapping[str, str]) -> dict[str, Any]:
    return {
        "resourceType": "Task",
        "name": wanted.name,
        "owner": None,
        "query": {**wanted.query, "sorting": [{"sortBy": "dueDate", "sortOrder": "asc"}]},
        "properties": {
            "priority": place,
            "color": wanted.color,
            "description": wanted.description,
            "refresh": True,
            "showUndefinedVariable": False,
            "variables": [{"name": name, "label": label} for name, label in variables.items()],
        },
    }


def _agrees(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Compare properties and query; the engine may add keys to the query."""
    query = found["query"]
    return found["properties"] == wanted["properties"] and all(
        query.get(name) == value for name, value in wanted["query"].items()
    )
