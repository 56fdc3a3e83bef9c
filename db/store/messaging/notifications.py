"""Repository of in-app notifications, unique per deal, key and recipient."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from db.domain.deals.entities import Notification
from db.domain.people.notices import Delivery, NoticeKind
from db.store.tables import NoticePreferenceRow, NotificationRow, table_of
from db.store.upsert import dialect_insert, insert_once


class SqlNotifications:
    """`db.ports.messaging.Notifications` on SQLAlchemy."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(
        self, recipient: str, key: str, text: str, deal_id: str | None, *, silent: bool = False
    ) -> bool:
        now = datetime.now(UTC)
        return insert_once(
            self._session,
            NotificationRow,
            deal_id=deal_id or "",
            recipient=recipient,
            key=key,
            text=text,
            at=now,
            read_at=now if silent else None,
        )

    def delivery(self, recipient: str, kind: NoticeKind) -> Delivery:
        return self._chosen(recipient, kind).get(kind, Delivery())

    def deliveries(self, recipient: str) -> Mapping[NoticeKind, Delivery]:
        return self._chosen(recipient, *NoticeKind)

    def choose(self, recipient: str, kind: NoticeKind, delivery: Delivery) -> None:
        chosen = {"mail": delivery.mail, "bell": delivery.bell, "push": delivery.push}
        insert = dialect_insert(self._session, table_of(NoticePreferenceRow))
        self._session.execute(
            insert.values(login=recipient, kind=kind, **chosen).on_conflict_do_update(
                index_elements=["login", "kind"], set_=chosen
            )
        )

    def _chosen(self, recipient: str, *kinds: NoticeKind) -> dict[NoticeKind, Delivery]:
        row = NoticePreferenceRow
        query = select(row.kind, row.mail, row.bell, row.push).where(
            row.login == recipient, row.kind.in_(kinds)
        )
        return {
            NoticeKind(kind): Delivery(mail=mail, bell=bell, push=push)
            for kind, mail, bell, push in self._session.execute(query)
        }

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

    def after(self, after: int) -> Sequence[tuple[int, str]]:
        query = select(NotificationRow.id, NotificationRow.recipient)
        rows = self._session.execute(query.where(NotificationRow.id > after))
        return [(row[0], row[1]) for row in rows]

    def newest(self) -> int:
        return self._session.scalar(select(func.max(NotificationRow.id))) or 0

    def unread(self, recipient: str) -> int:
        waiting = NotificationRow.recipient == recipient, NotificationRow.read_at.is_(None)
        return self._session.scalar(select(func.count()).where(*waiting)) or 0

    def read(self, recipient: str, notification_id: int) -> bool:
        found = self._session.execute(
            update(NotificationRow)
            .where(NotificationRow.id == notification_id, NotificationRow.recipient == recipient)
            .values(read_at=datetime.now(UTC))
        )
        return bool(found.rowcount)  # type: ignore[attr-defined]

    def read_up_to(self, recipient: str, newest: int) -> int:
        waiting = NotificationRow.recipient == recipient, NotificationRow.read_at.is_(None)
        found = self._session.execute(
            update(NotificationRow)
            .where(*waiting, NotificationRow.id <= newest)
            .values(read_at=datetime.now(UTC))
        )
        return int(found.rowcount)  # type: ignore[attr-defined]
