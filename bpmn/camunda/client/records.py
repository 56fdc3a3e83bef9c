"""Typed records of rows in responses of the REST API."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from bpmn.camunda.client.values import moment


@dataclass(frozen=True)
class ProcessInstance:
    """A running process instance."""

    id: str
    process_key: str
    definition_id: str
    business_key: str
    """Id of the deal; empty if it has none."""
    suspended: bool = False
    is_root: bool = True
    """Whether it was started by itself, not by a call activity of another instance."""

    @classmethod
    def read_historic(cls, row: Mapping[str, Any]) -> "ProcessInstance":
        """Read a row of the history, which knows running instances as well."""
        return cls(
            id=row["id"],
            process_key=row["processDefinitionKey"],
            definition_id=row["processDefinitionId"],
            business_key=row["businessKey"] or "",
            suspended=row["state"] == "SUSPENDED",
            is_root=row["rootProcessInstanceId"] == row["id"],
        )


@dataclass(frozen=True)
class Activity:
    """A flow node of a deployed diagram."""

    id: str
    process_key: str
    kind: str
    """Its type in the engine's words, see `WaitState.KINDS`."""
    name: str
    is_async: bool = False
    """A job may stand where it begins or ends."""

    @property
    def waits(self) -> bool:
        """Whether an instance waits in it for a user, a called process or an event."""
        return self.kind in WaitState.KINDS

    @property
    def leads_to_people(self) -> bool:
        """Whether an instance in it has a user task, or a called instance in its place."""
        return self.kind in ("userTask", "callActivity") and not self.is_async


@dataclass(frozen=True)
class UserTask:
    """An open user task."""

    id: str
    name: str
    key: str
    """Task definition key: the id in the diagram, e.g. Task_ReviewTerms."""
    assignee: str | None
    created: datetime
    due: datetime | None
    instance_id: str
    definition_id: str
    form_key: str | None
    deal_id: str | None
    description: str | None = None
    """Instructions for the employee: the documentation element of the diagram."""

    @property
    def process_key(self) -> str:
        return process_key(self.definition_id)

    @classmethod
    def read(cls, row: Mapping[str, Any], deal_id: str | None) -> "UserTask":
        created = moment(row["created"])
        assert created is not None
        return cls(
            id=row["id"],
            name=row["name"] or "",
            key=row["taskDefinitionKey"],
            assignee=row["assignee"],
            created=created,
            due=moment(row["due"]),
            instance_id=row["processInstanceId"],
            definition_id=row["processDefinitionId"],
            form_key=row.get("formKey"),
            deal_id=deal_id,
            description=row.get("description"),
        )


@dataclass(frozen=True)
class WaitState:
    """An activity instance at which a process instance waits."""

    id: str
    """Id of the activity instance: new each time the activity is entered."""
    activity: str
    name: str
    instance_id: str

    # Activity types that wait for a user, a called process or an event.
    KINDS: ClassVar = frozenset(
        {"userTask", "callActivity", "receiveTask", "eventBasedGateway"}
        | {"intermediateMessageCatch", "intermediateTimer", "intermediateSignalCatch"}
    )


@dataclass(frozen=True)
class TaskChange:
    """A user task that was created, changed or ended."""

    id: str
    mark: str
    """Differs for two changes of one task."""
    assignee: str | None
    key: str
    process_key: str
    ended: bool
    deal_id: str | None


@dataclass(frozen=True)
class HistoricTask:
    """A user task of the history, open or ended."""

    id: str
    assignee: str | None
    ended_at: datetime | None
    completed: bool
    """A user completed it; otherwise its process canceled it."""
    name: str = ""
    started_at: datetime | None = None

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> "HistoricTask":
        return cls(
            id=row["id"],
            assignee=row["assignee"],
            ended_at=moment(row["endTime"]),
            completed=row["deleteReason"] == "completed",
            name=row.get("name") or "",
            started_at=moment(row.get("startTime")),
        )


@dataclass(frozen=True)
class PastInstance:
    """A process instance of a deal in the history, running or ended."""

    id: str
    process_key: str
    definition_id: str
    started_at: datetime
    ended_at: datetime | None
    caller_id: str | None
    """Id of the instance that called it."""
    completed: bool
    """It reached its end; otherwise it runs, or was canceled."""

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> "PastInstance":
        started = moment(row["startTime"])
        assert started is not None
        return cls(
            id=row["id"],
            process_key=row["processDefinitionKey"],
            definition_id=row["processDefinitionId"],
            started_at=started,
            ended_at=moment(row["endTime"]),
            caller_id=row["superProcessInstanceId"],
            completed=row["state"] == "COMPLETED",
        )


@dataclass(frozen=True)
class Passage:
    """One visit of a process instance to an activity, event or gateway."""

    activity: str
    kind: str
    """Type in the engine's words: userTask, serviceTask, callActivity, …"""
    name: str
    started_at: datetime
    ended_at: datetime | None
    canceled: bool
    assignee: str | None = None
    called_id: str | None = None
    """Id of the process instance that a call activity started."""

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> "Passage":
        started = moment(row["startTime"])
        assert started is not None
        return cls(
            activity=row["activityId"],
            kind=row["activityType"],
            name=row["activityName"] or "",
            started_at=started,
            ended_at=moment(row["endTime"]),
            canceled=bool(row["canceled"]),
            assignee=row["assignee"],
            called_id=row["calledProcessInstanceId"],
        )


@dataclass(frozen=True)
class Person:
    """A user of the engine."""

    login: str
    first_name: str
    last_name: str
    email: str | None = None

    @property
    def name(self) -> str:
        """First and last name, or the login of an account that has neither."""
        return f"{self.first_name} {self.last_name}".strip() or self.login


@dataclass(frozen=True)
class Incident:
    """An open incident: a job or external task without retries."""

    id: str
    type: str
    """failedJob, failedExternalTask or a custom type."""
    message: str | None
    activity: str
    instance_id: str
    process_key: str
    subject_id: str | None
    """Id of the failed job or external task (``configuration`` in the API)."""
    created: datetime

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> "Incident":
        created = moment(row["incidentTimestamp"])
        assert created is not None
        return cls(
            id=row["id"],
            type=row["incidentType"],
            message=row["incidentMessage"],
            activity=row["failedActivityId"] or row["activityId"],
            instance_id=row["processInstanceId"],
            process_key=process_key(row["processDefinitionId"] or ""),
            subject_id=row["configuration"],
            created=created,
        )


@dataclass(frozen=True)
class Job:
    """A job of the engine: a timer or an asynchronous continuation."""

    id: str
    instance_id: str
    due: datetime | None
    retries: int
    message: str | None
    failed_activity: str | None

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> "Job":
        return cls(
            id=row["id"],
            instance_id=row["processInstanceId"],
            due=moment(row["dueDate"]),
            retries=row["retries"],
            message=row["exceptionMessage"],
            failed_activity=row["failedActivityId"],
        )


@dataclass(frozen=True)
class ExternalTask:
    """An open external task."""

    id: str
    topic: str
    activity: str
    instance_id: str
    business_key: str | None
    retries: int | None
    """None: not attempted yet."""
    worker: str | None
    message: str | None
    created: datetime | None

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> "ExternalTask":
        return cls(
            id=row["id"],
            topic=row["topicName"],
            activity=row["activityId"],
            instance_id=row["processInstanceId"],
            business_key=row["businessKey"],
            retries=row["retries"],
            worker=row["workerId"],
            message=row["errorMessage"],
            created=moment(row.get("createTime")),
        )


def process_key(definition_id: str) -> str:
    """Return the process key of a definition id such as ``deal:3:0f1c…``."""
    return definition_id.partition(":")[0]
