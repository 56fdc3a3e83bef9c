"""Puts together what steps may ask: the engine's people, 1C's books, the storage."""

from bpmn.camunda.client.rest import Engine
from db.store.database import Database
from workers.integrations.engine_incidents import EngineFailedSteps
from workers.integrations.engine_users import EnginePeople
from workers.integrations.onec.settings import Books
from workers.ports.onec_rows import rows_of
from workers.ports.services import ExternalServices


def external_services(
    database: Database, engine: Engine, books: Books, infobase: str
) -> ExternalServices:
    """Asks nothing yet. ``infobase``: our name of the 1C that the books read."""
    return ExternalServices(
        reading=database.reading,
        people=EnginePeople(engine),
        contracts=books.contracts,
        shipments=books.shipments,
        infobase=infobase,
        failed_steps=EngineFailedSteps(engine),
        rows=rows_of(books.contracts, books.shipments),
    )
