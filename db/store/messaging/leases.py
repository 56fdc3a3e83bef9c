"""Repository of named, time-limited locks."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from db.store.tables import LeaseRow
from db.store.upsert import insert_once


class SqlLeases:
    """`db.ports.messaging.Leases` on SQLAlchemy; an expired lock can be taken by anybody."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def take(self, name: str, duration: timedelta) -> bool:
        now = datetime.now(UTC)
        if insert_once(self._session, LeaseRow, name=name, until=now + duration):
            return True
        taken = self._session.execute(
            update(LeaseRow)
            .where(LeaseRow.name == name, LeaseRow.until <= now)
            .values(until=now + duration)
            .returning(LeaseRow.name)
        )
        return taken.first() is not None

    def free(self, name: str) -> None:
        self._session.execute(delete(LeaseRow).where(LeaseRow.name == name))
