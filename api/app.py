"""The application: routes, identity, front door and what they work with, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import JSONResponse

from api import front_door, problems
from api.access import guard
from api.identity import Identity
from api.manager_tasks import manager_tasks
from api.openapi import documented
from api.people import People
from api.protection import Protection
from api.resources import Resources
from api.routes import (
    approvals,
    catalogue,
    deals,
    files,
    health,
    history,
    lists,
    mails,
    me,
    moves,
    new_deals,
    next_steps,
    notes,
    notifications,
    tasks,
)
from api.settings import ApiSettings
from api.strict_json import MAX_BODY
from api.workplace import Workplace
from bpmn.engine.rest import Engine
from db.catalog import load_catalog
from db.domain.errors import Refusal
from db.domain.ports import Conflict
from db.store.blobs import sweep
from db.store.database import Database

PREFIX = "/api/v1"
ROUTES = (
    me,
    new_deals,
    deals,
    moves,
    notes,
    files,
    history,
    approvals,
    tasks,
    catalogue,
    lists,
    notifications,
    mails,
    next_steps,
)


class WrittenMeanwhile(Refusal):
    """Two requests wrote the same key at once, and this one lost."""

    code = "WRITTEN_MEANWHILE"

    def __init__(self) -> None:
        super().__init__("То же самое записали одновременно с вами. Обновите и повторите.")


def create_app(settings: ApiSettings) -> FastAPI:
    """Opens nothing yet: the database and the engine are connected when the server starts."""
    database = Database(settings.database_url, load_catalog(demo=settings.demo))
    password = settings.engine_password.get_secret_value()
    engine = Engine(settings.rest_url, settings.engine_user, password)
    workplace = Workplace(engine)
    identity = Identity.of(settings.engine_url, engine, database, settings.public_url)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        sweep(settings.files_dir)
        try:
            yield
        finally:
            await door.close()
            identity.close()
            workplace.close()
            database.close()

    app = FastAPI(
        title="Сделки",
        version="1",
        lifespan=lifespan,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.identity = identity
    app.state.resources = Resources(
        settings, database, workplace, People(workplace), manager_tasks()
    )
    app.add_middleware(Protection, max_body_bytes=max(settings.max_file_bytes, MAX_BODY))
    problems.install(app)
    app.add_exception_handler(Conflict, _conflicted)
    door = front_door.install(app, settings.engine_url, identity)
    app.include_router(health.router)
    app.include_router(_api())
    app.openapi = documented(app, database.catalog)  # type: ignore[method-assign]
    return app


def _api() -> APIRouter:
    api = APIRouter(prefix=PREFIX, dependencies=[Depends(guard)])
    for module in ROUTES:
        api.include_router(module.router)
    return api


async def _conflicted(request: Request, _: Exception) -> JSONResponse:
    return problems.of_refusal(WrittenMeanwhile(), problems.request_id_of(request))
