"""A backup is whole or does not exist; a restore changes everything or nothing."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from bpmn.engine.settings import EngineSettings
from db.catalog import load_catalog
from db.domain.history import Actor, Cause
from db.store.blobs import Incoming, path_of, stored
from db.store.database import Database
from ops.backup import (
    DUMP,
    MANIFEST,
    SUMS,
    BackupFailed,
    BackupSettings,
    backup,
    finished,
)
from ops.databases import Role, alone, deals_role, engine_role, make_roles
from ops.restore import RestoreRefused, restore
from tests.builders import a_deal
from tests.fakes import a_stored_file
from tests.postgres import new_database, server_or_skip

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
                    f"SELECT t::text FROM {schema}.{name} t ORDER BY 1"  # type: ignore[arg-type]
                ).fetchall()
                for schema, name in tables
            }


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with server_or_skip() as address:
        yield address


@pytest.fixture
def make(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
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
def source(make) -> Installation:
    """An installation as `setup` leaves it, with one deal."""
    made: Installation = make("source")
    settings = made.settings
    with alone(settings.superuser, 5, quiet) as connection:
        make_roles(connection, deals_role(settings.database_url), engine_role(EngineSettings()))
        connection.execute("CREATE TABLE engine.act_ru_task (id_ text)")
        connection.execute("ALTER TABLE engine.act_ru_task OWNER TO engine")
        connection.execute("INSERT INTO engine.act_ru_task VALUES ('task-1')")
    with closing(Database(settings.database_url, load_catalog())) as database:
        database.migrate()
    made.keep("D-2026-00001", b"card of the company")
    return made


def test_an_empty_installation_becomes_the_one_that_was_saved(source, make):
    saved = backup(source.settings, quiet)
    before = source.contents()
    target = make("target")

    restore(target.settings, saved.name, quiet)

    assert target.contents() == before
    assert before["engine.act_ru_task"] == [("(task-1)",)]
    assert sorted(stored(target.settings.files_dir)) == sorted(stored(source.settings.files_dir))
    target.keep("D-2026-00002", b"and it goes on")  # as its own role: owners and rights came too


def test_only_files_that_deals_have_are_saved(source):
    stray = Incoming(source.settings.files_dir, 100)
    stray.write(b"upload whose transaction failed")
    orphan = stray.keep().sha256

    saved = backup(source.settings, quiet)

    assert orphan not in (saved / SUMS).read_text()
    assert json.loads((saved / MANIFEST).read_text())["files"] == 1


def test_a_missing_or_changed_file_is_said_and_leaves_no_backup(source):
    (sha256,) = stored(source.settings.files_dir)
    path_of(source.settings.files_dir, sha256).write_bytes(b"changed")

    with pytest.raises(BackupFailed, match=sha256):
        backup(source.settings, quiet)

    assert finished(source.settings.backup_dir) == []
    assert list(source.settings.backup_dir.glob("*.unfinished")) == []


def test_a_directory_that_cannot_be_written_is_said(source):
    settings = source.settings.model_copy(update={"backup_dir": Path("/proc/backups")})

    with pytest.raises(BackupFailed, match="Проверьте место и права"):
        backup(settings, quiet)


def test_only_the_newest_backups_are_kept(source):
    old = source.settings.backup_dir / "2025-01-01T000000Z"
    old.mkdir()
    (old / MANIFEST).write_text("{}")

    new = backup(source.settings, quiet, keep=1)

    assert finished(source.settings.backup_dir) == [new]


@pytest.mark.parametrize("part", [DUMP, SUMS, "files"])
def test_a_damaged_backup_changes_nothing(source, make, part):
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
def test_an_unknown_backup_is_refused(source, name):
    with pytest.raises(RestoreRefused):
        restore(source.settings, name, quiet)


def test_a_full_installation_is_not_overwritten_by_mistake(source):
    saved = backup(source.settings, quiet)
    before = source.contents()

    with pytest.raises(RestoreRefused, match="--replace"):
        restore(source.settings, saved.name, quiet)

    assert source.contents() == before


def test_replacing_keeps_what_was_there_under_another_name(source):
    saved = backup(source.settings, quiet)
    before = source.contents()
    source.keep("D-2026-00002", b"later")

    restore(source.settings, saved.name, quiet, replace=True)

    assert source.contents() == before
    with source.superuser() as connection:
        (aside,) = connection.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'deals_before%'"
        ).fetchone()
        count = connection.execute(f"SELECT count(*) FROM {aside}.deals").fetchone()
    assert count == (2,)


def test_a_dump_that_postgresql_refuses_leaves_everything_as_it_was(source):
    saved = backup(source.settings, quiet)
    before = source.contents()
    (saved / DUMP).write_bytes(b"no dump at all")
    known = json.loads((saved / MANIFEST).read_text())
    known["dump_sha256"] = hashlib.sha256(b"no dump at all").hexdigest()
    (saved / MANIFEST).write_text(json.dumps(known))

    with pytest.raises(BackupFailed, match="pg_restore"):
        restore(source.settings, saved.name, quiet, replace=True)

    assert source.contents() == before


def test_a_backup_of_a_newer_release_is_refused(source, make):
    saved = backup(source.settings, quiet)
    known = json.loads((saved / MANIFEST).read_text())
    (saved / MANIFEST).write_text(json.dumps({**known, "schema": "9999"}))

    with pytest.raises(RestoreRefused, match="более новым"):
        restore(make("target").settings, saved.name, quiet)


def test_an_installation_in_use_is_refused(source):
    saved = backup(source.settings, quiet)
    with closing(Database(source.settings.database_url, load_catalog())) as database:
        database.ping()
        with pytest.raises(RestoreRefused, match="docker compose stop"):
            restore(source.settings, saved.name, quiet, replace=True)


def test_roles_see_their_own_schema_only(source):
    host = source.settings.database_url.partition("@")[2]
    with (
        psycopg.connect(f"postgresql://engine:{PASSWORD}@{host}", autocommit=True) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT * FROM deals.deals")


def test_a_changed_password_is_set_and_is_in_no_statement(source):
    with alone(source.settings.superuser, 5, quiet) as connection:
        make_roles(connection, Role("deals", "Another-secret-1"))
        row = connection.execute(
            "SELECT rolpassword FROM pg_authid WHERE rolname = 'deals'"
        ).fetchone()

    assert row is not None
    assert str(row[0]).startswith("SCRAM-SHA-256$")
