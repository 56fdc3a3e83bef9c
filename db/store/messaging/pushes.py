"""Repository of browsers that show notifications, and of what waits for them."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, insert, literal, or_, select, update
from sqlalchemy.orm import Session, aliased

from db.domain.people.notices import NoticeKind
from db.domain.people.push import MAX_BROWSERS, MAX_WAITING, Browser, PushMessage, host_of
from db.store.pipeline import UNREAD
from db.store.tables import BrowserRow, PushMessageRow, table_of
from db.store.upsert import dialect_insert


class SqlPushes:
    """`db.ports.messaging.Pushes` on SQLAlchemy."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def subscribe(self, browser: Browser) -> None:
        values = {
            "login": browser.login,
            "name": browser.name,
            "endpoint": browser.endpoint,
            "host": host_of(browser.endpoint) or "",
            "p256dh": browser.p256dh,
            "auth": browser.auth,
            "server_key": browser.server_key,
            "created_at": browser.created_at,
        }
        theirs = select(BrowserRow.id).where(
            BrowserRow.id == browser.id, BrowserRow.login != browser.login
        )
        # What waits for somebody else who had this browser is not for its new owner.
        self._session.execute(delete(PushMessageRow).where(PushMessageRow.browser_id.in_(theirs)))
        once = dialect_insert(self._session, table_of(BrowserRow)).values(id=browser.id, **values)
        self._session.execute(once.on_conflict_do_update(index_elements=["id"], set_=values))
        newest = (
            select(BrowserRow.id)
            .where(BrowserRow.login == browser.login)
            .order_by(BrowserRow.created_at.desc())
            .limit(MAX_BROWSERS)
        )
        others = BrowserRow.id.not_in(newest)
        self._session.execute(delete(BrowserRow).where(BrowserRow.login == browser.login, others))

    def browsers(self, login: str, server_key: str) -> Sequence[Browser]:
        rows = self._session.scalars(
            select(BrowserRow)
            .where(BrowserRow.login == login, BrowserRow.server_key == server_key)
            .order_by(BrowserRow.created_at)
        )
        return [_browser(row) for row in rows]

    def unsubscribe(self, login: str, browser_id: str) -> None:
        mine = BrowserRow.id == browser_id, BrowserRow.login == login
        self._session.execute(delete(BrowserRow).where(*mine))

    def forget(self, login: str) -> None:
        theirs = func.lower(BrowserRow.login) == login.lower()
        self._session.execute(delete(BrowserRow).where(theirs))

    def add(self, recipient: str, kind: NoticeKind, deal_id: str | None) -> None:
        waiting = (
            select(func.count())
            .where(PushMessageRow.browser_id == BrowserRow.id)
            .correlate(BrowserRow)
            .scalar_subquery()
        )
        now = literal(datetime.now(UTC), PushMessageRow.created_at.type)
        columns = ["browser_id", "kind", "deal_id", "created_at", "attempts"]
        values = BrowserRow.id, literal(kind.value), literal(deal_id or ""), now, literal(0)
        self._session.execute(
            insert(table_of(PushMessageRow)).from_select(
                columns,
                select(*values).where(BrowserRow.login == recipient, waiting < MAX_WAITING),
            ),
            execution_options=UNREAD,
        )

    def prune(self, before: datetime) -> int:
        newer = aliased(PushMessageRow)
        replaced = (
            select(newer.id)
            .where(newer.browser_id == PushMessageRow.browser_id)
            .where(newer.kind == PushMessageRow.kind, newer.deal_id == PushMessageRow.deal_id)
            .where(newer.id > PushMessageRow.id)
            .exists()
        )
        old = PushMessageRow.created_at < before
        gone = self._session.execute(delete(PushMessageRow).where(or_(old, replaced)))
        return int(gone.rowcount)  # type: ignore[attr-defined]

    def lease(
        self, duration: timedelta, limit: int = 20, *, except_hosts: Collection[str] = ()
    ) -> Sequence[PushMessage]:
        now = datetime.now(UTC)
        message = PushMessageRow
        found = self._session.execute(
            select(message, BrowserRow)
            .join(BrowserRow, BrowserRow.id == message.browser_id)
            .where(or_(message.next_attempt_at.is_(None), message.next_attempt_at <= now))
            .where(or_(message.leased_until.is_(None), message.leased_until <= now))
            .where(BrowserRow.host.not_in(except_hosts))
            .order_by(message.attempts, message.id)
            .limit(limit)
            .with_for_update(skip_locked=True, of=message)
        )
        leased = [
            PushMessage(
                row.id,
                NoticeKind(row.kind),
                row.deal_id or None,
                row.created_at,
                row.attempts,
                _browser(browser),
            )
            for row, browser in found
        ]
        if ids := [one.id for one in leased]:
            self._session.execute(
                update(message).where(message.id.in_(ids)).values(leased_until=now + duration)
            )
        return leased

    def delete(self, message_id: int) -> None:
        self._session.execute(delete(PushMessageRow).where(PushMessageRow.id == message_id))

    def delayed(self, message_id: int, pause: timedelta) -> None:
        self._session.execute(
            update(PushMessageRow)
            .where(PushMessageRow.id == message_id)
            .values(
                attempts=PushMessageRow.attempts + 1,
                next_attempt_at=datetime.now(UTC) + pause,
                leased_until=None,
            )
        )


def _browser(row: BrowserRow) -> Browser:
    return Browser(
        login=row.login,
        name=row.name,
        endpoint=row.endpoint,
        p256dh=row.p256dh,
        auth=row.auth,
        server_key=row.server_key,
        created_at=row.created_at,
    )
