"""Facade of the REST client: `Engine` with all methods, records and errors."""

from bpmn.camunda.client.incidents import Incidents
from bpmn.camunda.client.records import (
    Activity,
    ExternalTask,
    HistoricTask,
    Incident,
    Job,
    Passage,
    PastInstance,
    Person,
    ProcessInstance,
    UserTask,
    WaitState,
)
from bpmn.camunda.client.session import (
    EngineConflict,
    EngineError,
    EngineRefused,
    EngineSession,
    EngineUnavailable,
)
from bpmn.camunda.client.statistics import Statistics
from bpmn.camunda.client.tasks import UserTasks
from bpmn.camunda.client.users import Users

__all__ = [
    "Activity",
    "Engine",
    "EngineConflict",
    "EngineError",
    "EngineRefused",
    "EngineSession",
    "EngineUnavailable",
    "ExternalTask",
    "HistoricTask",
    "Incident",
    "Job",
    "Passage",
    "PastInstance",
    "Person",
    "ProcessInstance",
    "UserTask",
    "WaitState",
]

READY_SECONDS = 2.0


class Engine(UserTasks, Users, Incidents, Statistics):
    """REST client of the engine as one account. Safe to share between threads.

    ``base_url`` is the root of the REST API, e.g. http://127.0.0.1:8080/engine-rest.
    Every method raises `EngineUnavailable` when the engine does not respond.
    """

    def engine_ready(self) -> bool:
        """Tell if the engine responds and accepts the account's password."""
        try:
            self.session.get(f"{self.url}/version", timeout=READY_SECONDS)
        except EngineError:
            return False
        return True
