"""Client methods for incidents, jobs and external tasks."""

from collections.abc import Iterable
from urllib.parse import quote

from bpmn.camunda.client.calls import RestClient
from bpmn.camunda.client.records import ExternalTask, Incident, Job

BY_ID = [{"sortBy": "id", "sortOrder": "asc"}]
TASKS_AT_ONCE = 500
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

    def jobs(self) -> list[Job]:
        """Return all jobs of process instances: timers and asynchronous continuations."""
        rows = self.all_of("/job", {"sorting": [{"sortBy": "jobId", "sortOrder": "asc"}]})
        return [Job.read(row) for row in rows if row["processInstanceId"]]

    def external_tasks(self) -> list[ExternalTask]:
        """Return all open external tasks."""
        return [ExternalTask.read(row) for row in self.all_of("/external-task", {"sorting": BY_ID})]

    def known_steps(self, among: Iterable[str]) -> set[str]:
        """Return those of the given external task ids that are open tasks, incidents included."""
        ids, found = sorted(set(among)), set[str]()
        for start in range(0, len(ids), TASKS_AT_ONCE):
            query = {"externalTaskIdIn": ids[start : start + TASKS_AT_ONCE], "sorting": BY_ID}
            found |= {row["id"] for row in self.all_of("/external-task", query)}
        return found

    def set_retries(self, incident: Incident, retries: int = 1) -> None:
        """Set the retries of the job or external task behind an incident.

        The engine resolves the incident.

        Raises:
            EngineRefused: 404, the job or external task no longer exists.
        """
        kind = "external-task" if incident.type == EXTERNAL else "job"
        path = f"/{kind}/{quote(incident.subject_id or '', safe='')}/retries"
        self.put(path, {"retries": retries})
