"""Repository of the append-only history of deals."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, insert, select, tuple_
from sqlalchemy.orm import Session

from db.domain.deals.history import Actor, Cause, Change, HistoryRow, Kind
from db.store.pipeline import UNREAD
from db.store.tables import HistoryEntry, table_of

HISTORY = table_of(HistoryEntry)
APPEND = insert(HISTORY).inline()  # the ids are not read

IN_FLIGHT = 10_000
"""Ids that transactions which are not committed yet may be behind the newest one."""


class SqlHistory:
    """`db.ports.deals.History` on SQLAlchemy; new rows are sent together by `flush`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._new: list[dict[str, Any]] = []

    def append(self, deal_id: str, changes: Iterable[Change], actor: Actor, version: int) -> None:
        now = datetime.now(UTC)  # one for all: what was done together is of one instant
        self._new += [
            {
                "deal_id": deal_id,
                "at": now,
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
            self._session.execute(APPEND, self._new, execution_options=UNREAD)
            self._new = []

    def deals_after(self, after: int) -> Sequence[tuple[int, str]]:
        query = select(HISTORY.c.id, HISTORY.c.deal_id).where(HISTORY.c.id > after)
        return [(row[0], row[1]) for row in self._session.execute(query)]

    def of(self, deal_id: str, *, after: int = 0, limit: int = 500) -> Sequence[HistoryRow]:
        self.flush()
        query = (
            select(HistoryEntry)
            .where(HistoryEntry.deal_id == deal_id, HistoryEntry.id > after)
            .order_by(HistoryEntry.id)
            .limit(limit)
        )
        return [_row(entry) for entry in self._session.scalars(query)]

    def in_order(self, after: tuple[str, int], limit: int) -> Sequence[HistoryRow]:
        self.flush()
        query = (
            select(HistoryEntry)
            .where(tuple_(HistoryEntry.deal_id, HistoryEntry.id) > tuple_(*after))
            .order_by(HistoryEntry.deal_id, HistoryEntry.id)
            .limit(limit)
        )
        return [_row(entry) for entry in self._session.scalars(query)]

    def before(
        self, deal_id: str, kinds: Collection[Kind], *, at: datetime, id: int, limit: int
    ) -> Sequence[HistoryRow]:
        self.flush()
        query = (
            select(HistoryEntry)
            .where(HistoryEntry.deal_id == deal_id, HistoryEntry.kind.in_(kinds))
            .where(tuple_(HistoryEntry.at, HistoryEntry.id) < tuple_(at, id))
            .order_by(HistoryEntry.at.desc(), HistoryEntry.id.desc())
            .limit(limit)
        )
        return [_row(entry) for entry in self._session.scalars(query)]

    def until(self, deal_id: str, kinds: Collection[Kind], at: datetime) -> Sequence[HistoryRow]:
        self.flush()
        query = (
            select(HistoryEntry)
            .where(HistoryEntry.deal_id == deal_id, HistoryEntry.kind.in_(kinds))
            .where(HistoryEntry.at <= at)
            .order_by(HistoryEntry.id)
        )
        return [_row(entry) for entry in self._session.scalars(query)]

    def after(self, deal_id: str, kind: Kind, at: datetime) -> Sequence[HistoryRow]:
        self.flush()
        query = (
            select(HistoryEntry)
            .where(HistoryEntry.deal_id == deal_id, HistoryEntry.kind == kind, HistoryEntry.at > at)
            .order_by(HistoryEntry.id)
            .limit(1)
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
