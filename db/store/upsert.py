"""INSERT that ignores an existing row, for SQLite and PostgreSQL."""

from typing import Any

from sqlalchemy import literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db.store.tables import Row


def insert_once(session: Session, table: type[Row], **values: Any) -> bool:
    """Insert a row. Returns: False if a unique key is taken.

    The row itself answers: PostgreSQL's driver tells no row count for this statement.
    """
    new = literal(1)
    if session.get_bind().dialect.name == "postgresql":
        put = postgresql.insert(table).values(**values).on_conflict_do_nothing().returning(new)
        return session.execute(put).first() is not None
    once = sqlite.insert(table).values(**values).on_conflict_do_nothing().returning(new)
    return session.execute(once).first() is not None
