"""Repository of the outbox: messages for the engine, in order per deal."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from db.domain.entities import OutboxKind, OutboxRow
from db.domain.values import Json
from db.store.tables import OutboxEntry


class SqlOutbox:
    """`db.ports.messaging.Outbox` on SQLAlchemy.

    A lease is an owner's name and an end. It is never released early but expires, so a crashed
    owner blocks a deal for one lease at most.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, deal_id: str, kind: OutboxKind, payload: Mapping[str, Json]) -> None:
        now = datetime.now(UTC)
        self._session.execute(
            insert(OutboxEntry).values(
                deal_id=deal_id,
                kind=kind,
                payload=dict(payload),
                created_at=now,
                due_at=now,
                attempts=0,
            )
        )

    def lease(self, owner: str, duration: timedelta, limit: int = 20) -> Sequence[OutboxRow]:
        now = datetime.now(UTC)
        oldest_of_deals = (
            select(func.min(OutboxEntry.id))
            .where(OutboxEntry.delivered_at.is_(None))
            .group_by(OutboxEntry.deal_id)
        )
        due = select(OutboxEntry.id).where(
            OutboxEntry.id.in_(oldest_of_deals), OutboxEntry.due_at <= now
        )
        rows = []
        for row_id in self._session.scalars(due.order_by(OutboxEntry.id).limit(limit)).all():
            taken = self._session.execute(
                update(OutboxEntry)
                .where(OutboxEntry.id == row_id, OutboxEntry.due_at <= now)
                .where(OutboxEntry.delivered_at.is_(None))
                .values(leased_by=owner, due_at=now + duration)
                .returning(OutboxEntry)
            )
            rows += [_row(entry) for entry in taken.scalars()]
        return rows

    def delivered(self, row_id: int, owner: str) -> bool:
        return self._mine(row_id, owner, delivered_at=datetime.now(UTC), last_error=None)

    def postponed(self, row_id: int, owner: str, error: str, pause: timedelta) -> None:
        again = datetime.now(UTC) + pause
        self._mine(row_id, owner, due_at=again, last_error=error)

    def alerted(self, row_id: int) -> None:
        self._session.execute(
            update(OutboxEntry).where(OutboxEntry.id == row_id).values(alerted_at=datetime.now(UTC))
        )

    def pending(self, deal_id: str | None = None) -> Sequence[OutboxRow]:
        query = select(OutboxEntry).where(OutboxEntry.delivered_at.is_(None))
        if deal_id is not None:
            query = query.where(OutboxEntry.deal_id == deal_id)
        return [_row(entry) for entry in self._session.scalars(query.order_by(OutboxEntry.id))]

    def _mine(self, row_id: int, owner: str, **values: object) -> bool:
        done = self._session.execute(
            update(OutboxEntry)
            .where(OutboxEntry.id == row_id, OutboxEntry.leased_by == owner)
            .where(OutboxEntry.delivered_at.is_(None))
            .values(attempts=OutboxEntry.attempts + 1, **values)
        )
        return bool(done.rowcount)  # type: ignore[attr-defined]


def _row(entry: OutboxEntry) -> OutboxRow:
    return OutboxRow(
        id=entry.id,
        deal_id=entry.deal_id,
        kind=OutboxKind(entry.kind),
        payload=entry.payload,
        created_at=entry.created_at,
        attempts=entry.attempts,
        last_error=entry.last_error,
        delivered_at=entry.delivered_at,
        alerted_at=entry.alerted_at,
    )
