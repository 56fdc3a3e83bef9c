"""Company of a benchmark: open deals with running processes, and the processes that serve it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests
from sqlalchemy import insert

from bpmn.camunda.client.rest import Engine
from bpmn.camunda.provisioning.deployment import deploy
from bpmn.lint.worker_contracts import ERROR_VARIABLES, SIDE_KEY, SIDE_VERSION, TEMPORARY_TERMS
from db.catalog import load_catalog
from db.domain.deals.history import Actor, Cause
from db.store.database import Database, connect
from db.store.tables import ProcessRow, SideProcessRow
from tests.support.builders import MANAGER, a_deal
from tests.support.engine.harness import RunningEngine
from workers.business_calendar import Deadlines
from workers.ports.services import Services
from workers.services.process_variables import DealVariables, deal_variables
from workers.settings import WorkerSettings

CONNECTIONS = 8
"""Instances started at the same time."""
AT_ONCE = 200
"""Deals of one transaction."""
SIDES_PER = 10
"""One deal of so many has temporary terms, that is a side process."""
POLL_SECONDS = "0.2"
"""Long poll of the workers where they race: it also bounds how late one of them joins."""
START_SECONDS = 120.0


class Company:
    """Deal database and engine nodes on one PostgreSQL, with as many open deals as asked for."""

    def __init__(self, url: str, nodes: Sequence[RunningEngine]) -> None:
        self.nodes = nodes
        self.deals: list[str] = []
        """Ids of the open deals; each has a running process."""
        self.url = url
        self._database = Database(url, load_catalog(demo=True))
        self._database.migrate()
        self._tables = connect(url)
        deploy(nodes[0].as_service("svcDeploy"))

    def grow(self, count: int) -> None:
        """Add deals that wait in their first user task until there are ``count``."""
        while len(self.deals) < count:
            self._add(min(AT_ONCE, count - len(self.deals)))

    def polling_workers(self) -> int:
        """Number of worker processes whose heartbeat is fresh."""
        with self._tables.connect() as connection:
            fresh = datetime.now(UTC) - timedelta(seconds=15)
            query = "SELECT count(*) FROM workers WHERE seen_at > %(fresh)s"
            return int(connection.exec_driver_sql(query, {"fresh": fresh}).scalar_one())

    def close(self) -> None:
        self._tables.dispose()
        self._database.close()

    def _add(self, count: int) -> None:
        actor, settings = Actor(MANAGER, Cause.API), WorkerSettings(_env_file=None)
        deadlines = Deadlines(settings.zone, settings.branch_zones)
        with self._database.writing() as store:
            deals = [
                store.deals.add(
                    a_deal(stage="collectingDocuments", values={"counterparty": "ООО «Сад»"}), actor
                )
                for _ in range(count)
            ]
            catalog = store.catalog
            process = catalog.direction_of(deals[0]).process
            activity = catalog.stage_of(deals[0]).activity
            known = DealVariables(**deal_variables(Services(store, deadlines), deals[0]))
        variables = {**dict.fromkeys(ERROR_VARIABLES), **known.variables(), "duplicate": False}
        engine, ids = self.nodes[0].admin, [deal.id for deal in deals]
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            start = lambda deal: engine.start(process, deal, variables, at=activity)  # noqa: E731
            instances = list(pool.map(start, ids))
            sides = list(pool.map(lambda deal: _start_side(engine, deal), ids[::SIDES_PER]))
        now = datetime.now(UTC)
        with self._tables.begin() as connection:
            connection.execute(
                insert(ProcessRow),
                [
                    {"deal_id": deal, "instance_id": instance, "registered_at": now}
                    for deal, instance in zip(ids, instances, strict=True)
                ],
            )
            connection.execute(
                insert(SideProcessRow),
                [
                    {
                        "key": _side_key(deal),
                        "deal_id": deal,
                        "process": TEMPORARY_TERMS,
                        "variables": {},
                        "opened_at": now,
                        "instance_id": instance,
                    }
                    for deal, instance in zip(ids[::SIDES_PER], sides, strict=True)
                ],
            )
        self.deals += ids


def _side_key(deal: str) -> str:
    return f"{TEMPORARY_TERMS}:{deal}"


def _start_side(engine: Engine, deal: str) -> str:
    """Start temporary terms that wait for their end."""
    known = {SIDE_KEY: _side_key(deal), SIDE_VERSION: 1}
    variables = {**known, "termsEndAt": datetime.now(UTC) + timedelta(days=300)}
    return engine.start(TEMPORARY_TERMS, deal, variables, at="Gateway_PeriodOverOrChanged")


@contextmanager
def worker(
    database: str, engine: str, node: RunningEngine, log: Path, **settings: str
) -> Iterator["subprocess.Popen[bytes]"]:
    """A worker process of the product with its background loops, at the engine's address."""
    own = {
        "DATABASE_URL": database,
        "ENGINE_URL": engine,
        "ENGINE_WORKER_PASSWORD": node.secrets.worker,
        "DEMO": "true",
        **settings,
    }
    with _process("workers", own, log) as process:
        yield process


@contextmanager
def api(
    database: str, engine: str, node: RunningEngine, directory: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    """The API process, ready for requests; files of the web applications come from the engine."""
    port = _free_port()
    own = {
        "DATABASE_URL": database,
        "API_PORT": str(port),
        "API_ENGINE_URL": engine,
        "API_ENGINE_PASSWORD": node.secrets.api,
        "API_FILES_DIR": str(directory / "files"),
        "DEMO": "true",
    }
    with _process("api", own, directory / "api.log") as process:
        wait_until(lambda: _answers(f"http://127.0.0.1:{port}/readyz"), "the API")
        yield process


def wait_until(true: Callable[[], bool], what: str) -> None:
    """Wait for something that starts. Raises: TimeoutError."""
    deadline = time.monotonic() + START_SECONDS
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not start")
        time.sleep(0.2)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=3).status_code < 500
    except requests.RequestException:
        return False


@contextmanager
def _process(
    module: str, settings: Mapping[str, str], log: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module],
            env={**os.environ, **settings},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
