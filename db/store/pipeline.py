"""Pipeline mode of PostgreSQL's driver: several statements in one round trip."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from psycopg import Error
from sqlalchemy import Connection, Engine, event

UNREAD: Mapping[str, Any] = {"pit_unread": True}
"""Execution options of a statement whose answer nobody reads: it is sent with the next one or with
the COMMIT, which also raises its error. It returns nothing, not even a generated key: an INSERT of
one row into a table that generates keys needs ``inline()``."""
PIPELINE = "pipeline"


@contextmanager
def pipelined(connection: Connection) -> Iterator[None]:
    """Send BEGIN with the first statement, and what is `UNREAD` with the next one.

    All other statements wait for their answers as usual; so does every statement on SQLite.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    driver: Any = connection.connection.driver_connection
    info = connection.info  # that of the driver's connection
    try:
        with driver.pipeline() as pipeline:
            info[PIPELINE] = pipeline
            try:
                yield
            finally:
                del info[PIPELINE]
    except BaseException:
        # The server skips a COMMIT after a failed statement of the same round trip, but SQLAlchemy
        # takes the transaction for ended.
        with suppress(Error):  # a broken connection: the pool replaces it
            driver.rollback()
        raise


def await_answers(engine: Engine) -> None:
    """Let pipelined connections of ``engine`` wait for the answers that are read."""
    event.listen(engine, "after_cursor_execute", _await_answer)


def _await_answer(
    connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
) -> None:
    pipeline = connection.info.get(PIPELINE)
    if pipeline is not None and not UNREAD.keys() <= context.execution_options.keys():
        pipeline.sync()
