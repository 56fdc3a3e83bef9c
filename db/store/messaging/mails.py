"""Repository of e-mails: waiting, sent, failed; none is deleted."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import case, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from db.domain.deals.entities import Mail, MailState
from db.store.tables import MailRow
from db.store.upsert import insert_once


class SqlMails:
    """`db.ports.messaging.Mails` on SQLAlchemy."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(
        self,
        message_id: str,
        recipient: str,
        address: str,
        subject: str,
        body: str,
        deal_id: str | None = None,
        *,
        secret: bool = False,
    ) -> bool:
        return insert_once(
            self._session,
            MailRow,
            message_id=message_id,
            recipient=recipient,
            address=address,
            subject=subject,
            body=body,
            deal_id=deal_id,
            secret=secret,
            created_at=datetime.now(UTC),
            state=MailState.WAITING,
            attempts=0,
        )

    def get(self, mail_id: int) -> Mail | None:
        row = self._session.get(MailRow, mail_id, populate_existing=True)
        return None if row is None else _mail(row)

    def about(self, deal_id: str, *, at: datetime, id: int, limit: int) -> Sequence[Mail]:
        query = (
            select(MailRow)
            .where(MailRow.deal_id == deal_id)
            .where(tuple_(MailRow.created_at, MailRow.id) < tuple_(at, id))
            .order_by(MailRow.created_at.desc(), MailRow.id.desc())
            .limit(limit)
        )
        return [_mail(row) for row in self._session.scalars(query)]

    def lease(self, duration: timedelta, limit: int = 20) -> Sequence[Mail]:
        now = datetime.now(UTC)
        query = (
            select(MailRow)
            .where(MailRow.state == MailState.WAITING)
            .where(or_(MailRow.next_attempt_at.is_(None), MailRow.next_attempt_at <= now))
            .where(or_(MailRow.leased_until.is_(None), MailRow.leased_until <= now))
            .order_by(MailRow.attempts, MailRow.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        mails = [_mail(row) for row in self._session.scalars(query)]
        for mail in mails:
            self._tried(mail.id, attempts=mail.attempts, leased_until=now + duration)
        return mails

    def sent(self, mail_id: int) -> None:
        self._set(
            mail_id,
            state=MailState.SENT,
            body=case((MailRow.secret, ""), else_=MailRow.body),
            last_error=None,
            leased_until=None,
            attempts=MailRow.attempts + 1,
        )

    def delayed(self, mail_id: int, error: str, pause: timedelta) -> None:
        self._tried(mail_id, last_error=error, next_attempt_at=datetime.now(UTC) + pause)

    def failed(self, mail_id: int, error: str) -> None:
        self._tried(mail_id, last_error=error, state=MailState.FAILED)

    def readdressed(self, mail_id: int, address: str) -> None:
        self._set(mail_id, address=address)

    def resend(self, mail_id: int, by: str, at: datetime) -> bool:
        changed = self._session.execute(
            update(MailRow)
            .where(MailRow.id == mail_id)
            .where(MailRow.state != MailState.SENT)
            .values(state=MailState.WAITING, next_attempt_at=None, resent_by=by, resent_at=at)
        )
        return bool(changed.rowcount)  # type: ignore[attr-defined]

    def unsent(self, limit: int = 200) -> Sequence[Mail]:
        query = select(MailRow).where(MailRow.state != MailState.SENT).order_by(MailRow.id)
        return [_mail(row) for row in self._session.scalars(query.limit(limit))]

    def waiting_since(self) -> datetime | None:
        return self._session.scalar(
            select(func.min(MailRow.created_at)).where(MailRow.state == MailState.WAITING)
        )

    def _tried(self, mail_id: int, **values: object) -> None:
        """Count an attempt and set ``values``, unless another process has sent the e-mail."""
        self._session.execute(
            update(MailRow)
            .where(MailRow.id == mail_id)
            .where(MailRow.state == MailState.WAITING)
            .values(**{"attempts": MailRow.attempts + 1, "leased_until": None, **values})
        )

    def _set(self, mail_id: int, **values: object) -> None:
        self._session.execute(update(MailRow).where(MailRow.id == mail_id).values(**values))


def _mail(row: MailRow) -> Mail:
    return Mail(
        id=row.id,
        message_id=row.message_id,
        recipient=row.recipient,
        address=row.address,
        subject=row.subject,
        body=row.body,
        created_at=row.created_at,
        state=MailState(row.state),
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        last_error=row.last_error,
        deal_id=row.deal_id,
        resent_by=row.resent_by,
        resent_at=row.resent_at,
    )
