"""Empty databases of deals: copies of one that was migrated once, on SQLite and PostgreSQL.

The migrations take most of a small test's time. They run once per process and database server.
"""

import tempfile
from functools import cache
from pathlib import Path
from uuid import uuid4

import psycopg

from db.store.database import connect
from db.store.schema import upgrade
from tests.support.servers.postgres import new_database

TEMPLATE = "deals_template"


def deals_database(server: str) -> str:
    """Create a database with the newest schema on a PostgreSQL server. Returns: its URL."""
    plain = server.replace("+psycopg", "")
    with psycopg.connect(f"{plain}/postgres", autocommit=True, connect_timeout=10) as connection:
        known = connection.execute("SELECT FROM pg_database WHERE datname = %s", (TEMPLATE,))
        if known.fetchone() is None:
            _migrate(new_database(server, TEMPLATE))
    return new_database(server, f"deals_{uuid4().hex}", template=TEMPLATE)


def deals_file(path: Path) -> str:
    """Write an SQLite file with the newest schema, unless there is one. Returns: its URL."""
    if not path.exists():
        path.write_bytes(_migrated_file())
    return f"sqlite:///{path}"


@cache
def _migrated_file() -> bytes:
    with tempfile.TemporaryDirectory(prefix="pit-schema-") as directory:
        path = Path(directory, "deals.sqlite3")
        _migrate(f"sqlite:///{path}")
        return path.read_bytes()


def _migrate(url: str) -> None:
    engine = connect(url)
    with engine.begin() as connection:
        upgrade(connection)
    engine.dispose()
