"""A database starts only with the distribution of the engine that made it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from bpmn.camunda.server.distribution import CAMUNDA, DISTRIBUTIONS, OPERATON, Distribution
from bpmn.camunda.server.origin import OtherDistribution, require_own
from bpmn.camunda.server.settings import EngineSettings
from tests.support.servers.postgres import new_database, server_or_skip

BOTH = [(CAMUNDA, OPERATON), (OPERATON, CAMUNDA)]


def settings(distribution: Distribution, **given: Any) -> EngineSettings:
    return EngineSettings(_env_file=None, distribution=distribution.name, **given)


@pytest.mark.parametrize(("maker", "other"), BOTH)
def test_a_directory_stays_with_the_distribution_that_began_it(
    tmp_path: Path, maker: Distribution, other: Distribution
) -> None:
    for one in (maker, other):
        require_own(settings(one, data_dir=tmp_path / "absent"))
    (tmp_path / maker.h2_file).write_bytes(b"")

    require_own(settings(maker, data_dir=tmp_path))
    with pytest.raises(OtherDistribution) as refused:
        require_own(settings(other, data_dir=tmp_path))

    assert f"создана на {maker.title}" in str(refused.value)
    assert f"ENGINE_DISTRIBUTION={maker.name}" in str(refused.value)
    assert [one.name for one in tmp_path.iterdir()] == [maker.h2_file]


def test_no_engine_starts_beside_two_files(tmp_path: Path) -> None:
    """A move was interrupted after its last step but one: it must be repeated."""
    for one in DISTRIBUTIONS.values():
        (tmp_path / one.h2_file).write_bytes(b"")

    for one in DISTRIBUTIONS.values():
        with pytest.raises(OtherDistribution):
            require_own(settings(one, data_dir=tmp_path))


def test_the_file_of_earlier_releases_is_camundas() -> None:
    assert CAMUNDA.h2_file == "camunda.mv.db"


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with server_or_skip() as address:
        yield new_database(address, "engine").replace("+psycopg", "")


@pytest.fixture
def schema(postgres: str) -> Iterator[dict[str, Any]]:
    """Settings of an empty schema on a real PostgreSQL, and a connection."""
    url = urlsplit(postgres)
    with psycopg.connect(url.geturl(), autocommit=True) as connection:
        connection.execute("CREATE SCHEMA origin")
        yield {
            "profile": "postgres",
            "db_url": f"jdbc:postgresql://{url.hostname}:{url.port}{url.path}?currentSchema=origin",
            "db_user": url.username,
            "connection": connection,
        }
        connection.execute("DROP SCHEMA origin CASCADE")


TABLES = (
    "CREATE TABLE origin.act_ge_property (name_ varchar(64) PRIMARY KEY);"
    "CREATE TABLE origin.act_id_group (id_ varchar(64) PRIMARY KEY)"
)


@pytest.mark.parametrize(("maker", "other"), BOTH)
def test_a_group_that_a_person_made_opens_no_database(
    schema: dict[str, Any], maker: Distribution, other: Distribution
) -> None:
    """Its members would be the administrators of the other engine."""
    connection = schema.pop("connection")
    connection.execute(TABLES)
    connection.execute("INSERT INTO origin.act_ge_property VALUES (%s)", [maker.installation])
    for group in (maker.administrators, other.administrators):
        connection.execute("INSERT INTO origin.act_id_group VALUES (%s)", [group])

    require_own(settings(maker, **schema))
    with pytest.raises(OtherDistribution, match=f"ENGINE_DISTRIBUTION={maker.name}"):
        require_own(settings(other, **schema))


@pytest.mark.parametrize(("maker", "other"), BOTH)
def test_a_schema_belongs_to_the_distribution_of_its_administrators(
    schema: dict[str, Any], maker: Distribution, other: Distribution
) -> None:
    connection = schema.pop("connection")
    for one in DISTRIBUTIONS.values():
        require_own(settings(one, **schema))  # no tables yet
    connection.execute(TABLES)
    for one in DISTRIBUTIONS.values():
        require_own(settings(one, **schema))  # no administrator yet
    connection.execute(
        "INSERT INTO origin.act_id_group VALUES ('lawyers'), (%s)", [maker.administrators]
    )

    require_own(settings(maker, **schema))
    with pytest.raises(OtherDistribution, match=f"ENGINE_DISTRIBUTION={maker.name}"):
        require_own(settings(other, **schema))


def test_a_database_that_does_not_answer_is_the_engines_to_report() -> None:
    require_own(settings(OPERATON, profile="postgres", db_url="jdbc:postgresql://127.0.0.1:9/pit"))
