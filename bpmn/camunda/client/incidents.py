"""Work that stopped, and how an administrator sets it going again."""

from urllib.parse import quote

from bpmn.camunda.client.calls import RestClient
from bpmn.camunda.client.records import ExternalTask, Incident, Job

BY_ID = [{"sortBy": "id", "sortOrder": "asc"}]
EXTERNAL = "failedExternalTask"


class Incidents(RestClient):
    """Incidents, jobs and system steps, with their retries."""

    def incidents(self, instance_id: str | None = None) -> list[Incident]:
        """Open incidents of all instances or of one; a cause is told once, not per caller."""
        by_time = {"sortBy": "incidentTimestamp", "sortOrder": "asc"}
        rows = self.get("/incident", processInstanceId=instance_id, **by_time)
        return [Incident.read(row) for row in rows if row["causeIncidentId"] == row["id"]]

    def jobs(self) -> list[Job]:
        """All timers and asynchronous steps that are to come."""
        rows = self.all_of("/job", {"sorting": [{"sortBy": "jobId", "sortOrder": "asc"}]})
        return [Job.read(row) for row in rows if row["processInstanceId"]]

    def external_tasks(self) -> list[ExternalTask]:
        """All external tasks that are not done yet."""
        return [ExternalTask.read(row) for row in self.all_of("/external-task", {"sorting": BY_ID})]

    def set_retries(self, incident: Incident, retries: int = 1) -> None:
        """Try again what caused the incident; the incident goes when it succeeds.

        Raises:
            EngineRefused: status 404, the work is gone meanwhile.
        """
        kind = "external-task" if incident.type == EXTERNAL else "job"
        path = f"/{kind}/{quote(incident.subject_id or '', safe='')}/retries"
        self.put(path, {"retries": retries})
