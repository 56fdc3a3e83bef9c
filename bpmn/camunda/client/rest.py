"""Our typed client of the engine's REST interface."""

from bpmn.camunda.client.incidents import Troubles
from bpmn.camunda.client.records import (
    Incident,
    InstanceRef,
    Job,
    PastInstance,
    PastTask,
    Person,
    SystemStep,
    TaskRef,
    Wait,
)
from bpmn.camunda.client.session import (
    EngineConflict,
    EngineError,
    EngineRefused,
    EngineSession,
    EngineUnavailable,
)
from bpmn.camunda.client.tasks import Tasks
from bpmn.camunda.client.users import People

__all__ = [
    "Engine",
    "EngineConflict",
    "EngineError",
    "EngineRefused",
    "EngineSession",
    "EngineUnavailable",
    "Incident",
    "InstanceRef",
    "Job",
    "PastInstance",
    "PastTask",
    "Person",
    "SystemStep",
    "TaskRef",
    "Wait",
]

READY_SECONDS = 2.0


class Engine(Tasks, People, Troubles):
    """The engine as one of its accounts; safe to share between threads.

    ``base_url`` is the address of the REST interface, e.g. http://127.0.0.1:8080/engine-rest.
    Every method raises `EngineUnavailable` when the engine does not answer.
    """

    def engine_ready(self) -> bool:
        """The engine answers, and takes our password."""
        try:
            self.session.get(f"{self.url}/version", timeout=READY_SECONDS)
        except EngineError:
            return False
        return True
