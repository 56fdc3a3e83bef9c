"""The engine's database changes hands in one transaction, and back to every byte."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bpmn.camunda.server.distribution import CAMUNDA, OPERATON
from bpmn.camunda.server.settings import EngineSettings
from ops.backup.postgres_clients import run_client
from ops.containers.databases import LOCK, plain_url
from ops.move import postgres
from ops.move.command import dumped
from ops.move.move import must_change
from ops.move.postgres import PostgresDatabase
from ops.move.refusals import CountsDiffer, MoveRefused
from ops.move.survey import State
from tests.support.engine.tables import contents, create_script, rows_of_a_company
from tests.support.servers.postgres import new_database, server_or_skip
from tests.support.suite.running import ROOT
from tests.support.waiting import eventually

pytestmark = pytest.mark.postgres
ROLE = "engine"
ADVICE = "Остановите их."


@dataclass
class EngineDatabase:
    """An engine's schema in a database of its own, with the rows of a company."""

    url: str
    settings: EngineSettings
    moved: PostgresDatabase

    def connect(self) -> "psycopg.Connection[Any]":
        return psycopg.connect(plain_url(self.url), user=ROLE, autocommit=True)

    def run(self, statement: str) -> None:
        with self.connect() as connection:
            connection.execute(statement)

    def contents(self) -> dict[str, list[str]]:
        with self.connect() as connection:
            return {name: sorted(rows) for name, rows in contents(connection).items()}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with server_or_skip() as address:
        with psycopg.connect(f"{plain_url(address)}/postgres", autocommit=True) as connection:
            connection.execute("CREATE ROLE engine LOGIN")
        yield address


@pytest.fixture
def database(server: str, request: pytest.FixtureRequest) -> EngineDatabase:
    url = new_database(server, f"d{abs(hash(request.node.name))}")
    with psycopg.connect(plain_url(url), autocommit=True) as connection:
        connection.execute("CREATE SCHEMA engine AUTHORIZATION engine")
    jdbc = "jdbc:" + plain_url(url).replace("pit@", "")
    settings = EngineSettings(_env_file=None, profile="postgres", db_url=jdbc, db_user=ROLE)
    made = EngineDatabase(url, settings, PostgresDatabase(settings, [ROLE], ADVICE))
    made.run("CREATE TABLE pit_prepared (release text)")
    made.run(create_script("postgres"))
    made.run(rows_of_a_company())
    return made


OTHER_THINGS = ("a4", "f2")
"""Rows with the group's name as a resource of another type, or as a part of a text."""


def renamed(row: str) -> str:
    """The row as it should be with Operaton."""
    if row.startswith(tuple(f"({id_}," for id_ in OTHER_THINGS)):
        return row
    for word in ("camunda-admin", "camunda BPM", "camunda.installation"):
        row = row.replace(word, word.replace("camunda", "operaton"))
    return row


def test_the_names_change_and_nothing_else(database: EngineDatabase) -> None:
    before = database.contents()
    del before["pit_prepared"]  # nodes wait for `setup` of the other distribution

    counts = database.moved.hand_over(CAMUNDA, OPERATON)

    after = database.contents()
    assert after == {name: sorted(map(renamed, rows)) for name, rows in before.items()}
    assert sum(row not in before[name] for name, rows in after.items() for row in rows) == 8
    assert (counts["прав"], counts["вызванных процессов"], counts["задач"]) == ("4", "1", "1")


def test_there_and_back_every_row_is_as_it_was(database: EngineDatabase) -> None:
    before = database.contents()

    database.moved.hand_over(CAMUNDA, OPERATON)
    database.moved.hand_over(OPERATON, CAMUNDA)

    del before["pit_prepared"]
    assert database.contents() == before


def test_a_name_that_a_person_gave_the_group_stays(database: EngineDatabase) -> None:
    database.run("UPDATE ACT_ID_GROUP SET NAME_ = 'Наши' WHERE ID_ = 'camunda-admin'")

    database.moved.hand_over(CAMUNDA, OPERATON)

    assert "(operaton-admin,1,Наши,SYSTEM)" in database.contents()["act_id_group"]


def test_a_right_to_appoint_administrators_goes_along(database: EngineDatabase) -> None:
    """Left behind, one that forbids it would forbid nothing."""
    database.run(
        "INSERT INTO ACT_RU_AUTHORIZATION (ID_, REV_, TYPE_, GROUP_ID_, RESOURCE_TYPE_,"
        " RESOURCE_ID_, PERMS_) VALUES ('m1', 1, 2, 'lawyers', 3, 'camunda-admin', 20)"
    )

    database.moved.hand_over(CAMUNDA, OPERATON)

    with database.connect() as connection:
        rows = connection.execute(
            "SELECT type_, resource_id_ FROM act_ru_authorization WHERE id_ = 'm1'"
        )
        assert rows.fetchall() == [(2, "operaton-admin")]


def test_the_database_tells_whose_it_is(database: EngineDatabase) -> None:
    assert must_change(database.moved.survey(), CAMUNDA, OPERATON)
    assert not must_change(database.moved.survey(), OPERATON, CAMUNDA)

    database.moved.hand_over(CAMUNDA, OPERATON)

    assert not must_change(database.moved.survey(), CAMUNDA, OPERATON)
    assert must_change(database.moved.survey(), OPERATON, CAMUNDA)


def test_an_empty_database_is_refused(server: str) -> None:
    jdbc = "jdbc:" + plain_url(new_database(server, "empty")).replace("pit@", "")
    settings = EngineSettings(_env_file=None, profile="postgres", db_url=jdbc, db_user=ROLE)

    with pytest.raises(MoveRefused, match="ещё нет движка"):
        PostgresDatabase(settings, [ROLE], ADVICE).survey()


def test_a_database_that_both_wrote_into_is_refused(database: EngineDatabase) -> None:
    database.run("INSERT INTO ACT_GE_PROPERTY VALUES ('operaton.installation.id', 'x', 1)")
    survey = database.moved.survey()

    assert survey.state(OPERATON, CAMUNDA) is State.MIXED
    with pytest.raises(MoveRefused, match="обоих движков"):
        must_change(survey, CAMUNDA, OPERATON)


OBSTACLES: Sequence[tuple[str, Sequence[str]]] = (
    (
        "INSERT INTO ACT_GE_SCHEMA_LOG VALUES ('999', now(), '7.24.1')",
        ("версии 7.24.1", "только 7.24.0"),
    ),
    ("UPDATE ACT_GE_SCHEMA_LOG SET VERSION_ = '7.23.0'", ("версии 7.23.0",)),
    ("DELETE FROM ACT_GE_SCHEMA_LOG", ("неизвестной",)),
    (
        "INSERT INTO ACT_RU_BATCH (ID_, REV_, TYPE_, TOTAL_JOBS_) VALUES ('q1', 1, 'migration', 2)",
        ("пакетные операции", "migration q1"),
    ),
    (
        "INSERT INTO ACT_RU_VARIABLE (ID_, REV_, TYPE_, NAME_, TEXT2_) VALUES"
        " ('v2', 1, 'serializable', 'order', 'org.camunda.bpm.Order')",
        ("order (serializable, 1)",),
    ),
    (
        "INSERT INTO ACT_RU_VARIABLE (ID_, REV_, TYPE_, NAME_) VALUES"
        " ('v3', 1, 'xml', 'goods'), ('v4', 1, 'xml', 'goods'), ('v5', 1, 'json', 'edits')",
        ("goods (xml, 2)",),
    ),
    ("DELETE FROM ACT_GE_BYTEARRAY WHERE ID_ = 'b1'", ("нет файлов схем: deal",)),
    (
        "UPDATE ACT_GE_BYTEARRAY SET BYTES_ = '<x class=\"org.camunda.bpm.X\"/>' WHERE ID_ = 'b2'",
        ("классы org.camunda.*: called:1",),
    ),
    (
        "UPDATE ACT_GE_BYTEARRAY SET BYTES_ = '<x candidateGroups=\"camunda-admin\"/>'"
        " WHERE ID_ = 'b2'",
        ("группу camunda-admin", "не увидел бы никто: called:1"),
    ),
    (
        "INSERT INTO ACT_RU_AUTHORIZATION (ID_, REV_, TYPE_, GROUP_ID_, RESOURCE_TYPE_,"
        " RESOURCE_ID_, PERMS_) VALUES ('z1', 1, 1, 'operaton-admin', 0, '*', 1)",
        ("права группы operaton-admin", "Удалите их в Admin"),
    ),
    (
        "INSERT INTO ACT_RU_AUTHORIZATION (ID_, REV_, TYPE_, GROUP_ID_, RESOURCE_TYPE_,"
        " RESOURCE_ID_, PERMS_) VALUES ('z2', 1, 1, 'lawyers', 2, 'operaton-admin', 1)",
        ("права группы operaton-admin",),
    ),
    (
        "INSERT INTO ACT_ID_GROUP VALUES ('operaton-admin', 1, 'x', 'WORKFLOW')",
        ("operaton-admin кто-то завёл сам", "Удалите её в Admin"),
    ),
)


@pytest.mark.parametrize(("fault", "words"), OBSTACLES)
def test_what_cannot_be_moved_is_named_and_nothing_changes(
    database: EngineDatabase, fault: str, words: Sequence[str]
) -> None:
    database.run(fault)

    with pytest.raises(MoveRefused) as refusal:
        must_change(database.moved.survey(), CAMUNDA, OPERATON)

    assert not [one for one in words if one not in str(refusal.value)]


def test_all_obstacles_are_named_at_once(database: EngineDatabase) -> None:
    for fault, _ in OBSTACLES:
        database.run(fault)

    obstacles = list(database.moved.survey().obstacles(CAMUNDA, OPERATON))

    assert len(obstacles) == 6


def test_an_address_of_the_namespace_is_no_class(database: EngineDatabase) -> None:
    database.run(
        "UPDATE ACT_GE_BYTEARRAY SET BYTES_ = '<x xmlns=\"http://camunda.org/schema/1.0/bpmn\"/>'"
    )

    assert list(database.moved.survey().obstacles(CAMUNDA, OPERATON)) == []


def test_a_connected_engine_forbids_the_move(database: EngineDatabase) -> None:
    before = database.contents()
    with database.connect():
        with pytest.raises(MoveRefused, match=r"работают.*Остановите"), database.moved.alone():
            pass
        with pytest.raises(MoveRefused, match="работают"):
            database.moved.hand_over(CAMUNDA, OPERATON)

    assert database.contents() == before


def test_a_reader_of_the_tables_delays_the_move_and_then_forbids_it(
    database: EngineDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dump by the superuser holds them for as long as it takes; nobody would know why we wait."""
    monkeypatch.setattr(postgres, "LOCK_TIMEOUT", "100ms")
    before = database.contents()
    with psycopg.connect(plain_url(database.url)) as other:
        other.execute("SELECT count(*) FROM engine.act_ge_property")
        with pytest.raises(MoveRefused, match="заняты"):
            database.moved.hand_over(CAMUNDA, OPERATON)

    assert database.contents() == before
    database.moved.hand_over(CAMUNDA, OPERATON)


def test_the_dump_of_a_local_stack_is_the_engines_and_nobody_elses(
    database: EngineDatabase, tmp_path: Path
) -> None:
    """Deals may lie in the same database, out of reach of the engine's role."""
    with psycopg.connect(plain_url(database.url), autocommit=True) as other:
        other.execute("CREATE SCHEMA deals; CREATE TABLE deals.deal (id text)")
    database.run("DROP TABLE pit_prepared")
    before = database.contents()
    (tmp_path / "engine-of-a-killed-move.part").touch()

    dump = Path(dumped(database.moved, tmp_path))
    database.moved.hand_over(CAMUNDA, OPERATON)
    run_client(["pg_restore", "--clean", str(dump)], database.moved.address)

    assert database.contents() == before
    assert list(tmp_path.iterdir()) == [dump]
    assert dump.stat().st_mode & 0o777 == 0o600


def test_a_setup_under_way_forbids_the_move(database: EngineDatabase) -> None:
    with psycopg.connect(plain_url(database.url), autocommit=True) as other:
        other.execute(f"SELECT pg_advisory_lock({LOCK})")
        with pytest.raises(MoveRefused, match="setup"), database.moved.alone():
            pass


def test_a_lost_row_rolls_the_move_back(database: EngineDatabase) -> None:
    """A trigger takes a right away: no other way leads to different counts."""
    database.run(
        "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN DELETE FROM act_ru_authorization WHERE id_ = ''a3''; RETURN NEW; END';"
        "CREATE TRIGGER lose AFTER UPDATE ON act_id_membership FOR EACH ROW"
        " EXECUTE FUNCTION lose()"
    )
    before = database.contents()

    with pytest.raises(CountsDiffer, match="прав: 4 → 3"):
        database.moved.hand_over(CAMUNDA, OPERATON)

    assert database.contents() == before


KILLED = """
import sys
from bpmn.camunda.server.distribution import CAMUNDA, OPERATON
from bpmn.camunda.server.settings import EngineSettings
from ops.move.postgres import PostgresDatabase
settings = EngineSettings(_env_file=None, profile="postgres", db_url=sys.argv[1], db_user="engine")
PostgresDatabase(settings, ["engine"], "").hand_over(CAMUNDA, OPERATON)
"""
SLOW = (
    "CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END';"
    "CREATE TRIGGER linger AFTER UPDATE ON act_ge_property FOR EACH ROW EXECUTE FUNCTION linger()"
)
"""The last statement of the move takes a minute."""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_move_killed_at_its_last_statement_has_changed_nothing(
    database: EngineDatabase, number: signal.Signals
) -> None:
    before = database.contents()
    database.run(SLOW)
    mover = subprocess.Popen(
        [sys.executable, "-c", KILLED, database.settings.db_url or ""],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    superuser = psycopg.connect(plain_url(database.url), autocommit=True)
    lingering = (
        "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
        " AND datname = current_database()"
    )
    eventually(lambda: superuser.execute(lingering).fetchall())

    mover.send_signal(number)
    mover.wait(30)
    for (pid,) in superuser.execute(lingering).fetchall():
        superuser.execute("SELECT pg_terminate_backend(%s)", [pid])
    eventually(lambda: not superuser.execute(lingering).fetchall())
    superuser.close()
    time.sleep(0.1)
    database.run("DROP FUNCTION linger CASCADE")

    assert database.contents() == before
    assert must_change(database.moved.survey(), CAMUNDA, OPERATON)
    database.moved.hand_over(CAMUNDA, OPERATON)
    assert not must_change(database.moved.survey(), CAMUNDA, OPERATON)


def test_an_engine_that_starts_during_the_move_waits_for_its_end(
    database: EngineDatabase, tmp_path: Path
) -> None:
    """It reads the schema version first, from the table that the move has locked."""
    with database.connect() as mover, mover.transaction():
        mover.execute("LOCK TABLE ACT_GE_PROPERTY IN ACCESS EXCLUSIVE MODE")
        with database.connect() as node:
            node.execute("SET statement_timeout = '300ms'")
            with pytest.raises(psycopg.errors.QueryCanceled):
                node.execute("SELECT VALUE_ FROM ACT_GE_PROPERTY WHERE NAME_ = 'schema.version'")
