"""Test doubles of ports: employees, failed steps, and an engine that serves real HTTP."""

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from db.domain.catalog import Catalog
from db.domain.deals.deal import Deal
from db.domain.deals.entities import Attachment
from db.domain.deals.history import Actor, Cause
from db.domain.errors import Unavailable
from db.store.database import Database
from tests.support.builders import NOW, a_catalog, a_deal
from tests.support.fakes.onec import manual_gateways
from tests.support.servers.schemas import deals_file
from workers.business_calendar import Deadlines
from workers.ports.employees import Employee
from workers.ports.failed_steps import FailedSteps, StepState, StoppedStep
from workers.ports.onec import OnecGateways
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import AnyTopic, Completed, DeliveredTask, Outcome
from workers.runtime.execution import ExecutionContext, execute
from workers.settings import WorkerSettings

ZONE = WorkerSettings().zone


@dataclass
class FakePeople:
    """Employee directory by role; ``down`` makes every call raise Unavailable."""

    roles: dict[str, list[Employee]] = field(default_factory=dict)
    down: bool = False

    def person(self, login: str) -> Employee | None:
        self._answer()
        everybody = (one for people in self.roles.values() for one in people)
        return next((one for one in everybody if one.login == login), None)

    def members(self, role: str) -> Sequence[Employee]:
        self._answer()
        return self.roles.get(role, [])

    def last_known(self, role: str) -> Sequence[Employee]:
        return self.roles.get(role, [])

    def _answer(self) -> None:
        if self.down:
            raise Unavailable("The identity service is down.")


class NothingFailed:
    """`FailedSteps` without a failed step."""

    def state(self, failure_id: str) -> StoppedStep | StepState:
        return StepState.INACTIVE

    def retry(self, stopped: StoppedStep) -> None:
        raise AssertionError("nothing has stopped, so nothing is tried again")


@dataclass
class Office:
    """A database with everything that a topic depends on."""

    database: Database
    people: FakePeople = field(default_factory=FakePeople)
    onec: OnecGateways = field(default_factory=manual_gateways)
    failed_steps: FailedSteps = field(default_factory=NothingFailed)

    @property
    def context(self) -> ExecutionContext:
        return ExecutionContext(
            self.database.writing,
            ExternalServices(
                self.database.reading,
                self.people,
                self.onec,
                "main",
                self.failed_steps,
            ),
            lambda store: Services(store, Deadlines(ZONE)),
            self.database.counting,
        )

    def keep(self, deal: Deal, *files: str) -> str:
        """Store a deal with a file in each of the named fields. Returns: its id."""
        with self.database.writing() as store:
            kept = store.deals.add(deal, Actor(deal.manager, Cause.API))
            for number, code in enumerate(files):
                store.attachments.add(
                    a_stored_file(kept.id, code, file_id=a_file_id(kept.id, number)),
                    Actor(deal.manager, Cause.API),
                )
        return kept.id

    def deal(self, deal_id: str) -> Deal:
        with self.database.reading() as store:
            return store.deals.get(deal_id)

    def do(self, topic: AnyTopic, work: DeliveredTask) -> Outcome:
        return execute(topic, work, self.context)

    def done(self, topic: AnyTopic, work: DeliveredTask) -> Mapping[str, Any]:
        """Execute a task and expect success. Returns: the process variables."""
        outcome = self.do(topic, work)
        assert isinstance(outcome, Completed), outcome
        return outcome.variables


@contextmanager
def an_office(
    directory: Path, url: str | None = None, catalog: Catalog | None = None, **given: Any
) -> Iterator[Office]:
    """Open an office on SQLite in ``directory``, or on a database at ``url``.

    ``catalog``: another than the delivered one.
    """
    database = Database(url or deals_file(directory / "deals.sqlite3"), catalog or a_catalog())
    database.migrate()
    try:
        yield Office(database, **given)
    finally:
        database.close()


def a_task(
    deal_id: str, *, id: str = "task-1", instance: str = "instance-1", **inputs: Any
) -> DeliveredTask:
    """Build a delivered task; ``inputs`` are its local variables."""
    return DeliveredTask(id, "", deal_id, instance, "Task_Any", inputs)


def a_file_id(deal_id: str, number: int = 0) -> str:
    return f"file-{number}-{deal_id}"


def a_stored_file(
    deal_id: str, code: str, sha256: str = "0" * 64, file_id: str | None = None
) -> Attachment:
    return Attachment(
        id=file_id or a_file_id(deal_id),
        deal_id=deal_id,
        field=code,
        version=0,
        name="файл.pdf",
        size=10,
        media_type="application/pdf",
        sha256=sha256,
        uploaded_by="manager1",
        uploaded_at=NOW,
    )


def a_kept_deal(office: Office, *files: str, **given: Any) -> str:
    return office.keep(a_deal(**given), *files)


@dataclass
class Call:
    """A request received by the fake engine."""

    path: str
    body: Mapping[str, Any]


class EngineServer(ThreadingHTTPServer):
    """Fake of the engine's external-task REST API: queued tasks, configured replies, no locks.

    ``replies`` maps the last part of a path to statuses to give next; "lose" does what was asked
    and then drops the connection without an answer. An empty list means success.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lock = threading.Condition()
        self.tasks: list[dict[str, Any]] = []
        self.calls: list[Call] = []
        self.gone: set[str] = set()
        self.polls = 0
        self.replies: dict[str, list[int | str]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/engine-rest"

    def add(self, topic: str, deal_id: str, *, id: str = "task-1", **given: Any) -> None:
        variables = {name: {"value": value} for name, value in given.pop("inputs", {}).items()}
        with self.lock:
            self.tasks.append(
                {
                    "id": id,
                    "topicName": topic,
                    "businessKey": deal_id,
                    "processInstanceId": "instance-1",
                    "activityId": "Task_Any",
                    "retries": None,
                    "variables": variables,
                    **given,
                }
            )
            self.lock.notify_all()

    def wait_for(self, part: str, count: int = 1, seconds: float = 10) -> list[Call]:
        """Wait until ``count`` calls ended with ``part``, e.g. complete."""
        with self.lock:
            came = self.lock.wait_for(lambda: len(self.calls_of(part)) >= count, seconds)
            assert came, f"{count} {part} expected, got {[c.path for c in self.calls]}"
            return self.calls_of(part)

    def calls_of(self, part: str) -> list[Call]:
        return [call for call in self.calls if call.path.endswith(part)]

    def handle_error(self, *_: Any) -> None:
        """Ignore clients that closed the connection."""

    def fetch(self, wait: float, most: int) -> list[dict[str, Any]]:
        with self.lock:
            self.polls += 1
            self.lock.wait_for(lambda: self.tasks, wait)
            given, self.tasks = self.tasks[:most], self.tasks[most:]
            self.polls -= 1
            self.lock.notify_all()
            return given

    def wait_until_nobody_polls(self) -> None:
        """Wait until no poll is open: the poll of a dead client would take the next task."""
        with self.lock:
            assert self.lock.wait_for(lambda: not self.polls, 10)


class _Handler(BaseHTTPRequestHandler):
    server: EngineServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        engine = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        part = self.path.rsplit("/", 1)[-1]
        with engine.lock:
            told = engine.replies.get(part) or []
            reply = told.pop(0) if told else 200
        if reply == "slow":
            time.sleep(0.5)
            reply = 200
        answer: Any = None
        if reply in {200, "lose"}:
            reply, answer = self._do(part, body, reply)
        with engine.lock:
            engine.calls.append(Call(self.path, body))
            engine.lock.notify_all()
        if reply == "lose":
            self.close_connection = True
            self.connection.close()
            return
        self._send(int(reply), answer)

    def _do(self, part: str, body: Mapping[str, Any], reply: int | str) -> tuple[int | str, Any]:
        if part == "fetchAndLock":
            tasks = self.server.fetch(body["asyncResponseTimeout"] / 1000, body["maxTasks"])
            if reply == "lose":
                # As if the locks of the lost answer had run out.
                self.server.tasks += tasks
            return reply, tasks
        if part in ("complete", "bpmnError", "failure"):
            task_id = self.path.split("/")[-2]
            if task_id in self.server.gone:
                return 404, {"type": "RestException", "message": "no such task"}
            if part != "failure":
                self.server.gone.add(task_id)
        return reply if reply == "lose" else 204, None

    def _send(self, status: int, answer: Any) -> None:
        words = {
            400: "cannot be completed by worker 'a'. It is locked by worker 'b'.",
            500: "OptimisticLockingException",
        }
        if status >= 400:
            answer = answer or {"type": "RestException", "message": words.get(status, "no")}
        body = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@contextmanager
def an_engine() -> Iterator[EngineServer]:
    with EngineServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
