"""Repository of the outbox: messages for the engine, in order per deal."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from sqlalchemy import Update, exists, func, insert, select, update
from sqlalchemy.orm import Session, aliased

from db.domain.deals.entities import OutboxKind, OutboxRow
from db.domain.fields.values import Json
from db.store.messaging.outbox_signal import CHANNEL
from db.store.tables import OutboxEntry

_CORE = {"synchronize_session": False}
"""Statements on rows that no object of the session stands for."""


class SqlOutbox:
    """`db.ports.messaging.Outbox` on SQLAlchemy.

    A lease is an owner's name and an end. It is never released early but expires, so a crashed
    owner blocks a deal for one lease at most.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, deal_id: str, kind: OutboxKind, payload: Mapping[str, Json]) -> None:
        now = datetime.now(UTC)
        row = insert(OutboxEntry).values(
            deal_id=deal_id,
            kind=kind,
            payload=dict(payload),
            created_at=now,
            due_at=now,
            attempts=0,
        )
        if self._session.get_bind().dialect.name == "postgresql":
            # Sent by PostgreSQL when the transaction commits, without a round trip of its own.
            row = row.returning(func.pg_notify(CHANNEL, ""))
        self._session.execute(row)

    def lease(self, owner: str, duration: timedelta, limit: int = 20) -> Sequence[OutboxRow]:
        now = datetime.now(UTC)
        earlier = aliased(OutboxEntry)
        blocked = exists().where(
            earlier.deal_id == OutboxEntry.deal_id,
            earlier.id < OutboxEntry.id,
            earlier.delivered_at.is_(None),
        )
        due = (
            select(OutboxEntry.id)
            .where(OutboxEntry.delivered_at.is_(None), OutboxEntry.due_at <= now, ~blocked)
            .order_by(OutboxEntry.id)
            .limit(limit)
            # PostgreSQL: what another worker leases at this moment is left to it.
            .with_for_update(skip_locked=True, of=OutboxEntry)
            .cte("due")
        )
        taken = self._session.scalars(
            update(OutboxEntry)
            .where(OutboxEntry.id.in_(select(due.c.id)))
            .values(leased_by=owner, due_at=now + duration, attempts=OutboxEntry.attempts + 1)
            .returning(OutboxEntry),
            execution_options={**_CORE, "populate_existing": True},
        )
        return sorted((_row(entry) for entry in taken), key=attrgetter("id"))

    def delivered(self, row_ids: Collection[int], owner: str) -> frozenset[int]:
        now = datetime.now(UTC)
        done = self._mine(row_ids, owner).values(delivered_at=now, last_error=None)
        return frozenset(
            self._session.scalars(done.returning(OutboxEntry.id), execution_options=_CORE)
        )

    def postponed(self, row_id: int, owner: str, error: str, pause: timedelta) -> None:
        again = datetime.now(UTC) + pause
        later = self._mine([row_id], owner).values(due_at=again, last_error=error)
        self._session.execute(later, execution_options=_CORE)

    def alerted(self, row_id: int) -> None:
        self._session.execute(
            update(OutboxEntry).where(OutboxEntry.id == row_id).values(alerted_at=datetime.now(UTC))
        )

    def backlog(self) -> tuple[int, datetime | None]:
        query = select(func.count(), func.min(OutboxEntry.created_at))
        count, oldest = self._session.execute(query.where(OutboxEntry.delivered_at.is_(None))).one()
        return count, oldest

    def pending(self, deal_id: str | None = None) -> Sequence[OutboxRow]:
        query = select(OutboxEntry).where(OutboxEntry.delivered_at.is_(None))
        if deal_id is not None:
            query = query.where(OutboxEntry.deal_id == deal_id)
        return [_row(entry) for entry in self._session.scalars(query.order_by(OutboxEntry.id))]

    @staticmethod
    def _mine(row_ids: Collection[int], owner: str) -> Update:
        """Undelivered rows of ``row_ids`` that nobody else has leased since."""
        return (
            update(OutboxEntry)
            .where(OutboxEntry.id.in_(row_ids), OutboxEntry.leased_by == owner)
            .where(OutboxEntry.delivered_at.is_(None))
        )


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
