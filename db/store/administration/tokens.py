"""Repositories of machine tokens and of worker heartbeats."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from db.domain.deals.entities import Token, WorkerSeen
from db.store.tables import TokenRow, WorkerRow
from db.store.upsert import insert_once

FORGOTTEN = timedelta(hours=1)
"""A worker silent for so long is no longer listed."""


class SqlTokens:
    """`db.ports.administration.Tokens` on SQLAlchemy.

    It gets only hashes of secrets and finds a token by the index of the hashes.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, token: Token, secret_hash: str) -> None:
        self._session.execute(
            insert(TokenRow).values(
                id=token.id,
                name=token.name,
                secret_hash=secret_hash,
                scopes=sorted(token.scopes),
                created_at=token.created_at,
                expires_at=token.expires_at,
                revoked_at=token.revoked_at,
            )
        )

    def find(self, secret_hash: str) -> Token | None:
        row = self._session.scalar(select(TokenRow).where(TokenRow.secret_hash == secret_hash))
        return None if row is None else _token(row)

    def all(self) -> Sequence[Token]:
        return [_token(row) for row in self._session.scalars(select(TokenRow))]

    def revoke(self, token_id: str) -> bool:
        done = self._session.execute(
            update(TokenRow)
            .where(TokenRow.id == token_id, TokenRow.revoked_at.is_(None))
            .values(revoked_at=datetime.now(UTC))
        )
        return bool(done.rowcount)  # type: ignore[attr-defined]


class SqlWorkers:
    """`db.ports.administration.Workers` on SQLAlchemy."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def seen(self, worker: str) -> None:
        now = datetime.now(UTC)
        if not insert_once(self._session, WorkerRow, worker=worker, seen_at=now):
            mine = update(WorkerRow).where(WorkerRow.worker == worker)
            self._session.execute(mine.values(seen_at=now))
        self._session.execute(delete(WorkerRow).where(WorkerRow.seen_at < now - FORGOTTEN))

    def last_seen(self) -> WorkerSeen | None:
        query = select(WorkerRow).order_by(WorkerRow.seen_at.desc()).limit(1)
        row = self._session.scalar(query)
        return None if row is None else WorkerSeen(row.worker, row.seen_at)

    def gone(self, worker: str) -> None:
        self._session.execute(delete(WorkerRow).where(WorkerRow.worker == worker))


def _token(row: TokenRow) -> Token:
    return Token(
        id=row.id,
        name=row.name,
        scopes=frozenset(row.scopes),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
