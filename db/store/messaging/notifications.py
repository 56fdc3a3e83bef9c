"""Repository of in-app notifications, unique per deal, key and recipient."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.domain.entities import Notification
from db.store.tables import NotificationRow
from db.store.upsert import insert_once


class SqlNotifications:
    """`db.ports.messaging.Notifications` on SQLAlchemy."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, recipient: str, key: str, text: str, deal_id: str | None) -> bool:
        return insert_once(
            self._session,
            NotificationRow,
            deal_id=deal_id or "",
            recipient=recipient,
            key=key,
            text=text,
            at=datetime.now(UTC),
        )

    def of(
        self,
        recipient: str,
        *,
        unread_only: bool = False,
        after: int | None = None,
        limit: int = 200,
    ) -> Sequence[Notification]:
        query = select(NotificationRow).where(NotificationRow.recipient == recipient)
        if unread_only:
            query = query.where(NotificationRow.read_at.is_(None))
        if after is not None:
            query = query.where(NotificationRow.id < after)
        rows = self._session.scalars(query.order_by(NotificationRow.id.desc()).limit(limit))
        return [
            Notification(r.id, r.deal_id or None, r.recipient, r.key, r.text, r.at, r.read_at)
            for r in rows
        ]

    def read(self, recipient: str, notification_id: int) -> bool:
        found = self._session.execute(
            update(NotificationRow)
            .where(NotificationRow.id == notification_id, NotificationRow.recipient == recipient)
            .values(read_at=datetime.now(UTC))
        )
        return bool(found.rowcount)  # type: ignore[attr-defined]
