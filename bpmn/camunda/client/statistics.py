"""Client methods for numbers about activities: instances that are in them, times that it took."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from bpmn.camunda.client.calls import PAGE, RestClient
from bpmn.camunda.client.values import instant


@dataclass(frozen=True)
class RunningDefinition:
    """A version of a process with instances."""

    id: str
    process_key: str
    instances: int


@dataclass(frozen=True)
class FinishedActivity:
    """A passage of one instance through an activity that has ended."""

    process_key: str
    activity: str
    milliseconds: int
    ended: datetime


class Statistics(RestClient):
    """Queries that the engine counts itself."""

    def running_definitions(self) -> list[RunningDefinition]:
        """Versions of processes with running instances, in one request."""
        return [
            RunningDefinition(
                row["definition"]["id"], row["definition"]["key"], int(row["instances"])
            )
            for row in self.get("/process-definition/statistics")
            if row["instances"]
        ]

    def standing(self, definition_id: str) -> Mapping[str, int]:
        """Activity → instances that are in it, of one version."""
        path = f"/process-definition/{quote(definition_id, safe='')}/statistics"
        return {row["id"]: int(row["instances"]) for row in self.get(path) if row["instances"]}

    def finished_activities(
        self, activity_type: str, since: datetime, limit: int
    ) -> Iterator[FinishedActivity]:
        """Yield the newest passages through activities of one type, of all processes: at most
        ``limit``, a page of them per request."""
        query = {
            "activityType": activity_type,
            "finished": True,
            "finishedAfter": instant(since),
            "sorting": [
                {"sortBy": "endTime", "sortOrder": "desc"},
                {"sortBy": "activityInstanceId", "sortOrder": "asc"},
            ],
        }
        for first in range(0, limit, PAGE):
            count = min(PAGE, limit - first)
            rows = self.page_of("/history/activity-instance", query, first, count)
            for row in rows:
                yield FinishedActivity(
                    row["processDefinitionKey"],
                    row["activityId"],
                    int(row["durationInMillis"]),
                    datetime.fromisoformat(row["endTime"]),
                )
            if len(rows) < count:
                return
