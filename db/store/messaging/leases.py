"""Repository of named, time-limited locks."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, or_, update
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

    def hold(self, name: str, owner: str, duration: timedelta) -> bool:
        now = datetime.now(UTC)
        mine_or_expired = or_(LeaseRow.owner == owner, LeaseRow.until <= now)
        held = self._session.execute(
            update(LeaseRow)
            .where(LeaseRow.name == name, mine_or_expired)
            .values(owner=owner, until=now + duration)
            .returning(LeaseRow.name)
        )
        if held.first() is not None:
            return True
        return insert_once(self._session, LeaseRow, name=name, owner=owner, until=now + duration)

    def leave(self, name: str, owner: str) -> None:
        mine = delete(LeaseRow).where(LeaseRow.name == name, LeaseRow.owner == owner)
        self._session.execute(mine)

    def free(self, name: str) -> None:
        self._session.execute(delete(LeaseRow).where(LeaseRow.name == name))
