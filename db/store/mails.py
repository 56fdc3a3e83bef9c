"""Letters: waiting, sent, failed; none is ever dropped."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from db.domain.records import Mail, MailState
from db.store.tables import MailRow
from db.store.upsert import insert_once


class SqlMails:
    """`ports.Mails` on SQLAlchemy."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, message_id: str, recipient: str, address: str, subject: str, body: str) -> bool:
        return insert_once(
            self._session,
            MailRow,
            message_id=message_id,
            recipient=recipient,
            address=address,
            subject=subject,
            body=body,
            created_at=datetime.now(UTC),
            state=MailState.WAITING,
            attempts=0,
        )

    def lease(self, duration: timedelta, limit: int = 20) -> Sequence[Mail]:
        now = datetime.now(UTC)
        query = (
            select(MailRow)
            .where(MailRow.state == MailState.WAITING)
            .where(or_(MailRow.next_attempt_at.is_(None), MailRow.next_attempt_at <= now))
            .order_by(MailRow.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        mails = [_mail(row) for row in self._session.scalars(query)]
        for mail in mails:
            self._set(mail.id, next_attempt_at=now + duration)
        return mails

    def sent(self, mail_id: int) -> None:
        self._set(mail_id, state=MailState.SENT, last_error=None, attempts=MailRow.attempts + 1)

    def delayed(self, mail_id: int, error: str, pause: timedelta) -> None:
        again = datetime.now(UTC) + pause
        self._set(mail_id, last_error=error, next_attempt_at=again, attempts=MailRow.attempts + 1)

    def failed(self, mail_id: int, error: str) -> None:
        self._set(mail_id, state=MailState.FAILED, last_error=error, attempts=MailRow.attempts + 1)

    def unsent(self, limit: int = 200) -> Sequence[Mail]:
        query = select(MailRow).where(MailRow.state != MailState.SENT).order_by(MailRow.id)
        return [_mail(row) for row in self._session.scalars(query.limit(limit))]

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
    )
