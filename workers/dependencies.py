"""Builds the external services that topics depend on."""

from bpmn.camunda.client.rest import Engine
from db.store.database import Database
from workers.integrations.engine_incidents import EngineFailedSteps
from workers.integrations.engine_users import EngineEmployees
from workers.ports.onec import OnecGateways
from workers.ports.services import ExternalServices


def external_services(
    database: Database, engine: Engine, onec: OnecGateways, infobase: str
) -> ExternalServices:
    """Build the dependencies without sending a request. ``infobase``: name of the connected one."""
    return ExternalServices(
        reading=database.reading,
        people=EngineEmployees(engine),
        onec=onec,
        infobase=infobase,
        failed_steps=EngineFailedSteps(engine),
    )
