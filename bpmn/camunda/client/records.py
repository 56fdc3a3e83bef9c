"""What the engine tells about running and past work, as plain records."""

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
    business_key: str | None
    suspended: bool = False


@dataclass(frozen=True)
class UserTask:
    """An open task of a person or a group."""

    id: str
    name: str
    key: str
    """Id of the task in its diagram, e.g. Task_ReviewTerms."""
    assignee: str | None
    created: datetime
    due: datetime | None
    instance_id: str
    definition_id: str
    form_key: str | None
    deal_id: str | None

    @property
    def process_key(self) -> str:
        return process_key(self.definition_id)

    @classmethod
    def read(cls, told: Mapping[str, Any], deal_id: str | None) -> "UserTask":
        created = moment(told["created"])
        assert created is not None
        return cls(
            id=told["id"],
            name=told["name"] or "",
            key=told["taskDefinitionKey"],
            assignee=told["assignee"],
            created=created,
            due=moment(told["due"]),
            instance_id=told["processInstanceId"],
            definition_id=told["processDefinitionId"],
            form_key=told.get("formKey"),
            deal_id=deal_id,
        )


@dataclass(frozen=True)
class WaitState:
    """An activity in which an instance waits now: for a person, a called process or an event."""

    id: str
    """Of the activity instance: new each time the activity is entered."""
    activity: str
    name: str
    instance_id: str

    KINDS: ClassVar = frozenset(
        {"userTask", "callActivity", "receiveTask", "eventBasedGateway"}
        | {"intermediateMessageCatch", "intermediateTimer", "intermediateSignalCatch"}
    )


@dataclass(frozen=True)
class HistoricTask:
    """A task as the history tells it, open or ended."""

    id: str
    assignee: str | None
    ended_at: datetime | None
    completed: bool
    """Somebody did it; one that ended otherwise was taken back by its process."""

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "HistoricTask":
        return cls(
            id=told["id"],
            assignee=told["assignee"],
            ended_at=moment(told["endTime"]),
            completed=told["deleteReason"] == "completed",
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
    """Work that stopped and waits for an administrator."""

    id: str
    type: str
    """failedJob, failedExternalTask or a kind of its own."""
    message: str | None
    activity: str
    instance_id: str
    process_key: str
    subject_id: str | None
    """Id of the job or external task that failed."""
    created: datetime

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "Incident":
        created = moment(told["incidentTimestamp"])
        assert created is not None
        return cls(
            id=told["id"],
            type=told["incidentType"],
            message=told["incidentMessage"],
            activity=told["failedActivityId"] or told["activityId"],
            instance_id=told["processInstanceId"],
            process_key=process_key(told["processDefinitionId"] or ""),
            subject_id=told["configuration"],
            created=created,
        )


@dataclass(frozen=True)
class Job:
    """Work of the engine itself: a timer or an asynchronous step."""

    id: str
    instance_id: str
    due: datetime | None
    retries: int
    message: str | None
    failed_activity: str | None

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "Job":
        return cls(
            id=told["id"],
            instance_id=told["processInstanceId"],
            due=moment(told["dueDate"]),
            retries=told["retries"],
            message=told["exceptionMessage"],
            failed_activity=told["failedActivityId"],
        )


@dataclass(frozen=True)
class ExternalTask:
    """An external task: work that waits for one of our workers."""

    id: str
    topic: str
    activity: str
    instance_id: str
    business_key: str | None
    retries: int | None
    """None: not tried yet."""
    worker: str | None
    message: str | None
    created: datetime | None

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "ExternalTask":
        return cls(
            id=told["id"],
            topic=told["topicName"],
            activity=told["activityId"],
            instance_id=told["processInstanceId"],
            business_key=told["businessKey"],
            retries=told["retries"],
            worker=told["workerId"],
            message=told["errorMessage"],
            created=moment(told.get("createTime")),
        )


def process_key(definition_id: str) -> str:
    """The diagram's id inside a definition id such as ``deal:3:0f1c…``."""
    return definition_id.partition(":")[0]
