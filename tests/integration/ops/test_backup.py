"""Backups are complete or absent; a restore is all or nothing."""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api.files.cleanup import clean_up
from bpmn.camunda.server.settings import EngineSettings
from db.catalog import load_catalog
from db.domain.deals.history import Actor, Cause
from db.store.blobs import Incoming, path_of, stored
from db.store.database import Database
from ops.backup.backup import DUMP, MANIFEST, SUMS, BackupFailed, BackupSettings, backup, finished
from ops.backup.postgres_clients import ClientFailed
from ops.backup.restore import RestoreRefused, restore
from ops.containers.databases import (
    PasswordRefused,
    Role,
    connected,
    deals_role,
    engine_role,
    locked,
    make_roles,
    make_search_extension,
)
from tests.support.builders import a_deal
from tests.support.fakes.ports import a_stored_file
from tests.support.servers.postgres import new_database, server_or_skip
from tests.support.waiting import eventually

pytestmark = pytest.mark.postgres
PASSWORD = "Real-secret-1"


def quiet(_: str) -> None:
    pass


@dataclass
class Installation:
    """One database of the server and one directory of files."""

    settings: BackupSettings

    def superuser(self) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(self.settings.superuser, autocommit=True)

    def keep(self, deal_id: str, content: bytes) -> str:
        """A deal with one file. Returns: the file's hash."""
        incoming = Incoming(self.settings.files_dir, 1000)
        incoming.write(content)
        sha256 = incoming.keep().sha256
        with (
            closing(Database(self.settings.database_url, load_catalog())) as database,
            database.writing() as store,
        ):
            store.deals.add(a_deal(id=deal_id), Actor("manager1", Cause.API))
            store.attachments.add(
                a_stored_file(deal_id, "companyCard", sha256), Actor("manager1", Cause.API)
            )
        return sha256

    def contents(self) -> dict[str, list[tuple[object, ...]]]:
        """Every row of both schemas, and every file."""
        with self.superuser() as connection:
            tables = connection.execute(
                "SELECT schemaname, tablename FROM pg_tables"
                " WHERE schemaname IN ('deals', 'engine') ORDER BY 1, 2"
            ).fetchall()
            return {
                f"{schema}.{name}": connection.execute(
                    f"SELECT t::text FROM {schema}.{name} t ORDER BY 1"
                ).fetchall()
                for schema, name in tables
            }

    def empty(self) -> None:
        """Drop both schemas, with the statement that the refusal of `restore` names."""
        with self.superuser() as connection:
            connection.execute("DROP SCHEMA deals, engine CASCADE")

    def manage(self, place: Path, *command: str, stuck: str) -> "subprocess.Popen[str]":
        """The command as a process of its own, once its program ``stuck`` is nearly through.

        The program goes on when a file «go on» appears in ``place``.
        """
        reached, programs = place / "reached", place / "programs"
        programs.mkdir()
        (programs / stuck).write_text(
            f'#!/bin/sh\n{shutil.which(stuck)} "$@" || exit\ntouch {reached}\n'
            f'until [ -e "{place}/go on" ]; do sleep 0.1; done\n'
        )
        (programs / stuck).chmod(0o755)
        env = {
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "SETUP_POSTGRES_URL": self.settings.superuser,
            "DATABASE_URL": self.settings.database_url,
            "API_FILES_DIR": str(self.settings.files_dir),
            "BACKUP_DIR": str(self.settings.backup_dir),
        }
        process = subprocess.Popen(
            [sys.executable, "manage.py", *command],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        eventually(lambda: reached.exists() or process.poll() is not None, 30)
        return process


def sweep_a_day_later(installation: Installation) -> None:
    files = installation.settings.files_dir
    for sha256 in stored(files):
        os.utime(path_of(files, sha256), (0, 0))
    with closing(Database(installation.settings.database_url, load_catalog())) as database:
        assert clean_up(files, database)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with server_or_skip() as address:
        yield address


@pytest.fixture
def make(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def made(name: str) -> Installation:
        url = new_database(address, f"{tmp_path.name}-{name}")
        plain = url.replace("+psycopg", "").replace("pit@", f"pit:{PASSWORD}@")
        host = url.partition("@")[2]
        monkeypatch.setenv("ENGINE_PROFILE", "postgres")
        monkeypatch.setenv("ENGINE_DB_URL", f"jdbc:postgresql://{host}")
        monkeypatch.setenv("ENGINE_DB_USER", "engine")
        monkeypatch.setenv("ENGINE_DB_PASSWORD", PASSWORD)
        settings = BackupSettings(
            postgres_url=plain,
            database_url=f"postgresql+psycopg://deals:{PASSWORD}@{host}",
            files_dir=tmp_path / name,
            backup_dir=tmp_path,
        )
        return Installation(settings)

    return made


@pytest.fixture
def source(make: Any) -> Installation:
    """An installation as `setup` leaves it, with one deal."""
    made: Installation = make("source")
    settings = made.settings
    with locked(settings.superuser, 5, quiet) as connection:
        deals = deals_role(settings.database_url)
        make_roles(connection, deals, engine_role(EngineSettings()))
        make_search_extension(connection, deals)
        connection.execute("CREATE TABLE engine.act_ru_task (id_ text)")
        connection.execute("ALTER TABLE engine.act_ru_task OWNER TO engine")
        connection.execute("INSERT INTO engine.act_ru_task VALUES ('task-1')")
    with closing(Database(settings.database_url, load_catalog())) as database:
        database.migrate()
    made.keep("D-2026-00001", b"card of the company")
    return made


def test_an_empty_installation_becomes_the_one_that_was_saved(
    source: Installation, make: Any
) -> None:
    saved = backup(source.settings, quiet)
    before = source.contents()
    target = make("target")

    restore(target.settings, saved.name, quiet)

    assert target.contents() == before
    assert before["engine.act_ru_task"] == [("(task-1)",)]
    assert sorted(stored(target.settings.files_dir)) == sorted(stored(source.settings.files_dir))
    with target.superuser() as connection:
        assert connection.execute("SELECT 'deals.ix_deals_search'::regclass").fetchone()
    target.keep("D-2026-00002", b"and it goes on")  # as its own role: owners and rights came too


def test_only_files_that_deals_have_are_saved(source: Installation) -> None:
    stray = Incoming(source.settings.files_dir, 100)
    stray.write(b"upload whose transaction failed")
    orphan = stray.keep().sha256

    saved = backup(source.settings, quiet)

    assert orphan not in (saved / SUMS).read_text()
    assert json.loads((saved / MANIFEST).read_text())["files"] == 1


def test_a_missing_or_changed_file_is_said_and_leaves_no_backup(source: Installation) -> None:
    (sha256,) = stored(source.settings.files_dir)
    path_of(source.settings.files_dir, sha256).write_bytes(b"changed")

    with pytest.raises(BackupFailed, match=sha256):
        backup(source.settings, quiet)

    assert finished(source.settings.backup_dir) == []
    assert list(source.settings.backup_dir.glob("*.unfinished")) == []


def test_a_directory_that_cannot_be_written_is_said(source: Installation) -> None:
    settings = source.settings.model_copy(update={"backup_dir": Path("/proc/backups")})

    with pytest.raises(BackupFailed, match="Проверьте место и права"):
        backup(settings, quiet)


def test_only_the_newest_backups_are_kept(source: Installation) -> None:
    old = source.settings.backup_dir / "2025-01-01T000000Z"
    old.mkdir()
    (old / MANIFEST).write_text("{}")

    new = backup(source.settings, quiet, keep=1)

    assert finished(source.settings.backup_dir) == [new]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_what_an_ended_backup_left_is_no_backup_and_goes(
    source: Installation, tmp_path: Path, number: Any
) -> None:
    directory = source.settings.backup_dir
    process = source.manage(tmp_path, "backup", stuck="pg_dump")
    os.killpg(process.pid, number)
    process.communicate(timeout=30)

    left = list(directory.glob("*.unfinished"))
    assert len(left) == (number == signal.SIGKILL)
    for one in left:
        (one / MANIFEST).write_text("{}")  # as if killed just before its last step
    assert finished(directory) == []

    saved = backup(source.settings, quiet)

    assert finished(directory) == [saved]
    assert list(directory.glob("*.unfinished")) == []


def test_a_second_backup_leaves_the_one_that_runs_alone(
    source: Installation, tmp_path: Path
) -> None:
    process = source.manage(tmp_path, "backup", stuck="pg_dump")

    with pytest.raises(BackupFailed, match="дождитесь"):
        backup(source.settings, quiet)

    (tmp_path / "go on").touch()
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert len(finished(source.settings.backup_dir)) == 1


@pytest.mark.parametrize("part", [DUMP, SUMS, "files"])
def test_a_damaged_backup_changes_nothing(source: Installation, make: Any, part: Any) -> None:
    saved = backup(source.settings, quiet)
    damaged = next((saved / "files").glob("*/*")) if part == "files" else saved / part
    content = bytearray(damaged.read_bytes())
    content[0] ^= 1
    damaged.write_bytes(content if part != SUMS else b"")
    target = make("target")

    with pytest.raises(RestoreRefused, match="повреждена"):
        restore(target.settings, saved.name, quiet)

    assert target.contents() == {}


@pytest.mark.parametrize("name", ["../../etc", "2026-11-26T013000Z", ""])
def test_an_unknown_backup_is_refused(source: Installation, name: str) -> None:
    with pytest.raises(RestoreRefused):
        restore(source.settings, name, quiet)


def test_a_full_installation_is_not_overwritten(source: Installation) -> None:
    saved = backup(source.settings, quiet)
    before = source.contents()

    with pytest.raises(RestoreRefused, match=r"care backup.*DROP SCHEMA deals, engine CASCADE"):
        restore(source.settings, saved.name, quiet)

    assert source.contents() == before


def test_one_backup_replaces_another_and_both_can_come_back(source: Installation) -> None:
    """Backup, empty, restore; also after the API has deleted files that no deal has."""
    # Two backups of one second have one name.
    first = backup(source.settings, quiet).rename(source.settings.backup_dir / "2026-01-01T000000Z")
    before = source.contents()
    later = source.keep("D-2026-00002", b"later")
    second = backup(source.settings, quiet)
    replaced = source.contents()

    source.empty()
    restore(source.settings, first.name, quiet)
    assert source.contents() == before
    sweep_a_day_later(source)
    assert later not in stored(source.settings.files_dir)

    source.empty()
    restore(source.settings, second.name, quiet)
    assert source.contents() == replaced
    assert path_of(source.settings.files_dir, later).read_bytes() == b"later"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_restore_ended_in_the_middle_changes_nothing(
    source: Installation, tmp_path: Path, number: Any
) -> None:
    saved = backup(source.settings, quiet)
    before = source.contents()
    source.empty()

    process = source.manage(tmp_path, "restore", saved.name, stuck="pg_restore")
    if number == signal.SIGKILL:
        os.killpg(process.pid, number)  # as a container dies: with all its processes
    else:
        process.send_signal(number)
    _, said = process.communicate(timeout=30)

    assert process.returncode == (-number if number == signal.SIGKILL else 1)
    assert (f"Прервано ({number.name})" in said) == (number != signal.SIGKILL)
    assert "Traceback" not in said
    assert source.contents() == {}
    restore(source.settings, saved.name, quiet)
    assert source.contents() == before


def test_a_server_that_dies_in_the_middle_changes_nothing(
    source: Installation, tmp_path: Path
) -> None:
    saved = backup(source.settings, quiet)
    source.empty()

    process = source.manage(tmp_path, "restore", saved.name, stuck="pg_restore")
    query = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'psql'"
    )
    with source.superuser() as connection:
        eventually(lambda: connection.execute(query).fetchall(), 30)  # until psql is connected
    (tmp_path / "go on").touch()
    _, said = process.communicate(timeout=30)

    assert process.returncode == 1
    assert "psql: " in said
    assert "Traceback" not in said
    assert source.contents() == {}


def test_a_dump_that_postgresql_refuses_changes_nothing(source: Installation) -> None:
    saved = backup(source.settings, quiet)
    source.empty()
    (saved / DUMP).write_bytes(b"no dump at all")
    known = json.loads((saved / MANIFEST).read_text())
    known["dump_sha256"] = hashlib.sha256(b"no dump at all").hexdigest()
    (saved / MANIFEST).write_text(json.dumps(known))

    with pytest.raises(ClientFailed, match="pg_restore"):
        restore(source.settings, saved.name, quiet)

    assert source.contents() == {}


def test_a_backup_of_a_newer_release_is_refused(source: Installation, make: Any) -> None:
    saved = backup(source.settings, quiet)
    known = json.loads((saved / MANIFEST).read_text())
    (saved / MANIFEST).write_text(json.dumps({**known, "schema": "9999"}))

    with pytest.raises(RestoreRefused, match="более новым"):
        restore(make("target").settings, saved.name, quiet)


def test_an_installation_in_use_is_refused(source: Installation) -> None:
    saved = backup(source.settings, quiet)
    with closing(Database(source.settings.database_url, load_catalog())) as database:
        database.ping()
        with pytest.raises(RestoreRefused, match="docker compose stop"):
            restore(source.settings, saved.name, quiet)


def test_roles_see_their_own_schema_only(source: Installation) -> None:
    host = source.settings.database_url.partition("@")[2]
    with (
        psycopg.connect(f"postgresql://engine:{PASSWORD}@{host}", autocommit=True) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT * FROM deals.deals")


def test_a_changed_password_is_set_and_is_in_no_statement(source: Installation) -> None:
    with locked(source.settings.superuser, 5, quiet) as connection:
        make_roles(connection, Role("deals", "Another-secret-1"))
        row = connection.execute(
            "SELECT rolpassword FROM pg_authid WHERE rolname = 'deals'"
        ).fetchone()

    assert row is not None
    assert str(row[0]).startswith("SCRAM-SHA-256$")


def test_another_password_of_the_superuser_is_said_at_once(source: Installation) -> None:
    """As after the first start with one .env and the next with another."""
    host = source.settings.database_url.partition("@")[2]
    with source.superuser() as connection:
        connection.execute("CREATE ROLE chief SUPERUSER LOGIN PASSWORD 'Real-secret-1'")
        row = connection.execute("SHOW hba_file").fetchone()
        assert row is not None
        (rules,) = row
        before = Path(str(rules)).read_text()
        Path(str(rules)).write_text(f"host all chief 127.0.0.1/32 scram-sha-256\n{before}")
        connection.execute("SELECT pg_reload_conf()")
    said: list[str] = []

    def refused() -> bool:
        with contextlib.suppress(PasswordRefused), connected(wrong, 60, said.append):
            return False  # the server has not read its rules again yet
        return True

    wrong = f"postgresql://chief:Other-secret-2@{host}"
    eventually(refused, 10)

    assert said == []
    told = 'psql -U chief -c "ALTER ROLE chief PASSWORD'
    with pytest.raises(PasswordRefused, match=told), locked(wrong, 60, said.append):
        pass
    with connected(f"postgresql://chief:Real-secret-1@{host}", 5, quiet):
        pass
