"""Client methods for incidents, jobs and external tasks."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from bpmn.camunda.client.calls import RestClient, in_parts
from bpmn.camunda.client.records import ExternalTask, Incident, Job

BY_ID = [{"sortBy": "id", "sortOrder": "asc"}]
EXTERNAL = "failedExternalTask"


class Incidents(RestClient):
    """Queries for incidents, jobs and external tasks; resets retries."""

    def incidents(self, instance_id: str | None = None) -> list[Incident]:
        """Return open root-cause incidents of one instance or of all, oldest first.

        Copies of an incident in calling instances are left out.
        """
        by_time = {"sortBy": "incidentTimestamp", "sortOrder": "asc"}
        rows = self.get("/incident", processInstanceId=instance_id, **by_time)
        return [Incident.read(row) for row in rows if row["causeIncidentId"] == row["id"]]

    def jobs(self, instance_ids: Iterable[str] | None = None) -> list[Job]:
        """Return the jobs of some process instances or of all: timers, asynchronous continuations.

        A job of the engine itself belongs to no instance and is left out.
        """
        query = {"sorting": [{"sortBy": "jobId", "sortOrder": "asc"}]}
        rows = self._named("/job", query, "processInstanceIds", instance_ids)
        return [Job.read(row) for row in rows if row["processInstanceId"]]

    def external_tasks(self, instance_ids: Iterable[str] | None = None) -> list[ExternalTask]:
        """Return the open external tasks of some process instances or of all."""
        query = {"sorting": BY_ID}
        rows = self._named("/external-task", query, "processInstanceIdIn", instance_ids)
        return [ExternalTask.read(row) for row in rows]

    def known_steps(self, among: Iterable[str]) -> set[str]:
        """Return those of the given external task ids that are open tasks, incidents included."""
        rows = self._named("/external-task", {"sorting": BY_ID}, "externalTaskIdIn", among)
        return {row["id"] for row in rows}

    def _named(
        self, path: str, query: Mapping[str, Any], named: str, ids: Iterable[str] | None
    ) -> list[dict[str, Any]]:
        """Rows of a query whose condition ``named`` lists ids; without any all rows."""
        if ids is None:
            return self.all_of(path, query)
        return [row for part in in_parts(ids) for row in self.all_of(path, {**query, named: part})]

    def set_retries(self, incident: Incident, retries: int = 1) -> None:
        """Set the retries of the job or external task behind an incident.

        The engine resolves the incident.

        Raises:
            EngineRefused: 404, the job or external task no longer exists.
        """
        kind = "external-task" if incident.type == EXTERNAL else "job"
        path = f"/{kind}/{quote(incident.subject_id or '', safe='')}/retries"
        self.put(path, {"retries": retries})
