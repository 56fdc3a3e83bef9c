"""Repository that deletes rows of messages and once-only effects which are no longer needed."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, literal, select, text, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from db.ports.messaging import Aged, OldTask
from db.store.tables import (
    AttemptRow,
    IdempotencyRow,
    LeaseRow,
    MailRow,
    NotificationRow,
    OrderRequestRow,
    OutboxEntry,
    ProcessedTaskRow,
    TraceRow,
)

AGE: dict[Aged, InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]] = {
    Aged.OUTBOX: OutboxEntry.delivered_at,
    Aged.NOTIFICATIONS: NotificationRow.at,
    Aged.MAILS: MailRow.created_at,
    Aged.RESPONSES: IdempotencyRow.at,
    Aged.LEASES: LeaseRow.until,
    Aged.TRACES: TraceRow.at,
    Aged.ORDER_REQUESTS: OrderRequestRow.asked_at,
}
"""Instant that counts. A row whose instant is NULL, such as an undelivered message, stays."""
ONLY = {Aged.MAILS: text("state = 'sent'")}
"""Literal as in the partial index, which a bound parameter would not match on SQLite."""


class SqlRetention:
    """`db.ports.messaging.Retention` on SQLAlchemy.

    Each query finds its rows by an index, except those of the small tables ``leases`` and
    ``task_attempts``: the latter holds tasks in work only, and an index would slow each task down.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def delete(self, what: Aged, before: datetime, limit: int) -> int:
        age = AGE[what]
        key = age.class_.__table__.primary_key.columns
        oldest = select(*key).where(age < before).order_by(age).limit(limit)
        if what in ONLY:
            oldest = oldest.where(ONLY[what])
        which = tuple_(*key).in_(oldest.with_for_update(skip_locked=True))
        gone = self._session.execute(delete(age.class_).where(which))
        return int(gone.rowcount)  # type: ignore[attr-defined]

    def old_results(
        self, before: datetime, limit: int, after: OldTask | None = None
    ) -> Sequence[OldTask]:
        return self._old(ProcessedTaskRow, before, limit, after)

    def old_attempts(
        self, before: datetime, limit: int, after: OldTask | None = None
    ) -> Sequence[OldTask]:
        return self._old(AttemptRow, before, limit, after)

    def forget_tasks(self, task_ids: Collection[str]) -> None:
        for table in (ProcessedTaskRow, AttemptRow):
            self._session.execute(delete(table).where(table.task_id.in_(task_ids)))

    def _old(
        self,
        table: type[ProcessedTaskRow | AttemptRow],
        before: datetime,
        limit: int,
        after: OldTask | None,
    ) -> list[OldTask]:
        key = (table.at, table.task_id)
        query = select(*key).where(table.at < before).order_by(*key).limit(limit)
        if after is not None:
            at = literal(after.at, table.at.type)
            query = query.where(tuple_(*key) > tuple_(at, after.task_id))
        return [OldTask(at=at, task_id=task_id) for at, task_id in self._session.execute(query)]
