"""INSERT that ignores or updates an existing row, for SQLite and PostgreSQL."""

from typing import Any

from sqlalchemy import Table, literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db.store.tables import Row, table_of


def dialect_insert(session: Session, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return the INSERT of the session's dialect, which has ``on_conflict_do_…``."""
    dialect = session.get_bind().dialect.name
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def insert_once(session: Session, table: type[Row], **values: Any) -> bool:
    """Insert a row. Returns: False if a unique key is taken.

    The row itself answers: PostgreSQL's driver tells no row count for this statement.
    """
    once = dialect_insert(session, table_of(table)).values(**values).on_conflict_do_nothing()
    return session.execute(once.returning(literal(1))).first() is not None
