"""INSERT that ignores or updates an existing row, for SQLite and PostgreSQL."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Table, literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from db.store.tables import Row, table_of

INSERTS: Mapping[str, Callable[[Table], postgresql.Insert | sqlite.Insert]] = {
    "postgresql": postgresql.insert,
    "sqlite": sqlite.insert,
}
"""Dialect → its INSERT, which has ``on_conflict_do_…``."""


def dialect_of(session: Session) -> str:
    """Return the key of the session's database in `INSERTS`."""
    return session.get_bind().dialect.name


def dialect_insert(session: Session, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT of the session's dialect."""
    return INSERTS[dialect_of(session)](table)


def insert_once(session: Session, table: type[Row], **values: Any) -> bool:
    """Insert a row. Returns: False if a unique key is taken.

    The row itself answers: PostgreSQL's driver tells no row count for this statement.
    """
    once = _insert_once(dialect_of(session), table_of(table))
    return session.execute(once, values).first() is not None


@cache
def _insert_once(dialect: str, table: Table) -> ReturningInsert[int]:
    return INSERTS[dialect](table).on_conflict_do_nothing().returning(literal(1))
