"""Access tokens of machines: unique names, which appear in the history."""

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from db.domain.deals.entities import Token
from db.ports.store import Conflict
from db.store.database import Database, connect
from db.store.schema import MIGRATIONS
from ops.local.settings import SuiteSettings
from ops.maintenance.tokens import revoke, token
from tests.integration.api.conftest import Office, Person
from tests.support.builders import a_catalog
from tests.support.servers.postgres import new_database

CHECK = {
    "reliabilityVerdict": "reliable",
    "reliabilitySource": "Прозрачный бизнес",
    "reliabilityComment": "Замечаний нет",
}


@pytest.fixture
def site(office: Office) -> Iterator[tuple[str, Person]]:
    """A machine with scope deals:write. Yields: its token's name and its client."""
    with a_machine(office, "deals:read", "deals:write") as machine:
        yield machine


@contextmanager
def a_machine(office: Office, *scopes: str) -> Iterator[tuple[str, Person]]:
    secret, name = f"pit_{uuid.uuid4().hex}", f"site.{uuid.uuid4().hex[:8]}"
    made = Token(str(uuid.uuid4()), name, frozenset(scopes), datetime.now(UTC))
    with office.database.writing() as store:
        store.tokens.add(made, hashlib.sha256(secret.encode()).hexdigest())
    machine = office.machine(secret)
    with machine.http:
        yield name, machine


def fields_of(card: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {field["code"]: field for group in card["groups"] for field in group["fields"]}


def test_a_program_records_the_reliability_check_of_a_deal(
    office: Office, site: tuple[str, Person]
) -> None:
    (name, program), deal_id = site, office.a_deal()

    answer = program.patch(f"/deals/{deal_id}", {"version": 1, "fields": CHECK})

    assert answer.status_code == 200, answer.text
    fields = fields_of(answer.json())
    assert fields["reliabilityVerdict"]["value"] == "reliable"
    assert fields["reliabilityCheckedBy"]["value"] == f"token:{name}"
    assert fields["reliabilityCheckedBy"]["text"] == f"программа «{name}»"
    assert fields["reliabilityCheckedAt"]["value"]


def test_a_program_brings_the_check_with_a_new_deal(
    office: Office, site: tuple[str, Person]
) -> None:
    name, program = site
    body = {"direction": "newClients", "manager": "manager1", "fields": CHECK}

    answer = program.post("/deals", body)

    assert answer.status_code == 201, answer.text
    assert fields_of(answer.json())["reliabilityCheckedBy"]["value"] == f"token:{name}"


def test_history_says_which_program_checked(office: Office, site: tuple[str, Person]) -> None:
    (name, program), deal_id = site, office.a_deal()
    program.patch(f"/deals/{deal_id}", {"version": 1, "fields": CHECK})

    items = office.person("manager1").get(f"/deals/{deal_id}/history").json()["items"]

    signed = next(item for item in items if item.get("subject") == "reliabilityCheckedBy")
    assert signed["actor"] == {"login": f"token:{name}", "name": f"программа «{name}»"}


def test_a_program_without_the_scope_records_nothing(office: Office) -> None:
    deal_id = office.a_deal()

    with a_machine(office, "deals:read") as (_, program):
        answer = program.patch(f"/deals/{deal_id}", {"version": 1, "fields": CHECK})

    assert answer.status_code == 403


@pytest.mark.parametrize("field", ["reliabilityCheckedBy", "driver"])
def test_nobody_signs_with_the_name_of_a_program(
    office: Office, site: tuple[str, Person], field: str
) -> None:
    (name, program), deal_id = site, office.a_deal()

    answer = program.patch(f"/deals/{deal_id}", {"version": 1, "fields": {field: f"token:{name}"}})

    assert answer.status_code == 422


def test_a_second_token_of_a_name_is_refused_until_the_first_is_revoked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'deals.sqlite3'}"
    settings = SuiteSettings(_env_file=None, database_url=url)
    with closing(Database(url, a_catalog())) as database:
        database.migrate()
        token(settings, "site", ["deals:read"], 30)
        with pytest.raises(SystemExit, match="Токен с именем site уже есть"):
            token(settings, "site", ["deals:write"], 30)
        with database.reading() as store:
            (only,) = store.tokens.all()
        revoke(settings, only.id)
        token(settings, "site", ["deals:write"], 30)

    assert capsys.readouterr().out.count("pit_") == 2


@pytest.fixture
def empty_database(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> str:
    if database_url.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'older.sqlite3'}"
    return new_database(request.getfixturevalue("postgres"), f"older_{uuid.uuid4().hex[:8]}")


def test_namesakes_of_an_older_release_get_names_of_their_own(empty_database: str) -> None:
    engine, now = connect(empty_database), datetime.now(UTC)
    given = ["site", "site", "site-2", "site", "n" * 60, "old", "old", "gone"]
    with engine.begin() as connection:
        migrate(connection, "0003")
        for number, name in enumerate([*given, "gone"]):
            row: dict[str, Any] = {"id": f"t{number}", "name": name, "hash": f"hash-{number}"}
            row["at"] = now + timedelta(seconds=number)
            row["expires"] = now - timedelta(days=1) if number == given.index("old") else None
            row["revoked"] = now if number == len(given) else None
            connection.execute(text(INSERT), row)
        migrate(connection, "head")
    engine.dispose()

    with closing(Database(empty_database, a_catalog())) as database, database.writing() as store:
        names = [token.name for token in sorted(store.tokens.all(), key=lambda token: token.id)]

    with closing(Database(empty_database, a_catalog())) as database:
        namesake = Token("new", "site", frozenset(), now)
        with pytest.raises(Conflict), database.writing() as store:
            store.tokens.add(namesake, "another hash")

    cut = f"{'n' * 52}-2"
    assert names == ["site", "site-3", "site-2", "site-4", cut, "old-2", "old", "gone", "gone"]


INSERT = """INSERT INTO tokens (id, name, secret_hash, scopes, created_at, expires_at, revoked_at)
            VALUES (:id, :name, :hash, '[]', :at, :expires, :revoked)"""


def migrate(connection: Connection, version: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, version)
