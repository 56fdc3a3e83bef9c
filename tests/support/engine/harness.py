"""A real Camunda engine for tests: started on a free port, provisioned, stopped; and its people."""

import socket
import subprocess
import tempfile
import time
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from bpmn.camunda.client.rest import Engine
from bpmn.camunda.client.values import decode, encode
from bpmn.camunda.provisioning.provision import ProvisioningReport, provision
from bpmn.camunda.server.launcher import EngineSettings, Secrets, command, secrets_of
from bpmn.lint.worker_contracts import AUXILIARY_PROCESSES

ROOT = Path(__file__).resolve().parents[3]
OVERRIDES = ROOT / "forms" / "tasklist" / "webapp"
PROBE = ROOT / "tests" / "engine" / "server" / "probe.bpmn"
"""A small process for tests of the engine itself: a task, a message, another task, a step."""
IN_MEMORY = "jdbc:h2:mem:camunda;DB_CLOSE_DELAY=-1"
PASSWORD = "Pit-2026-demo"
START_SECONDS = 300.0
STOP_SECONDS = 30.0
TIMEOUT = (3, 30)  # seconds: connect, read


def historic_instances(engine: Engine, business_key: str) -> list[dict[str, Any]]:
    """Rows of ``/history/process-instance`` for a deal's own process, running and ended."""
    rows: list[dict[str, Any]] = engine.get(
        "/history/process-instance",
        processInstanceBusinessKey=business_key,
        rootProcessInstances="true",
    )
    return [row for row in rows if row["processDefinitionKey"] not in AUXILIARY_PROCESSES]


def shown(typed: Mapping[str, Any]) -> Any:
    """Value of a variable as the engine sends it; JSON, which it keeps as bytes, as text."""
    value = typed["value"]
    return b64decode(value).decode() if typed["type"] == "Bytes" and value else value


class Tasklist:
    """One person's session in Tasklist, directly at the engine or through the webapp proxy.

    ``webapp_url`` is the address before ``/camunda``. Methods return the plain answer where a
    test may want to see a refusal.
    """

    def __init__(self, webapp_url: str, login: str, password: str = PASSWORD) -> None:
        self.url, self.login = webapp_url, login
        self.session = requests.Session()
        tasklist = f"{webapp_url}/camunda/app/tasklist/default/"
        self.session.get(tasklist, timeout=TIMEOUT).raise_for_status()
        self.answer = self.session.post(
            f"{webapp_url}/camunda/api/admin/auth/user/default/login/tasklist",
            data={"username": login, "password": password},
            headers=self._token(),
            timeout=TIMEOUT,
        )
        if self.answer.ok:  # logging in begins a new session, the page brings its token
            self.session.get(tasklist, timeout=TIMEOUT).raise_for_status()

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        """Call the web application's own REST interface, as the page does."""
        headers = {"Accept": "application/json", **self._token(), **options.pop("headers", {})}
        url = f"{self.url}/camunda/api/engine/engine/default{path}"
        return self.session.request(method, url, headers=headers, timeout=TIMEOUT, **options)

    def tasks(self, **query: Any) -> list[dict[str, Any]]:
        """Open tasks that the person may see."""
        answer = self.request("POST", "/task", json=query)
        answer.raise_for_status()
        return list(answer.json())

    def filters(self) -> dict[str, str]:
        """Name → id of the lists that the person has."""
        answer = self.request("GET", "/filter", params={"resourceType": "Task"})
        answer.raise_for_status()
        return {row["name"]: row["id"] for row in answer.json()}

    def listed(self, filter_name: str) -> list[dict[str, Any]]:
        """The tasks of a list with their card variables, as Tasklist asks for them."""
        answer = self.request(
            "POST",
            f"/filter/{self.filters()[filter_name]}/list",
            json={},
            headers={"Accept": "application/hal+json"},
        )
        answer.raise_for_status()
        return list(answer.json().get("_embedded", {}).get("task", []))

    def variables(self, task_id: str) -> dict[str, Any]:
        """What a form of the task can read."""
        answer = self.request("GET", f"/task/{task_id}/form-variables")
        answer.raise_for_status()
        return decode(answer.json())

    def claim(self, task_id: str) -> requests.Response:
        return self.request("POST", f"/task/{task_id}/claim", json={"userId": self.login})

    def complete(
        self, task_id: str, variables: Mapping[str, Any] | None = None
    ) -> requests.Response:
        """Submit the task's form."""
        body = {"variables": encode(variables or {})}
        return self.request("POST", f"/task/{task_id}/submit-form", json=body)

    def _token(self) -> dict[str, str]:
        tokens = [cookie.value for cookie in self.session.cookies if cookie.name == "XSRF-TOKEN"]
        return {"X-XSRF-TOKEN": tokens[-1] or ""} if tokens else {}


@dataclass
class RunningEngine:
    """Addresses, accounts and process of an engine that runs."""

    settings: EngineSettings
    secrets: Secrets
    process: "subprocess.Popen[bytes]"
    admin: Engine
    provisioned: ProvisioningReport | None = None
    engines: list[Engine] = field(default_factory=list)

    @property
    def rest_url(self) -> str:
        return self.settings.rest_url

    @property
    def webapp_url(self) -> str:
        return self.settings.base_url

    def as_account(self, login: str, password: str = PASSWORD) -> Engine:
        """The engine's REST interface as a person or a service."""
        engine = Engine(self.rest_url, login, password)
        self.engines.append(engine)
        return engine

    def as_service(self, login: str) -> Engine:
        """The engine's REST interface as svcWorker, svcApi or svcDeploy."""
        secret = {"svcWorker": "worker", "svcApi": "api", "svcDeploy": "deploy"}[login]
        return self.as_account(login, getattr(self.secrets, secret))

    def as_user(self, login: str, webapp_url: str | None = None) -> Tasklist:
        """A person at Tasklist, on request through another address such as the webapp proxy."""
        return Tasklist(webapp_url or self.webapp_url, login)

    def stop(self) -> int:
        """Stop as the suite does. Returns: the exit code."""
        self.process.terminate()
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait(STOP_SECONDS)


@contextmanager
def running_engine(
    data_dir: Path | None = None, *, demo: bool = True, provisioned: bool = True, **settings: Any
) -> Iterator[RunningEngine]:
    """Start an engine, wait until it answers, provision it, stop it.

    Without ``data_dir`` everything is in memory and gone afterwards; with it the database is a
    file there. ``settings`` are fields of `EngineSettings`.
    """
    with tempfile.TemporaryDirectory(prefix="pit-engine-") as scratch:
        directory = data_dir or Path(scratch)
        given = EngineSettings(
            _env_file=None,
            **{
                "data_dir": directory,
                "port": _free_port(),
                "db_url": None if data_dir else IN_MEMORY,
                "tasklist_overrides": OVERRIDES if OVERRIDES.is_dir() else None,
                **settings,
            },
        )
        running = _start(given, directory / "engine.log")
        try:
            _wait(running, directory / "engine.log")
            if provisioned:
                running.provisioned = provision(
                    running.admin, demo, secrets=running.secrets, demo_password=PASSWORD
                )
            yield running
        finally:
            for engine in (running.admin, *running.engines):
                engine.close()
            running.stop()


def deploy_probe(engine: Engine, name: str = "probe", model: Path = PROBE) -> None:
    """Deploy a small process as the account of ``engine``."""
    files = {"probe": (model.name, model.read_bytes())}
    address = f"{engine.url}/deployment/create"
    engine.session.post(address, data={"deployment-name": name}, files=files)


def _start(settings: EngineSettings, log: Path) -> RunningEngine:
    argv, env = command(settings)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            argv, env=env, stdout=output, stderr=output, start_new_session=True
        )
    secrets = secrets_of(settings)
    admin = Engine(settings.rest_url, settings.admin_user, secrets.admin)
    return RunningEngine(settings, secrets, process, admin)


def _wait(running: RunningEngine, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not running.admin.engine_ready():
        if running.process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"The engine did not start:\n{log.read_text()[-4000:]}")
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
