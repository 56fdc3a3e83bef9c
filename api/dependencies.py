"""What routes work with: the database, the engine, people's names, the settings."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request

from api.auth import Principal, current_principal
from api.engine.gateway import Workplace
from api.engine.users import People
from api.files.antivirus import Scanning
from api.files.quota import Quota
from api.files.upload_turns import Turns
from api.http.problems import request_id_of
from api.http.single_flight import OneLook
from api.inspection.bounded import Inspection
from api.settings import ApiSettings
from bpmn.model.assigned_tasks import AssignedTasks
from db.domain.history import Actor, Cause
from db.store.database import Database


@dataclass(frozen=True)
class Resources:
    """Opened when the application starts, closed when it ends."""

    settings: ApiSettings
    database: Database
    workplace: Workplace
    people: People
    manager_tasks: Collection[str]
    assigned_tasks: AssignedTasks
    turns: Turns
    inspection: Inspection
    scanning: Scanning
    quota: Quota
    readiness: OneLook[Any] = field(default_factory=OneLook)


def resources(request: Request) -> Resources:
    found = request.app.state.resources
    assert isinstance(found, Resources)
    return found


Opened = Annotated[Resources, Depends(resources)]


async def _database(opened: Opened) -> Database:
    return opened.database


async def _workplace(opened: Opened) -> Workplace:
    return opened.workplace


async def _people(opened: Opened) -> People:
    return opened.people


Db = Annotated[Database, Depends(_database)]
Work = Annotated[Workplace, Depends(_workplace)]
Staff = Annotated[People, Depends(_people)]
Caller = Annotated[Principal, Depends(current_principal)]


def _actor(request: Request, caller: Caller) -> Actor:
    return Actor(caller.login, Cause.API, request_id_of(request) or None)


Acting = Annotated[Actor, Depends(_actor)]
"""The caller as the history names it, with the id of the request."""
