"""An installation as docker-compose.yml has it moves by the command of its `care` container."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ops.backup.backup import Manifest, finished
from ops.containers.databases import plain_url
from tests.support.suite.installation import Installation, empty_installation

pytestmark = [pytest.mark.engine, pytest.mark.postgres, pytest.mark.timeout(900)]


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Installation]:
    places = {"API_FILES_DIR": tmp_path / "files", "BACKUP_DIR": tmp_path / "backups"}
    for place in places.values():
        place.mkdir()
    env = {name: str(place) for name, place in places.items()}
    with empty_installation(DEMO="false", **env) as made:
        yield made


def administrators(company: Installation) -> set[object]:
    rows = company.query("SELECT id_ FROM engine.act_id_group WHERE id_ LIKE '%-admin'")
    return {name for (name,) in rows}


def of_another_release(company: Installation) -> "subprocess.CompletedProcess[str]":
    """A move with images of a release whose `setup` has not run yet: nobody could audit it."""
    version = "deals.alembic_version SET version_num ="
    ((present,),) = company.query("SELECT version_num FROM deals.alembic_version")
    with psycopg.connect(plain_url(company.env["DATABASE_URL"])) as connection:
        connection.execute(f"UPDATE {version} '0001'")
    try:
        return company.manage("move-engine", "--to", "operaton", ENGINE_DISTRIBUTION="operaton")
    finally:
        with psycopg.connect(plain_url(company.env["DATABASE_URL"])) as connection:
            connection.execute(f"UPDATE {version} '{present}'")


def test_the_care_container_moves_the_installation(company: Installation) -> None:
    assert (made := company.manage("setup")).returncode == 0, made.stderr
    old_image = company.manage("move-engine", "--to", "operaton")
    early = company.manage("setup", ENGINE_DISTRIBUTION="operaton")
    with psycopg.connect(plain_url(company.env["DATABASE_URL"])):  # as a worker is
        used = company.manage("move-engine", "--to", "operaton", ENGINE_DISTRIBUTION="operaton")
    other_release = of_another_release(company)
    before = finished(Path(company.env["BACKUP_DIR"]))

    moved = company.manage("move-engine", "--to", "operaton", ENGINE_DISTRIBUTION="operaton")

    assert (old_image.returncode, "соберите образы" in old_image.stderr) == (1, True)
    assert (early.returncode, "move-engine --to operaton" in early.stderr) == (1, True)
    assert "docker compose stop" in used.stderr, used.stderr
    assert (other_release.returncode, "другого выпуска" in other_release.stderr) == (1, True)
    assert before == []
    assert moved.returncode == 0, moved.stdout + moved.stderr
    (backup,) = finished(Path(company.env["BACKUP_DIR"]))
    assert Manifest.of(backup).schemas == ["deals", "engine"]
    assert f"Резервная копия: {backup.name}" in moved.stdout
    assert "У каждой открытой сделки есть следующий шаг" in moved.stdout
    assert administrators(company) == {"operaton-admin"}
    assert company.query("SELECT to_regclass('engine.pit_prepared')") == [(None,)]

    prepared = company.manage("setup", ENGINE_DISTRIBUTION="operaton")

    assert prepared.returncode == 0, prepared.stdout + prepared.stderr
    assert "created: 0, updated: 0, removed: 0" in prepared.stdout
    assert "unchanged" in prepared.stdout
    assert administrators(company) == {"operaton-admin"}
