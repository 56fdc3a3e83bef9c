"""An office on SQLite and one on PostgreSQL, for tests of what both databases must keep."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from db.domain.catalog import Catalog
from tests.support.fakes.ports import Office, an_office
from tests.support.servers.postgres import server_or_skip
from tests.support.servers.schemas import deals_database, deals_file


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Address of a PostgreSQL server, without a database name."""
    with server_or_skip() as address:
        yield address


@pytest.fixture
def office_catalog() -> Catalog | None:
    """Catalog of the office; None: the delivered one. A module overrides it for its own."""
    return None


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def office_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of the office's database, which has a schema and no deals."""
    if request.param == "sqlite":
        return deals_file(tmp_path / "deals.sqlite3")
    return deals_database(request.getfixturevalue("postgres"))


@pytest.fixture
def office(office_url: str, tmp_path: Path, office_catalog: Catalog | None) -> Iterator[Office]:
    """An office on each of both databases."""
    with an_office(tmp_path, office_url, office_catalog) as office:
        yield office
