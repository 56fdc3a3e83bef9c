"""Parts die, people press Ctrl+C, ports are taken: what `manage.py up` does about it."""

import hashlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from bpmn.camunda.server.distribution import DISTRIBUTIONS
from bpmn.camunda.server.jars import locked
from bpmn.camunda.server.settings import EngineSettings
from db.catalog import load_catalog
from db.domain.deals.entities import Token
from db.store.database import Database
from ops.demo.employee import Employee
from tests.support.engine.harness import historic_instances
from tests.support.suite.running import PASSWORD, ROOT, RunningSuite, running_suite
from tests.support.waiting import eventually

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]
SCOPES = frozenset({"deals:read", "deals:write"})
NEW_DEAL = {"direction": "newClients", "manager": "manager1", "fields": {"subject": "Перфораторы"}}
DISTRIBUTION = EngineSettings(_env_file=None).described
ENGINE = f"движок {DISTRIBUTION.title}"
QUICK = {"WORKER_POLL_SECONDS": "1"}
FIRST_TASK = "Task_CollectDocuments"


class House:
    """One data directory and the suite on it, started when somebody needs it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.token = secrets.token_urlsafe(24)
        self._running: RunningSuite | None = None
        self._stops = ExitStack()

    @property
    def suite(self) -> RunningSuite:
        if self._running is None:
            self._running = self._stops.enter_context(running_suite(self.data, QUICK))
            self._know_the_token()
        return self._running

    def stopped(self) -> RunningSuite:
        """The suite that has just ended: the next one is a new process."""
        assert self._running is not None
        ended, self._running = self._running, None
        return ended

    def close(self) -> None:
        self._stops.close()

    def create(self) -> dict[str, Any]:
        """A deal sent by a machine: it needs no session, so it works without the engine."""
        answer = self.ask("POST", "/deals", json=NEW_DEAL)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": str(uuid.uuid4())}
        url = f"{self.suite.url}/api/v1{path}"
        return requests.request(method, url, headers=headers, timeout=(3, 30), **options)

    def manager(self) -> Employee:
        """Logged in anew: sessions of Tasklist end with the engine."""
        return Employee("manager1", PASSWORD, self.suite.url)

    def is_ready(self) -> bool:
        try:
            return requests.get(f"{self.suite.url}/readyz", timeout=15).status_code == 200
        except requests.RequestException:
            return False

    def _know_the_token(self) -> None:
        known = Token(str(uuid.uuid4()), "site", SCOPES, datetime.now(UTC), None)
        database = Database(f"sqlite:///{self.data / 'deals.sqlite3'}", load_catalog(demo=True))
        hashed = hashlib.sha256(self.token.encode()).hexdigest()
        with database.writing() as store:
            if store.tokens.find(hashed) is None:
                store.tokens.add(known, hashed)
        database.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("house"))
    yield house
    house.close()


@pytest.fixture
def house(address: House) -> House:
    """The same house for every test, well again after what the one before did to it."""
    eventually(address.is_ready)
    return address


def manage(*arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=120,
    )


def live(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill(house: House, part: str, label: str) -> None:
    """Kill a part and wait until its end and its new start are reported."""
    seen = len(house.suite.output())
    os.kill(house.suite.state["parts"][part], signal.SIGKILL)
    eventually(lambda: f"{label}: запущен снова" in house.suite.output()[seen:])
    assert f"⚠ {label}: процесс остановился (код -9)" in house.suite.output()[seen:]


@pytest.mark.parametrize(
    ("part", "label"),
    [("worker", "исполнители"), ("api", "API и вход"), ("onec", "имитатор 1С")],
)
def test_a_part_that_dies_is_reported_and_comes_back_and_deals_go_on(
    house: House, part: str, label: str
) -> None:
    before = house.create()["id"]
    house.manager().task(before, FIRST_TASK)

    kill(house, part, label)
    eventually(house.is_ready)

    after = house.create()["id"]
    assert house.manager().task(before, FIRST_TASK)
    assert house.manager().task(after, FIRST_TASK)


def test_a_deal_created_while_the_engine_is_dead_gets_its_process_when_it_is_back(
    house: House,
) -> None:
    before = house.create()["id"]
    house.manager().task(before, FIRST_TASK)

    seen = len(house.suite.output())
    os.kill(house.suite.state["parts"]["engine"], signal.SIGKILL)
    meanwhile = house.create()
    eventually(lambda: f"{ENGINE}: запущен снова" in house.suite.output()[seen:])
    eventually(house.is_ready)

    manager = house.manager()
    assert meanwhile["awaitsEngine"]
    assert manager.task(before, FIRST_TASK)
    assert manager.task(meanwhile["id"], FIRST_TASK)
    assert not house.ask("GET", f"/deals/{meanwhile['id']}").json()["awaitsEngine"]
    assert len(historic_instances(house.suite.engine, meanwhile["id"])) == 1


def test_a_second_start_on_the_same_data_names_the_address_that_works_already(house: House) -> None:
    said = manage("up", DATA_DIR=str(house.suite.data), PORT="1")

    assert said.returncode == 1
    assert f"Уже работает: {house.suite.url}." in said.stderr
    assert house.is_ready()


def test_ctrl_c_stops_every_part_and_a_new_start_knows_deals_tasks_and_people(house: House) -> None:
    deal = house.create()["id"]
    task = house.manager().task(deal, FIRST_TASK)
    parts = house.suite.state["parts"]

    house.suite.process.send_signal(signal.SIGINT)
    code = house.suite.process.wait(60)
    left = [name for name, pid in parts.items() if live(pid)]
    told = house.stopped().output()
    again = house.manager()

    assert (code, left) == (0, [])
    assert "Остановлено. Данные сохранены" in told
    assert not (house.data / "run.json").exists() or house.suite.state["parts"] != parts
    assert again.task(deal, FIRST_TASK)["id"] == task["id"]
    assert "created: 0, updated: 0" in house.suite.output()
    assert "unchanged" in house.suite.output()


def test_parts_that_outlive_a_killed_supervisor_are_cleared_away_by_the_next_start(
    house: House,
) -> None:
    deal = house.create()["id"]
    parts = house.suite.state["parts"]

    house.suite.process.kill()
    house.suite.process.wait(10)
    orphans = [name for name, pid in parts.items() if live(pid)]
    house.stopped()
    task = house.manager().task(deal, FIRST_TASK)

    assert sorted(orphans) == ["api", "engine", "onec", "worker"]
    assert task
    assert "Останавливаю оставшийся от прошлого запуска процесс: engine" in house.suite.output()
    assert not [pid for pid in parts.values() if live(pid)]


def test_a_taken_port_is_told_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        said = manage("up", DATA_DIR=str(tmp_path), PORT=str(port))

    assert said.returncode == 1
    assert f"Порт {port} занят. Выберите другой" in said.stderr
    assert "Запускаю" not in said.stdout


def test_demo_people_are_never_shown_to_the_network(tmp_path: Path) -> None:
    said = manage("up", DATA_DIR=str(tmp_path), HOST="0.0.0.0")

    assert said.returncode == 1
    assert "можно слушать только свой компьютер" in said.stderr
    assert not list(tmp_path.iterdir())


def test_an_engine_file_that_somebody_changed_is_refused_in_words(
    house: House, tmp_path: Path
) -> None:
    jars = tmp_path / "jars"
    jars.mkdir()
    for jar in EngineSettings().jars_dir.glob("*.jar"):
        (jars / jar.name).symlink_to(jar)
    changed = jars / next(locked(DISTRIBUTION.lock)).file_name
    changed.unlink()
    changed.write_bytes(b"not the engine")

    said = manage(
        "up", DATA_DIR=str(tmp_path / "data"), ENGINE_JARS_DIR=str(jars), PORT=str(free_port())
    )

    assert said.returncode == 1
    assert f"Файл движка изменён, запуск остановлен: {changed}" in said.stderr
    assert "Traceback" not in said.stderr
    assert "Остановлено" in said.stdout


def test_data_of_the_other_distribution_are_refused_in_words(tmp_path: Path) -> None:
    (other,) = (each for each in DISTRIBUTIONS.values() if each is not DISTRIBUTION)
    file = tmp_path / "engine" / other.h2_file
    file.parent.mkdir()
    file.write_bytes(b"")

    said = manage("up", DATA_DIR=str(tmp_path), PORT=str(free_port()))

    assert said.returncode == 1
    assert f"База движка создана на {other.title}, а настройка" in said.stderr
    assert f"move-engine --to {DISTRIBUTION.name}" in said.stderr
    assert "Traceback" not in said.stderr
    assert file.read_bytes() == b""


def test_down_stops_a_suite_that_runs_in_another_terminal(house: House) -> None:
    parts = house.suite.state["parts"]

    said = manage("down", DATA_DIR=str(house.data))
    code = house.suite.process.wait(60)
    house.stopped()

    assert said.returncode == 0
    assert "Остановлено." in said.stdout
    assert code == 0
    assert not [pid for pid in parts.values() if live(pid)]


def test_an_engine_that_cannot_start_takes_the_other_parts_with_it(tmp_path: Path) -> None:
    port = free_port()

    said = manage(
        "up", DATA_DIR=str(tmp_path), PORT=str(port), JAVA_TOOL_OPTIONS="-XX:NoSuchOption"
    )

    assert said.returncode == 1
    assert f"Не запустилось: {ENGINE}. Причина в журнале" in said.stderr
    assert "NoSuchOption" in (tmp_path / "logs" / "engine.log").read_text()
    assert not (tmp_path / "run.json").exists()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", port))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
