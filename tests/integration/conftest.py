"""An office on SQLite and one on PostgreSQL, for tests of what both databases must keep."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from db.domain.catalog import Catalog
from tests.support.fakes.ports import Office, an_office
from tests.support.servers.postgres import new_database, server_or_skip


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """Address of a PostgreSQL server, without a database name."""
    with server_or_skip() as address:
        yield address


@pytest.fixture
def office_catalog() -> Catalog | None:
    """Catalog of the office; None: the delivered one. A module overrides it for its own."""
    return None


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def office(
    request: pytest.FixtureRequest, tmp_path: Path, office_catalog: Catalog | None
) -> Iterator[Office]:
    """An office on each of both databases."""
    url = None
    if request.param == "postgres":
        url = new_database(request.getfixturevalue("postgres"), f"deals_{uuid4().hex}")
    with an_office(tmp_path, url, office_catalog) as office:
        yield office
