"""Benchmark of several engines and workers: drain, fairness, and what it costs to do nothing.

Both engine nodes run all the time; with one engine all workers ask the first node. Idle cost is
counted by relays in front of the first node and of PostgreSQL while nobody does anything.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from bench.company import POLL_SECONDS, Company, api, wait_until, worker
from bench.one_step import Queue, Step, deploy
from bench.processor import cpu_seconds
from bench.report import Column, Report
from bench.rounds import interleaved
from bench.servers import ENGINE_DATABASE, engine_nodes, postgres, postmaster
from bench.wire import Wire, wire
from tests.support.servers.postgres import new_database

STEP = Step("update-deal-stage", {})
WORKERS = (1, 2, 4)
SETTLE_SECONDS = 30.0
"""From the start of the processes until they only wait: their first round looks at everything."""
IDLE = (
    Column("requests", "engine requests/min"),
    Column("sql", "SQL round trips/min"),
    Column("worker", "CPU s/min workers", ".2f"),
    Column("api", "API", ".2f"),
    Column("engine", "engine", ".2f"),
    Column("postgres", "PostgreSQL", ".2f"),
)
DRAIN = (
    Column("rate", "tasks/s"),
    Column("fair", "tasks of the laziest ÷ busiest worker", ".2f"),
)


@dataclass(frozen=True)
class Drained:
    """One drain of a full queue."""

    rate: float
    fair: float


class Cluster:
    """Everything on this machine: PostgreSQL, engine nodes, a company, relays that count."""

    def __init__(self, company: Company, address: str, engine: Wire, database: Wire) -> None:
        self.company = company
        self._engine, self._database = engine, database
        self._plain = address.replace("+psycopg", "")
        self._deals = _through(company.url, database)
        self._postmaster = postmaster(self._plain)

    def idle(self, workers: int, seconds: float, directory: Path) -> dict[str, float]:
        """Cost per minute of ``workers`` processes and the API while nothing happens."""
        node = self.company.nodes[0]
        engine = _through(node.rest_url, self._engine)
        base = _through(node.settings.base_url, self._engine)
        with ExitStack() as stack:
            started = [
                stack.enter_context(
                    worker(self._deals, engine, node, directory / f"worker-{number}.log")
                )
                for number in range(workers)
            ]
            served = stack.enter_context(api(self._deals, base, node, directory))
            wait_until(lambda: self.company.polling_workers() >= workers, "the workers")
            time.sleep(SETTLE_SECONDS)
            roots = {
                "worker": [one.pid for one in started],
                "api": [served.pid],
                "engine": [node.process.pid],
                "postgres": [self._postmaster],
            }
            asked, queried = self._engine.traffic, self._database.traffic
            cpu = {name: cpu_seconds(*pids) for name, pids in roots.items()}
            time.sleep(seconds)
            used = {name: cpu_seconds(*pids) - cpu[name] for name, pids in roots.items()}
            counted = {
                "requests": float(self._engine.traffic.since(asked).exchanges),
                "sql": float(self._database.traffic.since(queried).exchanges),
            }
        return {name: value * 60 / seconds for name, value in {**counted, **used}.items()}

    def drain(self, engines: int, workers: int, tasks: int, directory: Path) -> Drained:
        """Let workers that are polling already empty a queue that becomes full at once."""
        nodes, keys = self.company.nodes[:engines], self.company.deals[:tasks]
        tables = f"{self._plain}/{ENGINE_DATABASE}"
        with ExitStack() as stack:
            queue = stack.enter_context(closing(Queue(nodes[0].admin, tables, STEP)))
            ids = queue.fill(keys)
            self._suspend(True)
            for number in range(workers):
                node = nodes[number % engines]
                log = directory / f"racer-{number}.log"
                race = {"WORKER_POLL_SECONDS": POLL_SECONDS}
                stack.enter_context(worker(self.company.url, node.rest_url, node, log, **race))
            wait_until(lambda: self.company.polling_workers() >= workers, "the workers")
            self._suspend(False)
            began = time.time()
            queue.wait_until_empty()
            seconds = queue.last_end(ids) - began
        return Drained(len(ids) / seconds, _fairness(tables, ids, workers))

    def _suspend(self, suspended: bool) -> None:
        body = {"suspended": suspended, "includeProcessInstances": True}
        self.company.nodes[0].admin.put(f"/process-definition/key/{STEP.key}/suspended", body)


@contextmanager
def cluster(directory: Path) -> Iterator[Cluster]:
    """Start everything but workers and API."""
    with ExitStack() as stack:
        address = stack.enter_context(postgres())
        nodes = stack.enter_context(engine_nodes(address, directory, count=2))
        company = Company(new_database(address, "deals"), nodes)
        stack.callback(company.close)
        deploy(nodes[0].admin, STEP)
        engine = stack.enter_context(wire(_port(nodes[0].rest_url)))
        database = stack.enter_context(wire(_port(address)))
        yield Cluster(company, address, engine, database)


def main() -> None:
    """Measure drains, then idle costs while the company grows; print and save both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deals", type=int, default=10_000, help="open deals of a big company")
    parser.add_argument("--tasks", type=int, default=1_000, help="tasks of one drain")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of drains")
    parser.add_argument("--seconds", type=float, default=120, help="of each idle measurement")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, cluster(Path(name)) as running:
        directory = Path(name)
        idle = Report("cluster-idle", "Cost of doing nothing, per minute", IDLE)
        for deals in (10, given.deals):
            running.company.grow(deals)
            for workers in WORKERS:
                cost = running.idle(workers, given.seconds, directory)
                idle.add(_row(deals, workers), **cost)
                print(idle.table(), flush=True)
        for workers in WORKERS:
            small, big = (idle.rows[_row(deals, workers)] for deals in (10, given.deals))
            ratios = {key: big[key][0] / small[key][0] for key in small if small[key][0]}
            idle.notes.append(
                f"{given.deals} ÷ 10 deals, {_workers(workers)}: "
                + ", ".join(f"{key} {ratio:.2f}" for key, ratio in ratios.items())
            )
        print(idle.table(), flush=True)
        idle.save(["requests", "sql", "engine"])
        drains = {
            f"{engines} engine{'s' * (engines > 1)}, {_workers(workers)}": partial(
                running.drain, engines, workers, given.tasks, directory
            )
            for engines in (1, 2)
            for workers in WORKERS
        }
        drain = Report("cluster-drain", "update-deal-stage from a full queue", DRAIN)
        for row, results in interleaved(drains, given.rounds, print).items():
            drain.add(row, rate=[one.rate for one in results], fair=[one.fair for one in results])
        print(drain.table())
        drain.save(["rate"])


def _row(deals: int, workers: int) -> str:
    return f"{deals} open deals, {_workers(workers)}"


def _workers(count: int) -> str:
    return f"{count} worker{'s' * (count > 1)}"


def _fairness(tables: str, ids: Sequence[str], workers: int) -> float:
    """Completed tasks of the laziest worker as a share of those of the busiest."""
    query = (
        "SELECT count(*) FROM act_hi_ext_task_log "
        "WHERE proc_inst_id_ = ANY(%s) AND state_ = 2 GROUP BY worker_id_"
    )
    with psycopg.connect(tables) as connection:
        counts = [int(row[0]) for row in connection.execute(query, [list(ids)])]
    return min(counts) / max(counts) if len(counts) == workers else 0.0


def _port(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port


def _through(url: str, relay: Wire) -> str:
    """Return the URL with the port of a relay."""
    return url.replace(f":{_port(url)}", f":{relay.port}")


if __name__ == "__main__":
    main()
