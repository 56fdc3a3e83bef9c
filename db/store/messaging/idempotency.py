"""Repositories of process instances, processed external tasks and idempotent requests."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    bindparam,
    delete,
    insert,
    literal_column,
    select,
)
from sqlalchemy.orm import Session

from db.domain.deals.entities import IDEMPOTENCY_KEPT, Answered
from db.domain.fields.values import Json
from db.ports.messaging import Attempt
from db.store.pipeline import UNREAD
from db.store.tables import AttemptRow, IdempotencyRow, ProcessedTaskRow, ProcessRow, table_of
from db.store.upsert import INSERTS, dialect_of, insert_once

ATTEMPTS, RESULTS = table_of(AttemptRow), table_of(ProcessedTaskRow)
# Within RETURNING a column would be written without its table.
COUNTED: ColumnElement[str] = literal_column("task_attempts.task_id")
ANSWER = select(RESULTS.c.answer).where(RESULTS.c.task_id == COUNTED).scalar_subquery()
"""The stored result of the task whose attempt is counted."""
COUNT_FIRST = {
    dialect: new(ATTEMPTS).on_conflict_do_nothing().returning(ATTEMPTS.c.task_id, ANSWER)
    for dialect, new in INSERTS.items()
}
COUNT = {
    dialect: new(ATTEMPTS)
    .on_conflict_do_update(
        index_elements=[ATTEMPTS.c.task_id],
        set_={"attempts": ATTEMPTS.c.attempts + 1, "at": new(ATTEMPTS).excluded.at},
    )
    .returning(ATTEMPTS.c.attempts, ANSWER)
    for dialect, new in INSERTS.items()
}
IDS: BindParameter[str] = bindparam("ids", expanding=True)
RESET = delete(ATTEMPTS).where(ATTEMPTS.c.task_id.in_(IDS))
ANSWERS = select(RESULTS.c.task_id, RESULTS.c.answer).where(RESULTS.c.task_id.in_(IDS))
KEEP = insert(RESULTS)


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

    def count_first_attempts(self, topics: Mapping[str, str]) -> Mapping[str, Attempt]:
        rows = [_first(task_id, topic) for task_id, topic in sorted(topics.items())]
        counted = self._session.execute(COUNT_FIRST[dialect_of(self._session)], rows)
        return {task_id: Attempt(1, answer) for task_id, answer in counted}

    def count_attempt(self, task_id: str, topic: str) -> Attempt:
        count = COUNT[dialect_of(self._session)]
        return Attempt(*self._session.execute(count, _first(task_id, topic)).one())

    def reset_attempts(self, task_ids: Collection[str]) -> None:
        self._session.execute(RESET, {"ids": list(task_ids)}, execution_options=UNREAD)

    def answers(self, task_ids: Collection[str]) -> Mapping[str, Mapping[str, Json]]:
        found = self._session.execute(ANSWERS, {"ids": list(task_ids)})
        return {row.task_id: row.answer for row in found}

    def keep(self, answers: Mapping[str, tuple[str, Mapping[str, Json]]]) -> None:
        now = datetime.now(UTC)
        rows = [
            {"task_id": task_id, "topic": topic, "answer": dict(answer), "at": now}
            for task_id, (topic, answer) in answers.items()
        ]
        self._session.execute(KEEP, rows, execution_options=UNREAD)
        self.reset_attempts(answers)


def _first(task_id: str, topic: str) -> dict[str, object]:
    """Row of a task that is attempted for the first time."""
    return {"task_id": task_id, "topic": topic, "attempts": 1, "at": datetime.now(UTC)}


class SqlIdempotency:
    """`db.ports.messaging.Idempotency` on SQLAlchemy; the purge deletes old responses."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, principal: str, key: str) -> Answered | None:
        row = self._session.get(IdempotencyRow, (principal, key))
        if row is None or row.at < datetime.now(UTC) - IDEMPOTENCY_KEPT:
            return None
        return Answered(row.status, row.body, row.headers, row.body_hash)

    def keep(self, principal: str, key: str, answered: Answered) -> None:
        now = datetime.now(UTC)
        self._session.execute(
            delete(IdempotencyRow)
            .where(IdempotencyRow.principal == principal, IdempotencyRow.key == key)
            .where(IdempotencyRow.at < now - IDEMPOTENCY_KEPT)
        )
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
