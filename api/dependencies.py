"""FastAPI dependencies: shared resources of the application, the caller, and the history actor."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request

from api.auth import Principal, current_principal
from api.documents.client import TemplateReader
from api.engine.gateway import EngineGateway
from api.engine.users import Employees, PersonNames
from api.http.idempotency import IdempotentRequest, idempotency_key
from api.http.problems import request_id_of
from api.http.rate_limit import RateLimit
from api.http.single_flight import SingleFlight
from api.inspection.antivirus import UploadScanner
from api.inspection.client import Inspection
from api.inspection.upload_queue import UploadQueues
from api.settings import ApiSettings
from bpmn.model.assigned_tasks import AssignedTasks
from bpmn.model.manager_tasks import TaskKey
from bpmn.model.task_groups import TaskGroups
from db.domain.deals.history import Actor, Cause
from db.store.database import Database


@dataclass(frozen=True)
class Resources:
    """Objects shared by all requests; created at startup, closed at shutdown."""

    settings: ApiSettings
    database: Database
    gateway: EngineGateway
    employees: Employees
    manager_tasks: Collection[TaskKey]
    """User tasks that belong to the deal's manager."""
    assigned_tasks: AssignedTasks
    group_tasks: Mapping[TaskKey, str]
    """User tasks with a fixed candidate group → its role."""
    process_names: Mapping[str, str]
    """Process key → Russian name, of the diagrams of this release."""
    upload_queues: UploadQueues
    inspection: Inspection
    templates: TemplateReader
    scanner: UploadScanner
    duplicate_checks: RateLimit = field(default_factory=lambda: RateLimit(60, 60))
    """Searches for duplicates per person and minute."""
    readiness: SingleFlight[Any] = field(default_factory=SingleFlight)

    @property
    def task_groups(self) -> TaskGroups:
        """Groups for whom the tasks of the diagrams are meant."""
        return TaskGroups(self.manager_tasks, self.assigned_tasks, self.group_tasks)


async def _resources(request: Request) -> Resources:
    resources = request.app.state.resources
    assert isinstance(resources, Resources)
    return resources


ResourcesDep = Annotated[Resources, Depends(_resources)]


async def _database(resources: ResourcesDep) -> Database:
    return resources.database


async def _employees(resources: ResourcesDep) -> Employees:
    return resources.employees


def _names(resources: ResourcesDep) -> PersonNames:
    return resources.employees.names()


DatabaseDep = Annotated[Database, Depends(_database)]
EmployeesDep = Annotated[Employees, Depends(_employees)]
NamesDep = Annotated[PersonNames, Depends(_names)]
CurrentCaller = Annotated[Principal, Depends(current_principal)]


def _actor(request: Request, caller: CurrentCaller) -> Actor:
    return Actor(caller.login, Cause.API, request_id_of(request) or None)


CurrentActor = Annotated[Actor, Depends(_actor)]
"""The caller as recorded in the history, with the request id."""


async def _idempotent(
    request: Request,
    caller: CurrentCaller,
    database: DatabaseDep,
    key: Annotated[str | None, Depends(idempotency_key)],
) -> IdempotentRequest:
    return IdempotentRequest.of(request, database, f"{caller.kind}:{caller.login}", key)


IdempotentRequestDep = Annotated[IdempotentRequest, Depends(_idempotent)]
