"""INSERT that leaves a present row alone, on both databases."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db.store.tables import Row


def insert_once(session: Session, table: type[Row], **values: Any) -> bool:
    """Returns: whether the row is new; False if a unique key is taken."""
    if session.get_bind().dialect.name == "postgresql":
        done = session.execute(postgresql.insert(table).values(**values).on_conflict_do_nothing())
    else:
        done = session.execute(sqlite.insert(table).values(**values).on_conflict_do_nothing())
    return bool(done.rowcount)  # type: ignore[attr-defined]
