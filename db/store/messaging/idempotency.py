"""Repositories of process instances, processed external tasks and idempotent requests."""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from db.domain.entities import IDEMPOTENCY_KEPT, Answered
from db.domain.values import Json
from db.ports.store import Conflict
from db.store.tables import AttemptRow, IdempotencyRow, ProcessedTaskRow, ProcessRow
from db.store.upsert import insert_once


class SqlProcesses:
    """`db.ports.messaging.Processes` on SQLAlchemy."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def register(self, deal_id: str, instance_id: str) -> bool:
        new = insert_once(
            self._session,
            ProcessRow,
            deal_id=deal_id,
            instance_id=instance_id,
            registered_at=datetime.now(UTC),
        )
        return new or self.instance_of(deal_id) == instance_id

    def release(self, deal_id: str) -> None:
        self._session.execute(delete(ProcessRow).where(ProcessRow.deal_id == deal_id))

    def instance_of(self, deal_id: str) -> str | None:
        return self._session.scalar(
            select(ProcessRow.instance_id).where(ProcessRow.deal_id == deal_id)
        )


class SqlProcessedTasks:
    """`db.ports.messaging.ProcessedTasks` on SQLAlchemy."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def count_attempt(self, task_id: str, topic: str) -> int:
        now = datetime.now(UTC)
        insert_once(self._session, AttemptRow, task_id=task_id, topic=topic, attempts=0, at=now)
        counted = self._session.execute(
            update(AttemptRow)
            .where(AttemptRow.task_id == task_id)
            .values(attempts=AttemptRow.attempts + 1, at=now)
            .returning(AttemptRow.attempts)
        )
        return counted.scalar_one()

    def reset_attempts(self, task_id: str) -> None:
        self._session.execute(delete(AttemptRow).where(AttemptRow.task_id == task_id))

    def answer(self, task_id: str) -> Mapping[str, Json] | None:
        return self._session.scalar(
            select(ProcessedTaskRow.answer).where(ProcessedTaskRow.task_id == task_id)
        )

    def keep(self, task_id: str, topic: str, answer: Mapping[str, Json]) -> None:
        values = {"task_id": task_id, "topic": topic, "answer": dict(answer)}
        if not insert_once(self._session, ProcessedTaskRow, at=datetime.now(UTC), **values):
            raise Conflict(f"task {task_id} is done already")


class SqlIdempotency:
    """`db.ports.messaging.Idempotency` on SQLAlchemy; responses older than a week are deleted."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, principal: str, key: str) -> Answered | None:
        row = self._session.get(IdempotencyRow, (principal, key))
        if row is None or row.at < datetime.now(UTC) - IDEMPOTENCY_KEPT:
            return None
        return Answered(row.status, row.body, row.headers, row.body_hash)

    def keep(self, principal: str, key: str, answered: Answered) -> None:
        now = datetime.now(UTC)
        old = IdempotencyRow.at < now - IDEMPOTENCY_KEPT
        self._session.execute(delete(IdempotencyRow).where(old))
        self._session.execute(
            insert(IdempotencyRow).values(
                principal=principal,
                key=key,
                body_hash=answered.body_hash,
                status=answered.status,
                body=answered.body,
                headers=dict(answered.headers),
                at=now,
            )
        )
