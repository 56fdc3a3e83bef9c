"""Fixtures: the application served over HTTP, on SQLite and PostgreSQL, with a fake engine."""

import re
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from prometheus_client import CollectorRegistry

from api.app import create_app
from api.settings import ApiSettings
from db.domain.deals.deal import Deal
from db.domain.deals.entities import Attachment
from db.domain.deals.history import Actor, Cause
from db.store.blobs import Blob, Incoming
from db.store.database import Database
from db.vapid import PushKey
from tests.integration.api.engine_stand_in import PASSWORD, EngineStandIn
from tests.support.builders import NOW, a_catalog
from tests.support.documents.samples import a_pdf
from tests.support.servers.schemas import deals_database, deals_file

PEOPLE = {
    "manager1": {"salesManagers"},
    "manager2": {"salesManagers"},
    "salesHead": {"salesHeads"},
    "serviceHead": {"serviceHeads"},
    "engineer1": {"serviceEngineers"},
    "accountant1": {"deputyChiefAccountants"},
    "lawyer1": {"lawyers"},
    "onec1": {"onecOperators"},
    "onec2": {"onecOperators"},
    "onec3": {"onecOperators"},
    "store1": {"storekeepers"},
    "driver1": {"drivers"},
    "dispatcher1": {"dispatchers"},
    "category1": {"categoryManagers"},
    "director1": {"commercialDirectors"},
    "admin1": {"portalAdmins"},
}
PDF = a_pdf()
FILE_LIMIT = 200_000  # bytes
DOCUMENTED: dict[tuple[tuple[str, str], ...], dict[str, Any]] = {}
NOBODY = "http://127.0.0.1:1"
"""An address at which nobody listens."""


@pytest.fixture(
    scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    if request.param == "sqlite":
        return deals_file(tmp_path_factory.mktemp("sqlite") / "deals.sqlite3")
    return deals_database(request.getfixturevalue("postgres"))


@dataclass
class Person:
    """An employee or a token with its own HTTP client."""

    login: str
    http: httpx2.Client

    def get(self, path: str, **options: Any) -> httpx2.Response:
        return self.http.get(f"/api/v1{path}", **options)

    def post(self, path: str, body: object = None, **options: Any) -> httpx2.Response:
        return self.http.post(f"/api/v1{path}", json=body or {}, **options)

    def put(self, path: str, body: object, **options: Any) -> httpx2.Response:
        return self.http.put(f"/api/v1{path}", json=body, **options)

    def seen(self, path: str) -> dict[str, str]:
        """If-Match header with the present version of a resource."""
        return {"If-Match": self.get(path).headers["ETag"]}

    def patch(self, path: str, body: object, **options: Any) -> httpx2.Response:
        return self.http.patch(f"/api/v1{path}", json=body, **options)

    def upload(
        self, deal_id: str, field: str, name: str, content: bytes, **options: Any
    ) -> httpx2.Response:
        path = f"/api/v1/deals/{deal_id}/files/{field}"
        return self.http.post(path, params={"name": name}, content=content, **options)


@dataclass
class Office:
    """The running application with its database, files and fake engine."""

    url: str
    database: Database
    database_url: str
    engine: EngineStandIn
    files: Path
    metrics: CollectorRegistry
    settings: tuple[tuple[str, str], ...]
    _people: dict[str, Person] = field(default_factory=dict)

    def person(self, login: str) -> Person:
        if login not in self._people:
            http = self._client(auth=(login, PASSWORD))
            self._people[login] = Person(login, http)
        return self._people[login]

    def machine(self, secret: str) -> Person:
        headers = {"Authorization": f"Bearer {secret}"}
        return Person("machine", self._client(headers=headers))

    def _client(self, **options: Any) -> httpx2.Client:
        hooks = {"response": [self._check_documented]}
        return httpx2.Client(base_url=self.url, timeout=30, event_hooks=hooks, **options)

    def _check_documented(self, answer: httpx2.Response) -> None:
        """Fail when a successful response is not described in the OpenAPI document."""
        if not answer.is_success or answer.request.method in ("HEAD", "OPTIONS"):
            return
        path, method = answer.request.url.path, answer.request.method.lower()
        told = [
            operations[method]["responses"]
            for template, operations in self._documented.items()
            if method in operations and re.fullmatch(template, path)
        ]
        codes = {code for responses in told for code in responses}
        assert not told or str(answer.status_code) in codes, f"{method} {path}: {codes}"

    @cached_property
    def _documented(self) -> dict[str, Any]:
        """Path patterns → operations of the OpenAPI document, made once for the same settings."""
        if self.settings not in DOCUMENTED:
            document = httpx2.get(f"{self.url}/api/v1/openapi.json", timeout=30).json()
            DOCUMENTED[self.settings] = {
                re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)): operations
                for path, operations in document["paths"].items()
            }
        return DOCUMENTED[self.settings]

    def a_deal(self, login: str = "manager1", **fields: object) -> str:
        """Create a deal over HTTP. Returns: its id."""
        body = {"direction": "newClients", "fields": fields}
        answer = self.person(login).post("/deals", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def keep(self, deal: Deal) -> str:
        """Store a deal as given, with a PDF in each of its file fields. Returns: its id."""
        incoming = Incoming(self.files, FILE_LIMIT)
        incoming.write(PDF)
        blob = incoming.keep()
        with self.database.writing() as store:
            kept = store.deals.add(deal, Actor(deal.manager, Cause.API))
            for code in deal.files:
                store.attachments.add(a_file(kept.id, code, blob), Actor(deal.manager, Cause.API))
        return kept.id

    def reading(self) -> Any:
        return self.database.reading()

    def outbox(self, deal_id: str) -> list[dict[str, Any]]:
        """Undelivered payloads of the outbox, oldest first."""
        with self.database.reading() as store:
            return [dict(row.payload) for row in store.outbox.pending(deal_id)]

    def history(self, deal_id: str) -> list[tuple[str, str, Any, Any]]:
        with self.database.reading() as store:
            rows = store.history.of(deal_id)
        return [(row.kind.value, row.subject, row.old, row.new) for row in rows]

    def close(self) -> None:
        for person in self._people.values():
            person.http.close()


def a_file(deal_id: str, code: str, blob: Blob) -> Attachment:
    return Attachment(
        id=str(uuid.uuid4()),
        deal_id=deal_id,
        field=code,
        version=0,
        name="файл.pdf",
        size=blob.size,
        media_type="application/pdf",
        sha256=blob.sha256,
        uploaded_by="manager1",
        uploaded_at=NOW,
    )


OPTIONS: dict[str, Any] = {
    "port": 0,
    "log_level": "warning",
    "lifespan": "on",
    # As in the product, and longer than the client's pool: neither ends a connection in use.
    "timeout_keep_alive": 30,
}


class Server(uvicorn.Server):
    """uvicorn in a thread."""

    def __init__(self, app: Any) -> None:
        super().__init__(uvicorn.Config(app, **OPTIONS))
        self._thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        deadline = time.monotonic() + 20
        while not self.started:
            assert time.monotonic() < deadline, "the application did not start"
            time.sleep(0.01)
        port = self.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def __exit__(self, *_: object) -> None:
        self.should_exit = True
        self._thread.join(20)


@contextmanager
def a_running_office(database_url: str, files: Path, **settings: Any) -> Iterator[Office]:
    """Run the application on an empty database, with all employees active."""
    database = Database(database_url, a_catalog())
    database.migrate()
    engine = EngineStandIn()
    engine.people = {login: frozenset(groups) for login, groups in PEOPLE.items()}
    engine.start()
    # With the simulator's address the application has every endpoint of the permission table.
    told: dict[str, Any] = {"max_file_bytes": FILE_LIMIT, "onec_simulator_url": NOBODY}
    told |= {"push_private_key": PushKey.new().text, **settings}
    app = create_app(
        ApiSettings(
            database_url=database_url,
            engine_url=engine.base_url,
            engine_password="service-password",
            files_dir=files,
            **told,
        )
    )
    with Server(app) as url:
        known = tuple(sorted((name, str(value)) for name, value in settings.items()))
        office = Office(url, database, database_url, engine, files, app.state.metrics, known)
        yield office
        office.close()
    engine.stop()
    database.close()


@pytest.fixture(scope="session")
def running(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with a_running_office(database_url, tmp_path_factory.mktemp("files")) as office:
        yield office


@pytest.fixture
def office(running: Office) -> Office:
    """The application with all employees active and no open task."""
    running.engine.people = {login: frozenset(groups) for login, groups in PEOPLE.items()}
    running.engine.tasks, running.engine.past = [], []
    running.engine.jobs, running.engine.steps, running.engine.ended = [], [], []
    running.engine.down = False
    return running
