"""Puts together what steps may ask: the engine's people, 1C's books, the storage."""

from bpmn.camunda.client.rest import Engine
from db.store.database import Database
from workers.integrations.engine_incidents import EngineFailedSteps
from workers.integrations.engine_users import EnginePeople
from workers.ports.onec import OnecGateways
from workers.ports.services import ExternalServices


def external_services(
    database: Database, engine: Engine, onec: OnecGateways, infobase: str
) -> ExternalServices:
    """Build the dependencies without sending a request. ``infobase``: name of the connected one."""
    return ExternalServices(
        reading=database.reading,
        people=EnginePeople(engine),
        onec=onec,
        infobase=infobase,
        failed_steps=EngineFailedSteps(engine),
    )
