"""Schema version and migrations of a database."""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text

MIGRATIONS = Path(__file__).parent / "migrations"
TABLE = "alembic_version"


@cache
def newest() -> str:
    """The version this code knows: migrations are one line, numbered by their file names."""
    return max(path.name for path in (MIGRATIONS / "versions").glob("*.py")).partition("_")[0]


def present(connection: Connection) -> str | None:
    """Schema version of an open database; None if it is empty."""
    if not inspect(connection).has_table(TABLE):
        return None
    found = connection.scalar(text(f"SELECT version_num FROM {TABLE}"))
    return None if found is None else str(found)


def upgrade(connection: Connection, to: str = "head") -> None:
    """Run the Alembic migrations on an open connection, up to and including a version."""
    # Slow to import, and needed only where the schema is old: not by workers and API.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
