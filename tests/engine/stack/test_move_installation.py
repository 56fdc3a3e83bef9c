"""An installation as docker-compose.yml has it moves by the command of its `care` container."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from ops.backup.backup import Manifest, finished
from ops.containers.databases import plain_url
from tests.support.postgres import new_database, server_or_skip
from tests.support.running_suite import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.postgres, pytest.mark.timeout(900)]
SECRET = "Real-secret-{}-2026"


@dataclass
class Company:
    """A database with a role and a schema each for deals and engine, and a place for backups."""

    address: str
    env: Mapping[str, str]
    backups: Path

    def manage(self, *command: str, **changed: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env={**self.env, **changed},
            capture_output=True,
            text=True,
            timeout=400,
        )

    def query(self, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(plain_url(self.address), autocommit=True) as connection:
            return connection.execute(statement).fetchall()

    def groups(self) -> set[object]:
        rows = self.query("SELECT id_ FROM engine.act_id_group WHERE id_ LIKE '%-admin'")
        return {name for (name,) in rows}


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    with server_or_skip() as server:
        address = new_database(server, "pit")
        host = address.partition("@")[2]
        names = ("ADMIN", "WORKER", "API", "DEPLOY")
        (backups := tmp_path / "backups").mkdir()
        (files := tmp_path / "files").mkdir()
        env = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("ENGINE_", "SETUP_"))},
            **{f"ENGINE_{name}_PASSWORD": SECRET.format(name.lower()[:1]) for name in names},
            "SETUP_POSTGRES_URL": f"postgresql://pit:{SECRET.format('super')}@{host}",
            "DATABASE_URL": f"postgresql+psycopg://deals:{SECRET.format('deals')}@{host}",
            "ENGINE_PROFILE": "postgres",
            "ENGINE_DB_URL": f"jdbc:postgresql://{host}",
            "ENGINE_DB_USER": "engine",
            "ENGINE_DB_PASSWORD": SECRET.format("engine"),
            "ENGINE_XMX": "300m",
            "DEMO": "false",
            "API_FILES_DIR": str(files),
            "BACKUP_DIR": str(backups),
            "PYTHONUNBUFFERED": "1",
        }
        yield Company(address, env, backups)


def test_the_care_container_moves_the_installation(company: Company) -> None:
    assert (made := company.manage("setup")).returncode == 0, made.stderr
    old_image = company.manage("move-engine", "--to", "operaton")
    early = company.manage("setup", ENGINE_DISTRIBUTION="operaton")
    with psycopg.connect(plain_url(company.env["DATABASE_URL"])):  # as a worker is
        used = company.manage("move-engine", "--to", "operaton", ENGINE_DISTRIBUTION="operaton")
    before = finished(company.backups)

    moved = company.manage("move-engine", "--to", "operaton", ENGINE_DISTRIBUTION="operaton")

    assert (old_image.returncode, "соберите образы" in old_image.stderr) == (1, True)
    assert (early.returncode, "move-engine --to operaton" in early.stderr) == (1, True)
    assert "docker compose stop" in used.stderr, used.stderr
    assert before == []
    assert moved.returncode == 0, moved.stdout + moved.stderr
    (backup,) = finished(company.backups)
    assert Manifest.of(backup).schemas == ["deals", "engine"]
    assert f"Резервная копия: {backup.name}" in moved.stdout
    assert "У каждой открытой сделки есть следующий шаг" in moved.stdout
    assert company.groups() == {"operaton-admin"}
    assert company.query("SELECT to_regclass('engine.pit_prepared')") == [(None,)]

    prepared = company.manage("setup", ENGINE_DISTRIBUTION="operaton")

    assert prepared.returncode == 0, prepared.stdout + prepared.stderr
    assert "created: 0, updated: 0, removed: 0" in prepared.stdout
    assert "unchanged" in prepared.stdout
    assert company.groups() == {"operaton-admin"}
