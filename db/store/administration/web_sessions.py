"""Repository of web sessions and of password change counters."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db.domain.people.login_throttling import SESSION_LONGEST, SESSIONS_PER_LOGIN
from db.store.tables import PasswordGenerationRow, Row, WebSessionRow


class SqlWebSessions:
    """`db.ports.administration.WebSessions` on SQLAlchemy."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def generation(self, login: str) -> int:
        query = select(PasswordGenerationRow.number).where(PasswordGenerationRow.login == login)
        return self._session.scalar(query) or 0

    def begin(self, digest: str, login: str, generation: int, now: datetime) -> None:
        fresh = {"login": login, "generation": generation, "started_at": now}
        self._session.execute(
            self._insert(WebSessionRow)
            .values(digest=digest, **fresh)
            .on_conflict_do_update(index_elements=[WebSessionRow.digest], set_=fresh)
        )
        newest = (
            select(WebSessionRow.digest)
            .where(WebSessionRow.login == login)
            .order_by(WebSessionRow.started_at.desc())
            .limit(SESSIONS_PER_LOGIN)
        )
        others = WebSessionRow.digest.not_in(newest)
        self._session.execute(delete(WebSessionRow).where(WebSessionRow.login == login, others))

    def login_of(self, digest: str, now: datetime) -> str | None:
        changes = PasswordGenerationRow
        return self._session.scalar(
            select(WebSessionRow.login)
            .outerjoin(changes, changes.login == WebSessionRow.login)
            .where(WebSessionRow.digest == digest)
            .where(WebSessionRow.started_at > now - SESSION_LONGEST)
            .where(WebSessionRow.generation == func.coalesce(changes.number, 0))
        )

    def end(self, digest: str) -> None:
        self._session.execute(delete(WebSessionRow).where(WebSessionRow.digest == digest))

    def password_changed(self, login: str) -> None:
        self._session.execute(
            self._insert(PasswordGenerationRow)
            .values(login=login, number=1)
            .on_conflict_do_update(
                index_elements=[PasswordGenerationRow.login],
                set_={"number": PasswordGenerationRow.number + 1},
            )
        )
        self._session.execute(delete(WebSessionRow).where(WebSessionRow.login == login))

    def purge(self, now: datetime) -> int:
        old = WebSessionRow.started_at <= now - SESSION_LONGEST
        gone = self._session.execute(
            delete(WebSessionRow).where(old).returning(WebSessionRow.digest)
        )
        return len(gone.all())

    def _insert(self, table: type[Row]) -> Any:
        dialect = self._session.get_bind().dialect.name
        return (postgresql if dialect == "postgresql" else sqlite).insert(table)
