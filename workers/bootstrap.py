"""Builds the worker process from its settings and runs it until a signal."""

import logging
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

from prometheus_client import CollectorRegistry

from bpmn.camunda.client.rest import Engine
from bpmn.model.current import CurrentMapping
from bpmn.model.diagrams import step_names
from db.catalog import load_catalog
from db.config.errors import exit_with_message
from db.config.settings import demand
from db.domain.errors import Unavailable
from db.domain.people.push import services_of
from db.metrics_server import metrics_server
from db.ports.store import OpenStore, Store
from db.store.database import Database, demand_password
from db.tracing import traced
from workers.background.assignment_watch import AssignmentWatch
from workers.background.census_taker import CensusTaker
from workers.background.deadline_watch import DeadlineWatch
from workers.background.incident_watch import IncidentWatch
from workers.background.mail_sender import MailSender, mail_server
from workers.background.number_confirmation import NumberConfirmation
from workers.background.onec_reconciliation import Reconciler
from workers.background.order_reader import OrderReader
from workers.background.outbox_dispatcher import OutboxDispatcher
from workers.background.overdue_digest import OverdueDigest
from workers.background.ownership import Ownership
from workers.background.purge import Kept, Purge
from workers.background.push_sender import PushSender
from workers.background.side_process_watch import SideProcessWatch
from workers.business_calendar import Deadlines, is_working_day
from workers.dependencies import external_services
from workers.integrations.metrics import CompanyMetrics, OnecMetrics, OutboxMetrics, TaskMetrics
from workers.integrations.onec.gateways import open_reloading_gateways
from workers.integrations.onec.settings import OnecSettings
from workers.integrations.web_push import PushClient
from workers.logs import configure
from workers.ports.observer import NoObserver, OnecObserver, OutboxObserver, TaskObserver
from workers.ports.services import Services
from workers.runtime.execution import ExecutionContext
from workers.runtime.runner.options import WorkerOptions
from workers.runtime.runner.retries import RetryPolicy
from workers.runtime.runner.worker import Worker
from workers.services.reassignment import ReassignmentRules, UserTaskRules
from workers.services.task_owners import TaskOwners
from workers.settings import WorkerSettings
from workers.topics import TOPICS

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 5.0
FIRST_HEARTBEAT_SECONDS = 0.2
"""Interval until the first heartbeat, which the start of the suite waits for."""

Background = Callable[[threading.Event], None]


class OwnedLoop(Protocol):
    """Background loop that runs in one of the worker processes: while ``when`` returns True."""

    def __call__(self, stopping: threading.Event, when: Callable[[], bool]) -> None: ...


def main() -> None:
    """Run until SIGTERM or SIGINT, then exit with code 0."""
    with exit_with_message():
        settings, onec = WorkerSettings(), OnecSettings()
        demand(ENGINE_WORKER_PASSWORD=settings.engine_worker_password)
        demand_password(settings.database_url)
    with traced(settings.traces_endpoint, "pit-worker"), ExitStack() as resources:
        database = resources.enter_context(
            closing(Database(settings.database_url, load_catalog(demo=settings.demo)))
        )
        engine = resources.enter_context(
            closing(
                Engine(
                    settings.engine_url,
                    settings.engine_worker_user,
                    settings.engine_worker_password.get_secret_value(),
                )
            )
        )
        registry = CollectorRegistry()
        observers = Observers.of(registry) if settings.metrics_port else Observers()
        gateways = resources.enter_context(
            closing(open_reloading_gateways(onec, observer=observers.onec))
        )
        external = external_services(database, engine, gateways, onec.infobase)
        people = external.people
        deadlines = Deadlines(settings.zone, settings.branch_zones)
        context = ExecutionContext(
            database.writing, external, lambda store: Services(store, deadlines), database.counting
        )
        worker = Worker(TOPICS, context, _options(settings), observers.tasks)
        configure(worker.id, settings.log_level)
        is_working_day(datetime.now(UTC).date())  # the calendar takes 0.3 s to load: before a press
        database.wait_until_current()
        added = resources.enter_context(closing(database.outbox_signal()))
        background = [
            OutboxDispatcher(
                worker.id, database.writing, engine, people, added, observers.outbox
            ).run
        ]
        ownership = Ownership(worker.id, database.writing)
        owned: list[OwnedLoop] = []
        if (server := mail_server()) is not None:
            owned.append(MailSender(database.writing, server, people, settings.public_url).run)
        if (key := settings.push_key) is not None:
            services = services_of(settings.push_services)
            client = PushClient(key, services, settings.public_url)
            pushes = resources.enter_context(closing(client))
            owned.append(PushSender(database.writing, pushes).run)
        watch = IncidentWatch(
            database.writing,
            engine,
            people,
            context.services,
            CurrentMapping(step_names),
            settings.watch_seconds,
        )
        owned.append(watch.run)
        sides = SideProcessWatch(database.writing, engine, people, settings.watch_seconds)
        owned.append(sides.run)
        hour, zone = settings.reconcile_at, settings.zone
        confirmation = NumberConfirmation(database.writing, external)
        night = Reconciler(
            database.writing,
            external.onec,
            people,
            at=hour,
            zone=zone,
            confirm=confirmation.confirm,
            infobase=onec.infobase,
        )
        owned.append(night.run)
        owned.append(OrderReader(database.writing, external).run)
        diagrams = UserTaskRules.read()
        assignments = AssignmentWatch(
            database.writing,
            database.reading,
            engine,
            people,
            ReassignmentRules(people, context.services, diagrams),
            settings.assignment_seconds,
        )
        owned.append(assignments.run)
        due_dates = DeadlineWatch(
            database.writing,
            database.reading,
            engine,
            TaskOwners(people, diagrams),
            context.services,
            settings.deadline_seconds,
        )
        owned.append(due_dates.run)
        owners = TaskOwners(people, diagrams)
        digest = OverdueDigest(database.writing, engine, owners, deadlines, settings.public_url)
        owned.append(digest.run)
        days = (settings.keep_task_days, settings.keep_message_days)
        kept = Kept(*(timedelta(days=each) for each in days))
        owned.append(Purge(database.writing, engine, kept).run)
        if settings.metrics_port:
            seconds = settings.metrics_seconds
            census = CensusTaker(database.writing, engine, seconds, ownership.held)
            CompanyMetrics(census.last, registry)
            background.append(census.run)
        background += [ownership.run, *(partial(run, when=ownership.held) for run in owned)]
        background.append(Heartbeat(worker, database.writing, settings.alive_file).run)
        host, port = settings.metrics_host, settings.metrics_port
        with metrics_server(host, port, registry):
            serve(worker, background)


class Observers(NamedTuple):
    """Observers of the parts of the process; without metrics they record nothing."""

    tasks: TaskObserver = NoObserver()
    outbox: OutboxObserver = NoObserver()
    onec: OnecObserver = NoObserver()

    @classmethod
    def of(cls, registry: CollectorRegistry) -> "Observers":
        """Return observers that record Prometheus metrics."""
        return cls(TaskMetrics(registry), OutboxMetrics(registry), OnecMetrics(registry))


def serve(worker: Worker, background: Sequence[Background]) -> None:
    """Run the worker in this thread and the background loops in others, until a signal."""
    stopping = threading.Event()

    def stop(*_: object) -> None:
        stopping.set()
        worker.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    threads = [threading.Thread(target=run, args=(stopping,), daemon=True) for run in background]
    for thread in threads:
        thread.start()
    worker.run()
    stopping.set()
    for thread in threads:
        thread.join(10)


class Heartbeat:
    """Heartbeat in the database while the worker polls the engine; the readiness check reads it."""

    def __init__(self, worker: Worker, open_store: OpenStore, file: Path | None = None) -> None:
        """``file``: touched at every heartbeat, for the container's health check."""
        self._worker, self._open, self._file = worker, open_store, file
        self._beaten = False

    def run(self, stopping: threading.Event) -> None:
        """Send heartbeats until ``stopping`` is set, then deregister the worker."""
        while not stopping.wait(HEARTBEAT_SECONDS if self._beaten else FIRST_HEARTBEAT_SECONDS):
            self.beat()
        self._write(lambda store: store.workers.gone(self._worker.id))

    def beat(self) -> None:
        """Write a heartbeat if the worker polls the engine."""
        if self._worker.is_polling:
            self._write(lambda store: store.workers.seen(self._worker.id))
            if self._file is not None:
                self._file.touch()
            self._beaten = True

    def _write(self, change: Callable[[Store], None]) -> None:
        try:
            with self._open() as store:
                change(store)
        except Unavailable as trouble:
            log.warning("The heartbeat was not written: %s", trouble)


def _options(settings: WorkerSettings) -> WorkerOptions:
    return WorkerOptions(
        engine_url=settings.engine_url.rstrip("/"),
        user=settings.engine_worker_user,
        password=settings.engine_worker_password.get_secret_value(),
        threads=settings.threads,
        lock_seconds=settings.lock_seconds,
        poll_seconds=settings.poll_seconds,
        grace_seconds=settings.grace_seconds,
        retries=RetryPolicy(first=timedelta(seconds=settings.retry_seconds)),
    )
