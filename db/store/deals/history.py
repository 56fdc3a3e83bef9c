"""Repository of the append-only history of deals."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from db.domain.history import Actor, Cause, Change, HistoryRow, Kind
from db.store.pipeline import UNREAD
from db.store.tables import HistoryEntry, table_of

HISTORY = table_of(HistoryEntry)

IN_FLIGHT = 10_000
"""Ids that transactions which are not committed yet may be behind the newest one."""


class SqlHistory:
    """`db.ports.deals.History` on SQLAlchemy; new rows are sent together by `flush`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._new: list[dict[str, Any]] = []

    def append(self, deal_id: str, changes: Iterable[Change], actor: Actor, version: int) -> None:
        self._new += [
            {
                "deal_id": deal_id,
                "at": datetime.now(UTC),
                "actor": actor.id,
                "cause": actor.cause,
                "reference": actor.reference,
                "kind": change.kind,
                "subject": change.subject,
                "old": change.old,
                "new": change.new,
                "version": version,
            }
            for change in changes
        ]

    def flush(self) -> None:
        """Send the new rows, at the end of the transaction or before history is read."""
        if self._new:
            new = insert(HISTORY).inline()  # the ids are not read
            self._session.execute(new, self._new, execution_options=UNREAD)
            self._new = []

    def of(self, deal_id: str, *, after: int = 0, limit: int = 500) -> Sequence[HistoryRow]:
        self.flush()
        query = (
            select(HistoryEntry)
            .where(HistoryEntry.deal_id == deal_id, HistoryEntry.id > after)
            .order_by(HistoryEntry.id)
            .limit(limit)
        )
        return [_row(entry) for entry in self._session.scalars(query)]

    def newest(self) -> int:
        return self._session.scalar(select(func.max(HistoryEntry.id))) or 0

    def given_away(self, after: int, since: datetime) -> Sequence[str]:
        query = (
            select(HistoryEntry.deal_id)
            .where(HistoryEntry.id > after - IN_FLIGHT, HistoryEntry.at > since)
            .where(HistoryEntry.kind == Kind.MANAGER)
            .distinct()
        )
        return self._session.scalars(query).all()


def _row(entry: HistoryEntry) -> HistoryRow:
    return HistoryRow(
        id=entry.id,
        deal_id=entry.deal_id,
        at=entry.at,
        actor=entry.actor,
        cause=Cause(entry.cause),
        reference=entry.reference,
        kind=Kind(entry.kind),
        subject=entry.subject,
        old=entry.old,
        new=entry.new,
        version=entry.version,
    )
