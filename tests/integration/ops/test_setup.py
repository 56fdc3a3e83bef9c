"""`setup` on an empty PostgreSQL and again, and nodes of the engine that wait for it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from bpmn.camunda.provisioning.provision import demo_people
from ops.local.stack import free_port
from tests.support.suite.installation import SECRET, Installation, empty_installation
from tests.support.suite.running import ROOT
from tests.support.waiting import eventually

pytestmark = [pytest.mark.postgres, pytest.mark.engine]

START = 180.0  # seconds
TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname IN ('deals', 'engine')"


@pytest.fixture(scope="module")
def company() -> Iterator[Installation]:
    demo = {"DEMO": "true", "DEMO_PASSWORD": SECRET.format("demo")}
    with empty_installation(SETUP_PATIENCE="2", **demo) as made:
        yield made


REFUSED = (
    ({"ENGINE_API_PASSWORD": ""}, "ENGINE_API_PASSWORD"),
    ({"ENGINE_DB_PASSWORD": "change-me"}, "ENGINE_DB_PASSWORD"),
    ({"ENGINE_DEPLOY_PASSWORD": "short"}, "ENGINE_DEPLOY_PASSWORD"),
    ({"ENGINE_ADMIN_PASSWORD": "Has-admin-in-it-1"}, "ENGINE_ADMIN_PASSWORD"),
    ({"DEMO_PASSWORD": "Pit-2026-demo"}, "DEMO_PASSWORD"),
    ({"SETUP_POSTGRES_URL": "postgresql://pit@127.0.0.1/pit"}, "SETUP_POSTGRES_URL"),
    ({"DATABASE_URL": "postgresql+psycopg://deals:secret@127.0.0.1/pit"}, "DATABASE_URL"),
    ({"DATABASE_URL": "sqlite:///deals.sqlite3"}, "DATABASE_URL"),
    ({"SETUP_POSTGRES_URL": ""}, "SETUP_POSTGRES_URL"),
    ({"ENGINE_PROFILE": "h2"}, "ENGINE_PROFILE"),
)


@pytest.mark.parametrize(("changed", "named"), REFUSED)
def test_a_missing_or_example_secret_touches_nothing(
    company: Installation, changed: Any, named: Any
) -> None:
    done = company.manage("setup", **changed)

    assert done.returncode == 1
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert not [value for value in company.env.values() if "Real-secret" in value in done.stderr]
    assert company.query(TABLES) == [(0,)]


def test_without_a_database_setup_says_so(company: Installation) -> None:
    nowhere = company.env["SETUP_POSTGRES_URL"].partition("@")[0] + "@127.0.0.1:9/pit"

    done = company.manage("setup", SETUP_POSTGRES_URL=nowhere)

    assert done.returncode == 1
    assert "База данных не отвечает" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_node_waits_for_setup_and_then_works(company: Installation, tmp_path: Path) -> None:
    """And a second setup changes nothing, whatever runs."""
    with node(company, log := tmp_path / "node.log") as port:
        eventually(lambda: "Жду подготовки" in log.read_text(), 30)
        assert company.query(TABLES) == [(0,)]

        first = company.manage("setup")
        assert first.returncode == 0, first.stdout + first.stderr
        eventually(lambda: answers(port), START)
        again = company.manage("setup")

    assert "created:" in first.stdout
    assert "removed: 0" in again.stdout
    assert re.search(r"created: 0, updated: 0, removed: 0", again.stdout), again.stdout
    assert "unchanged" in again.stdout
    logins = {row[0] for row in company.query("SELECT id_ FROM engine.act_id_user")}
    assert logins == {"admin", "svcWorker", "svcApi", "svcDeploy", *(p[0] for p in demo_people())}


def test_another_password_of_the_administrator_and_no_demo_any_more(company: Installation) -> None:
    done = company.manage("setup", DEMO="false", ENGINE_ADMIN_PASSWORD="Other-secret-9-2026")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Пароль администратора движка сменился" in done.stdout
    logins = {row[0] for row in company.query("SELECT id_ FROM engine.act_id_user")}
    assert logins == {"admin", "svcWorker", "svcApi", "svcDeploy"}


NO_PASSWORD = "postgresql+psycopg://deals:@127.0.0.1/pit"
SERVICES = {"api": ["-m", "api"], "worker": ["-m", "workers"], "engine": ["manage.py", "engine"]}


@pytest.mark.parametrize(
    ("service", "variable", "value"),
    [
        ("api", "API_ENGINE_PASSWORD", "change-me"),
        ("api", "API_ENGINE_PASSWORD", ""),
        ("api", "DATABASE_URL", NO_PASSWORD),
        ("worker", "ENGINE_WORKER_PASSWORD", "change-me"),
        ("worker", "ENGINE_WORKER_PASSWORD", ""),
        ("worker", "DATABASE_URL", NO_PASSWORD),
        ("engine", "ENGINE_DB_PASSWORD", ""),
    ],
)
def test_services_refuse_a_missing_or_example_secret(
    company: Installation, service: str, variable: str, value: Any
) -> None:
    real = {"API_ENGINE_PASSWORD": SECRET.format("api")}
    done = subprocess.run(
        [sys.executable, *SERVICES[service]],
        cwd=ROOT,
        env={**company.env, **real, "DEMO": "false", variable: value},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 1
    assert variable in done.stderr
    assert "make env" in done.stderr
    assert "Traceback" not in done.stderr


@contextmanager
def node(company: Installation, log: Path) -> Iterator[int]:
    """`manage.py engine` as a container runs it: without the administrator's password."""
    port = free_port()
    env = {name: value for name, value in company.env.items() if "ADMIN" not in name}
    env |= {"ENGINE_SCHEMA_UPDATE": "false", "ENGINE_PORT": str(port)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "engine"], cwd=ROOT, env=env, stdout=output, stderr=output
        )
    try:
        yield port
    finally:
        process.terminate()
        code = process.wait(60)
    assert code in (0, 143)


def answers(port: int) -> bool:
    try:
        url = f"http://127.0.0.1:{port}/engine-rest/engine"
        return requests.get(url, timeout=5).status_code == 200
    except requests.RequestException:
        return False
