"""Worker on camunda-external-task-client-python3 as shipped, with one transaction per task.

``BENCH_THREADS`` workers poll in threads of their own, because one of them runs a task at a time.
The transaction keeps the promise that ours keeps: an answer per task, written with the row.
"""

import os
import threading
from typing import Any

from camunda.external_task.external_task import ExternalTask, TaskResult
from camunda.external_task.external_task_worker import ExternalTaskWorker
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Engine,
    Identity,
    MetaData,
    Table,
    Text,
    create_engine,
    select,
)
from sqlalchemy.dialects.postgresql import insert

METADATA = MetaData()
ANSWERS = Table(
    "bench_answers",
    METADATA,
    Column("task_id", Text, primary_key=True),
    Column("answer", JSON),
)
ROWS = Table(
    "bench_rows",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("instance_id", Text),
    Column("value", Text),
)


class OneRow:
    """Handler that writes one row and its answer; a repeated task gets the stored answer."""

    def __init__(self, database: Engine) -> None:
        self._database = database

    def __call__(self, task: ExternalTask) -> TaskResult:
        """Run one task in one transaction."""
        task_id = task.get_task_id()
        answer: Any = {"sum": 1, "word": "ok"}
        with self._database.begin() as connection:
            new = connection.scalar(
                insert(ANSWERS)
                .values(task_id=task_id, answer=answer)
                .on_conflict_do_nothing()
                .returning(ANSWERS.c.task_id)
            )
            if new is None:
                answer = connection.scalar(
                    select(ANSWERS.c.answer).where(ANSWERS.c.task_id == task_id)
                )
            else:
                row = {"instance_id": task.get_process_instance_id(), "value": "x"}
                connection.execute(insert(ROWS).values(row))
        return task.complete(answer)


def main() -> None:
    """Work until the process is killed: the library has no other way to stop."""
    threads = int(os.environ["BENCH_THREADS"])
    database = create_engine(os.environ["BENCH_DATABASE"], pool_size=threads, max_overflow=0)
    METADATA.create_all(database)
    config: dict[str, Any] = {
        "maxTasks": 10,
        "lockDuration": 60_000,
        "asyncResponseTimeout": 5_000,
        "sleepSeconds": 1,
        "auth_basic": {
            "username": os.environ["BENCH_USER"],
            "password": os.environ["BENCH_PASSWORD"],
        },
    }
    for number in range(threads):
        worker = ExternalTaskWorker(f"mandated-{number}", os.environ["BENCH_ENGINE"], config)
        subscription = (os.environ["BENCH_TOPIC"], OneRow(database))
        threading.Thread(target=worker.subscribe, args=subscription, daemon=True).start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
