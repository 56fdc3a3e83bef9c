"""Application factory: assembles routes, authentication, webapp proxy and middleware."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.telemetry import TelemetryConfig
from prometheus_client import CollectorRegistry

from api import offers, pages, webapp_proxy
from api.approvals.routes import router as approvals
from api.approvals.routes import temporary_terms
from api.assignments.routes import absences, assignees, assignments
from api.auth import Authenticator
from api.auth.endpoint_permissions import access_of_roles, guard
from api.board.routes import router as board
from api.catalog.routes import router as catalog
from api.deals.export import router as export
from api.deals.history.routes import router as history
from api.deals.notes.routes import router as notes
from api.deals.orders.routes import router as orders
from api.deals.processes.routes import router as processes
from api.deals.reassignment import router as reassignment
from api.deals.routes import monitoring, stages
from api.deals.routes import router as deals
from api.dependencies import Resources
from api.documents.client import TemplateReader
from api.engine.gateway import EngineGateway
from api.engine.nodes import EngineNodes
from api.engine.users import Employees
from api.files.cleanup import clean_up_daily
from api.files.routes import router as files
from api.health.routes import router as health
from api.http import problems
from api.http.json_body import MAX_BODY
from api.http.metrics import RequestMetrics
from api.http.middleware import ProtectionMiddleware
from api.http.traces import RequestTraces
from api.inspection.antivirus import UploadScanner
from api.inspection.clamd import antivirus_at
from api.inspection.client import Inspection
from api.inspection.upload_queue import UploadQueues
from api.lists.routes import router as lists
from api.live.hub import Hub
from api.live.routes import router as events
from api.live.watch import ChangeWatch
from api.notifications.routes import mails, notifications
from api.openapi import documented
from api.people.routes import roles, staff
from api.people.routes import router as people
from api.repairs.routes import router as repairs
from api.reports.routes import router as reports
from api.saved_views.routes import router as saved_views
from api.search.routes import router as search
from api.server.concurrent_requests import ConcurrentRequestLimit
from api.settings import ApiSettings
from api.simulated_onec.routes import router as simulated_onec
from api.tasks.completion import TaskCompletion
from api.tasks.routes import router as tasks
from api.team.routes import router as team
from api.templates.routes import router as templates
from bpmn.camunda.client.rest import Engine
from bpmn.camunda.server.distribution import DISTRIBUTIONS
from bpmn.model.assigned_tasks import assigned_tasks
from bpmn.model.current import CurrentMapping, CurrentSet
from bpmn.model.diagrams import process_names
from bpmn.model.manager_tasks import group_tasks, manager_tasks
from db import tracing
from db.catalog import load_catalog
from db.domain.errors import Refusal
from db.ports.store import Conflict
from db.store.database import Database

log = logging.getLogger(__name__)

PREFIX = "/api/v1"
NO_TELEMETRY = TelemetryConfig(tracing=False, metrics=False, logs=False, auto_configure=False)
"""FastAPI's own spans would contain paths and queries, so logins and words that were searched."""
ROUTERS = (
    people,
    search,
    export,
    reassignment,
    saved_views,
    deals,
    stages,
    temporary_terms,
    repairs,
    notes,
    orders,
    files,
    history,
    processes,
    approvals,
    tasks,
    events,
    catalog,
    board,
    lists,
    assignees,
    assignments,
    absences,
    roles,
    notifications,
    mails,
    monitoring,
    reports,
    team,
    staff,
    templates,
)


class ConcurrentWrite(Refusal):
    """A concurrent request has inserted a row with the same key first."""

    code = "WRITTEN_MEANWHILE"
    sentence = "То же самое записали одновременно с вами. Обновите и повторите."


def create_app(settings: ApiSettings) -> FastAPI:
    """Create the application; connections are opened at their first use."""
    resources = _create_resources(settings)
    nodes, public_url = EngineNodes(settings.engine_url), settings.public_url
    authenticator = Authenticator.of(
        nodes, resources.gateway.engine, resources.database, public_url
    )
    app = FastAPI(
        title="Сделки",
        version="1",
        lifespan=_lifespan,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        telemetry=NO_TELEMETRY,
    )
    app.state.authenticator, app.state.resources = authenticator, resources
    app.state.hub = Hub(
        lambda: ChangeWatch(resources.database, resources.gateway, resources.task_groups).look
    )
    completion = TaskCompletion(
        resources.gateway,
        resources.database,
        resources.manager_tasks,
        resources.assigned_tasks,
        resources.group_tasks,
    )
    app.state.webapp_proxy = webapp_proxy.install(
        app,
        nodes,
        authenticator,
        resources.gateway,
        completion,
        settings.pages_dir,
        DISTRIBUTIONS[settings.engine_distribution].administrators,
    )
    pages.install(app, authenticator)
    offers.install(app, resources.database)
    app.add_middleware(ConcurrentRequestLimit, of_one_address=settings.max_connections_of_address)
    app.add_middleware(
        ProtectionMiddleware,
        max_body_bytes=max(settings.max_file_bytes, MAX_BODY),
        idle=timedelta(seconds=settings.stall_seconds),
    )
    app.state.metrics = CollectorRegistry()
    if settings.metrics_port is not None:
        app.add_middleware(RequestMetrics, registry=app.state.metrics)
    if tracing.tracer() is not None:
        app.add_middleware(RequestTraces)
    problems.install(app)
    app.add_exception_handler(Conflict, _on_conflict)
    app.include_router(health)
    app.include_router(_api(settings))
    app.openapi = documented(app, resources.database.catalog)  # type: ignore[method-assign]
    return app


def _create_resources(settings: ApiSettings) -> Resources:
    database = Database(settings.database_url, load_catalog(demo=settings.demo))
    access_of_roles()  # reads the catalog now, not in the first request
    password = settings.engine_password.get_secret_value()
    gateway = EngineGateway(Engine(settings.rest_url, settings.engine_user, password))
    return Resources(
        settings=settings,
        database=database,
        gateway=gateway,
        employees=Employees(gateway),
        process_names=CurrentMapping(process_names),
        manager_tasks=CurrentSet(manager_tasks),
        assigned_tasks=CurrentMapping(assigned_tasks),
        group_tasks=CurrentMapping(group_tasks),
        upload_queues=UploadQueues(),
        inspection=Inspection(),
        templates=TemplateReader(),
        scanner=UploadScanner(antivirus_at(settings.clamd)),
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    resources: Resources = app.state.resources
    if not resources.settings.clamd:
        log.info("API_CLAMD is not set: uploads are inspected, but no antivirus scans them")
    cleanup = asyncio.create_task(clean_up_daily(resources.settings.files_dir, resources.database))
    try:
        yield
    finally:
        cleanup.cancel()
        app.state.hub.close()
        await app.state.hub.closed()
        await app.state.webapp_proxy.close()
        app.state.authenticator.close()
        resources.inspection.close()
        resources.gateway.close()
        resources.database.close()


def _api(settings: ApiSettings) -> APIRouter:
    api = APIRouter(prefix=PREFIX, dependencies=[Depends(guard)])
    for router in ROUTERS:
        api.include_router(router)
    if settings.onec_simulator_url is not None:
        api.include_router(simulated_onec)
    return api


async def _on_conflict(request: Request, _: Exception) -> JSONResponse:
    return problems.of_refusal(ConcurrentWrite(), problems.request_id_of(request))
