"""`python -m bench.workers`: external-task clients on the same work, in interleaved rounds.

A round of a client: warm up, stop its process (SIGSTOP), fill the queue, let the process go on and
take the time until the queue is empty; then starts at a steady pace. So neither start-up nor the
compilation of a warm JVM is measured. Requests and round trips are counted afterwards, through a
relay.
"""

import argparse
import base64
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import partial
from itertools import count, islice
from pathlib import Path

from bench.deals import Deals
from bench.figures import percentile
from bench.one_step import Queue, Step, deploy
from bench.peers import install
from bench.processor import cpu_seconds
from bench.report import OUT, Column, Report
from bench.rounds import interleaved
from bench.servers import ENGINE_DATABASE, SECRET, engine_nodes, postgres
from bench.wire import Wire, wire
from bpmn.camunda.client.values import encode
from bpmn.lint.worker_contracts import ERROR_VARIABLES
from tests.support.builders import HEAD, MANAGER
from tests.support.engine.harness import RunningEngine
from tests.support.servers.postgres import new_database
from workers.services.process_variables import DealVariables

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
ACCOUNT = "svcWorker"
CEILING, JAVA = "ceiling: complete only", "Java official, tuned, does nothing"
SETTLE_SECONDS = 0.3
"""After the queue is empty, so that the client's last work is counted."""
STOP_SECONDS = 30
LOCK_MILLISECONDS = 600_000
INTERPRETED, COMPILED = 200, 1500
"""Tasks that a client does before anything is measured."""
TWO_VALUES = {"sum": 1, "word": "ok"}

COLUMNS = (
    Column("drain", "tasks/s"),
    Column("ceiling", "of the ceiling", ".2f"),
    Column("java", "of Java", ".2f"),
    Column("cpu", "CPU s/1000", ".2f"),
    Column("cpu_java", "CPU × Java", ".2f"),
    Column("engine_cpu", "engine CPU s/1000", ".2f"),
    Column("requests", "requests/task", ".2f"),
    Column("connections", "connections/task", ".2f"),
    Column("round_trips", "SQL round trips/task", ".1f"),
    Column("p50", "steady p50 ms"),
    Column("p95", "steady p95 ms"),
    Column("p95_java", "p95 × Java", ".2f"),
    Column("steady_cpu", "steady CPU s/1000", ".2f"),
)


@dataclass(frozen=True)
class Size:
    """Amount of work of one round."""

    tasks: int = 600
    per_second: float = 50
    seconds: float = 8
    warm_up: float = 1
    """Part of the tasks that a client does before anything is measured."""
    engine_warm_ups: int = 5


@dataclass(frozen=True)
class Client:
    """A measured program: its command line, its step and the business keys of its tasks."""

    name: str
    step: Step
    command: Sequence[str]
    keys: Callable[[int], Sequence[str]]
    threads: int = 4
    warm_up: int = INTERPRETED


@dataclass(frozen=True)
class Round:
    """Measurements of one round; NaN was not measured."""

    drain: float
    """Tasks per second."""
    cpu: float = math.nan
    """Processor seconds of the client per 1000 tasks of the drain."""
    engine_cpu: float = math.nan
    p50: float = math.nan
    """Milliseconds from the creation of a task to its completion, at a steady pace."""
    p95: float = math.nan
    steady_cpu: float = math.nan

    def __str__(self) -> str:
        return (
            f"{self.drain:.0f}/s, CPU {self.cpu:.2f}, engine {self.engine_cpu:.2f} s/1000, "
            f"steady {self.p50:.0f}/{self.p95:.0f} ms, {self.steady_cpu:.2f} s/1000"
        )


@dataclass(frozen=True)
class Counts:
    """Per task of a drain."""

    requests: float
    connections: float
    round_trips: float


class Workbench:
    """Engine, databases and the programs that run against them."""

    def __init__(self, node: RunningEngine, address: str, logs: Path, size: Size) -> None:
        self.node, self._address, self._logs, self._size = node, address, logs, size
        self.database = new_database(address, "deals")
        self.deals = Deals(self.database)
        self._tables = f"{address.replace('+psycopg', '')}/{ENGINE_DATABASE}"
        self._engine = node.as_service(ACCOUNT)
        self._numbers = count(1)

    def keys(self, wanted: int) -> list[str]:
        """Return new business keys of no deal."""
        return [f"B-{number}" for number in islice(self._numbers, wanted)]

    def measure(self, client: Client) -> Round:
        """Run one round of a client."""
        size = self._size
        with self._queue(client.step) as queue, self._running(client, queue) as worker:
            drain, cpu, engine_cpu = self._drain(client, queue, worker, size.tasks)
            wanted = round(size.per_second * size.seconds)
            before, keys = cpu_seconds(worker.pid), client.keys(wanted)
            ids = queue.feed(keys, size.per_second)
            self._empty(queue, worker)
            steady_cpu = (cpu_seconds(worker.pid) - before) / wanted * 1000
            times = queue.durations(ids)
        return Round(
            drain, cpu, engine_cpu, percentile(times, 0.5), percentile(times, 0.95), steady_cpu
        )

    def warm_up(self, client: Client) -> None:
        """Let a client do some tasks, so that the engine has compiled what all of them call."""
        with self._queue(client.step) as queue, self._running(client, queue):
            pass

    def count(self, client: Client) -> Counts:
        """Count requests, connections and round trips of a drain, through relays."""
        tasks = self._size.tasks
        with (
            wire(self.node.settings.port) as engine,
            wire(int(self._address.rpartition(":")[2])) as database,
            self._queue(client.step) as queue,
            self._running(client, queue, engine, database) as worker,
        ):
            asked, said = engine.traffic, database.traffic
            self._drain(client, queue, worker, tasks)
            asked, said = engine.traffic.since(asked), database.traffic.since(said)
        return Counts(asked.exchanges / tasks, asked.connections / tasks, said.exchanges / tasks)

    def complete(self, step: Step, loader: str, variables: dict[str, object]) -> Round:
        """Complete a queue of locked tasks with wrk: what the engine can do at best."""
        with self._queue(step) as queue, tempfile.NamedTemporaryFile("w") as tasks:
            instances = queue.fill(self.keys(self._size.tasks))
            tasks.write("\n".join(self._locked(step.topic)))
            tasks.flush()
            account = f"{ACCOUNT}:{SECRET}".encode()
            env = {
                **os.environ,
                "BENCH_TASKS": tasks.name,
                "BENCH_AUTHORIZATION": f"Basic {base64.b64encode(account).decode()}",
                "BENCH_BODY": json.dumps({"workerId": "wrk", "variables": encode(variables)}),
            }
            script = str(ROOT / "bench" / "peers" / "complete.lua")
            argv = [loader, "-t1", "-c8", "-d300s", "--timeout", "30s", "-s", script]
            engine, began = cpu_seconds(self.node.process.pid), time.time()
            with subprocess.Popen(
                [*argv, self.node.settings.base_url], env=env, stdout=subprocess.DEVNULL
            ) as loading:
                try:
                    queue.wait_until_empty()
                finally:
                    loading.terminate()  # it sleeps until its time is over
            engine = cpu_seconds(self.node.process.pid) - engine
            took = queue.last_end(instances) - began
        return Round(self._size.tasks / took, engine_cpu=engine / self._size.tasks * 1000)

    def close(self) -> None:
        self.deals.close()

    def _drain(
        self, client: Client, queue: Queue, worker: "subprocess.Popen[bytes]", tasks: int
    ) -> tuple[float, float, float]:
        """Return tasks/s, and CPU s/1000 of client and engine."""
        keys = client.keys(tasks)
        os.killpg(worker.pid, signal.SIGSTOP)
        try:
            ids = queue.fill(keys)
            used, engine = cpu_seconds(worker.pid), cpu_seconds(self.node.process.pid)
            began = time.time()
        finally:
            os.killpg(worker.pid, signal.SIGCONT)
        self._empty(queue, worker)
        used = cpu_seconds(worker.pid) - used
        engine = cpu_seconds(self.node.process.pid) - engine
        took = queue.last_end(ids) - began
        return tasks / took, used / tasks * 1000, engine / tasks * 1000

    def _locked(self, topic: str) -> list[str]:
        ids: list[str] = []
        while len(ids) < self._size.tasks:
            body = {
                "workerId": "wrk",
                "maxTasks": 200,
                "topics": [{"topicName": topic, "lockDuration": LOCK_MILLISECONDS}],
            }
            ids += [task["id"] for task in self._engine.post("/external-task/fetchAndLock", body)]
        return ids

    @contextmanager
    def _queue(self, step: Step) -> Iterator[Queue]:
        queue = Queue(self._engine, self._tables, step)
        try:
            yield queue
        finally:
            queue.close()

    @contextmanager
    def _running(
        self,
        client: Client,
        queue: Queue,
        engine: Wire | None = None,
        database: Wire | None = None,
    ) -> Iterator["subprocess.Popen[bytes]"]:
        """Start the client on a queue, wait until it is warm, stop it afterwards."""
        queue.fill(client.keys(math.ceil(client.warm_up * self._size.warm_up)))
        log = self._logs / f"{client.step.topic}-{client.threads}.log"
        with log.open("wb") as output:
            worker = subprocess.Popen(
                client.command,
                cwd=ROOT,
                env={**os.environ, **self._environment(client, engine, database)},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            self._empty(queue, worker)
            yield worker
        except Exception:
            print(log.read_text(errors="replace")[-4000:], file=sys.stderr)
            raise
        finally:
            worker.terminate()
            try:
                worker.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait(STOP_SECONDS)

    def _empty(self, queue: Queue, worker: "subprocess.Popen[bytes]") -> None:
        def check() -> None:
            if worker.poll() is not None:
                raise RuntimeError(f"the client ended with {worker.returncode}")

        queue.wait_until_empty(check)
        time.sleep(SETTLE_SECONDS)

    def _environment(
        self, client: Client, engine: Wire | None, database: Wire | None
    ) -> dict[str, str]:
        rest, url = self.node.rest_url, self.database
        if engine is not None:
            rest = rest.replace(f":{self.node.settings.port}", f":{engine.port}")
        if database is not None:
            url = url.replace(self._address.rpartition(":")[2], str(database.port))
        return {
            "BENCH_ENGINE": rest,
            "BENCH_USER": ACCOUNT,
            "BENCH_PASSWORD": SECRET,
            "BENCH_TOPIC": client.step.topic,
            "BENCH_THREADS": str(client.threads),
            "BENCH_DATABASE": url,
            "DATABASE_URL": url,
            "ENGINE_URL": rest,
            "ENGINE_WORKER_USER": ACCOUNT,
            "ENGINE_WORKER_PASSWORD": SECRET,
            "WORKER_THREADS": str(client.threads),
            "WORKER_LOG_LEVEL": "WARNING",
        }


def clients(place: Workbench, report: Report, only: str) -> list[Client]:
    """Return every client that this machine can run, if its name contains ``only``.

    The report says which it cannot run.
    """
    ours = [sys.executable, "-m", "bench.ours"]
    mandated = [sys.executable, "-m", "bench.peers.mandated"]
    keys, deals = place.keys, place.deals
    decision = {"step": "head", "decision": "approved", "decidedBy": HEAD}
    known = [
        Client("ours, no-op", Step("ours-no-op"), ours, deals.ready),
        Client("ours, one row", Step("ours-row"), ours, deals.ready),
        Client("ours, update-deal-stage", Step("update-deal-stage", {}), ours, deals.ready),
        Client(
            "ours, record-decision",
            Step("record-decision", decision, deals.open_rounds),
            ours,
            deals.waiting_for_approval,
        ),
        *(
            Client(
                f"mandated client as shipped, {words}, one row",
                Step(f"mandated-{threads}"),
                mandated,
                keys,
                threads,
            )
            for threads, words in ((1, "1 thread"), (8, "8 threads"))
        ),
    ]
    peers: list[tuple[str, str, Callable[[], list[str]], int]] = [
        (JAVA, "java", install.java, COMPILED),
        ("JavaScript official, tuned, does nothing", "js", install.javascript, COMPILED),
        ("operaton-tasks, does nothing", "operaton", install.operaton, INTERPRETED),
    ]
    for name, topic, command, warm_up in peers:
        if only not in name:
            continue  # it is not installed either
        try:
            known.append(Client(name, Step(topic), command(), keys, warm_up=warm_up))
        except install.CannotInstall as missing:
            report.notes.append(f"Skipped: {name}: {missing}.")
    return [one for one in known if only in one.name]


def variables_of_a_deal() -> dict[str, object]:
    """Return as many variables as `update-deal-stage` writes, with the cleared form errors."""
    now = datetime.now(UTC)
    deal = DealVariables(
        deal_title="Новый клиент",
        client_name="ООО «Садовый мир»",
        direction_name="Новые клиенты",
        stage="collectingDocuments",
        stage_name="Сбор документов",
        stage_activity="Task_CollectDocuments",
        outcome="open",
        manager=MANAGER,
        heads_group="salesHeads",
        next_move=1,
        deal_version=1,
        due_at=now,
        escalate_at=now,
    )
    return {**dict.fromkeys(ERROR_VARIABLES), **deal.variables()}


def run(size: Size, rounds: int, only: str = "", say: Callable[[str], None] = print) -> Report:
    """Measure every client whose name contains ``only``, and the ceiling."""
    report = Report("workers", "External-task clients beside each other", COLUMNS)
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pit-bench-")))
        address = stack.enter_context(postgres())
        (node,) = stack.enter_context(engine_nodes(address, directory))
        place = Workbench(node, address, directory, size)
        stack.callback(place.close)
        measured = clients(place, report, only)
        ceilings = _ceilings(place, report)
        for step in (*(one.step for one in measured), *(step for step, _ in ceilings.values())):
            deploy(node.admin, step)
        participants = {name: act for name, (_, act) in ceilings.items()}
        participants |= {one.name: partial(place.measure, one) for one in measured}
        for one in measured:
            say(f"warming the engine up: {one.name}")
            place.warm_up(one)
        for name, (_, act) in [*ceilings.items()] * size.engine_warm_ups:
            say(f"warming the engine up, {name}: {act()}")
        results = interleaved(participants, rounds, say)
        counts = {one.name: place.count(one) for one in measured}
    for name, rows in results.items():
        _add(report, name, rows, results, counts.get(name))
    return report


def _ceilings(place: Workbench, report: Report) -> dict[str, tuple[Step, Callable[[], Round]]]:
    if (loader := install.wrk()) is None:
        report.notes.append("Skipped: the ceiling: wrk is not installed (apt-get install wrk).")
        return {}
    plain, many = Step("ceiling"), Step("ceiling-deal")
    deal = variables_of_a_deal()
    return {
        CEILING: (plain, partial(place.complete, plain, loader, dict(TWO_VALUES))),
        f"{CEILING}, {len(deal)} variables": (many, partial(place.complete, many, loader, deal)),
    }


def _add(
    report: Report,
    name: str,
    rows: Sequence[Round],
    results: dict[str, list[Round]],
    counted: Counts | None,
) -> None:
    values = {one.name: [getattr(row, one.name) for row in rows] for one in fields(Round)}
    best, java = results.get(CEILING), results.get(JAVA)
    if best is not None:
        values["ceiling"] = [row.drain / other.drain for row, other in zip(rows, best, strict=True)]
    if java is not None:
        pairs = list(zip(rows, java, strict=True))
        values["java"] = [row.drain / other.drain for row, other in pairs]
        values["cpu_java"] = [row.cpu / other.cpu for row, other in pairs]
        values["p95_java"] = [row.p95 / other.p95 for row, other in pairs]
    if counted is not None:
        values |= {one.name: [getattr(counted, one.name)] for one in fields(Counts)}
    report.add(name, **values)


def main() -> None:
    """Run the benchmark and write its report."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tasks", type=int, default=Size.tasks, help="in the full queue")
    parser.add_argument("--seconds", type=float, default=Size.seconds, help="of steady starts")
    parser.add_argument("--only", default="", help="clients whose name contains this text")
    parser.add_argument("--docs", action="store_true", help="also into the documentation")
    given = parser.parse_args()
    report = run(Size(given.tasks, seconds=given.seconds), given.rounds, given.only)
    print(f"\n{report.table()}")
    for folder in (OUT, *([PICTURES] if given.docs else [])):
        print(report.save(("drain", "cpu", "p95"), folder))


if __name__ == "__main__":
    main()
