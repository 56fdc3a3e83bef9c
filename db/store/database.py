"""Database access: connection, transactions, schema migration."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import (
    DBAPIError,
    DisconnectionError,
    IntegrityError,
    InterfaceError,
    OperationalError,
)
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from db import tracing
from db.config.settings import demand
from db.domain.catalog import Catalog
from db.domain.errors import Unavailable
from db.ports.messaging import OutboxSignal
from db.ports.store import Conflict
from db.store.administration.lists import CommittedItems
from db.store.messaging.outbox_signal import PostgresOutboxSignal, SqliteOutboxSignal
from db.store.pipeline import await_answers, pipelined
from db.store.schema import newest, present, upgrade
from db.store.store import SqlStore

BUSY_TIMEOUT = 10.0  # seconds that a SQLite writer waits for another writer
CONNECT_TIMEOUT = 5  # seconds, PostgreSQL
STATEMENT_TIMEOUT = 30_000  # milliseconds, PostgreSQL
PING_AFTER = 1.0  # seconds of idleness, PostgreSQL
WAIT_PAUSE = 1.0  # seconds between two looks at the schema version
WAIT_TOLD = 15.0  # seconds between two warnings in the log meanwhile

log = logging.getLogger(__name__)


class Database:
    """Opens transactions on ``url``: ``sqlite:///file`` or ``postgresql+psycopg://…``."""

    def __init__(self, url: str, catalog: Catalog) -> None:
        self.catalog = catalog
        self._engine = connect(url)
        self._counters = self._engine
        if self._engine.dialect.name == "postgresql":
            self._counters = connect(url, "-c synchronous_commit=off").execution_options(
                isolation_level="AUTOCOMMIT"
            )
        self._items = CommittedItems()

    @contextmanager
    def writing(self) -> Iterator[SqlStore]:
        """Open one transaction that may write.

        Raises: Conflict (another transaction wrote the same key), Unavailable (no database).
        """
        with (
            _translated_errors(),
            self._engine.connect().execution_options(pit_write=True) as connection,
            Session(connection, expire_on_commit=False) as session,
            pipelined(connection),
        ):
            session.connection()
            store = SqlStore(session, self.catalog, self._items)
            yield store
            store.flush()
            with tracing.span("commit"):
                session.commit()

    @contextmanager
    def counting(self) -> Iterator[SqlStore]:
        """Open a store for counters of attempts; on PostgreSQL each statement commits by itself.

        Such a commit does not wait for the disk: counters have to survive a crash of the worker,
        only one of the database server may lose the newest. Raises as `writing`.
        """
        with _translated_errors(), Session(self._counters, expire_on_commit=False) as session:
            session.connection(execution_options={"pit_write": True})
            yield SqlStore(session, self.catalog, self._items)
            session.commit()

    @contextmanager
    def reading(self) -> Iterator[SqlStore]:
        """Open one transaction that is never committed; on SQLite it does not wait for writers."""
        with _translated_errors(), Session(self._engine, expire_on_commit=False) as session:
            yield SqlStore(session, self.catalog, self._items)

    def outbox_signal(self) -> OutboxSignal:
        """Signal of new outbox rows, on a connection of its own."""
        url = self._engine.url
        if url.get_backend_name() == "sqlite":
            return SqliteOutboxSignal(url)
        return PostgresOutboxSignal(url)

    def ping(self) -> None:
        """Check the connection. Raises: Unavailable."""
        with self.reading() as store:
            store.ping()

    def migrate(self) -> None:
        """Upgrade the schema to the newest version and insert the catalog's new list items."""
        with self._engine.begin() as connection:
            if present(connection) != newest():
                upgrade(connection)
        with self.writing() as store:
            store.seed()

    def is_current(self) -> bool:
        """Whether the schema has the version this code needs. Raises: Unavailable."""
        with _translated_errors(), self._engine.connect() as connection:
            return present(connection) == newest()

    def wait_until_current(self) -> None:
        """Wait, without a time limit, until another process has migrated the schema."""
        last_warning = float("-inf")
        while (reason := self._why_not_current()) is not None:
            if time.monotonic() - last_warning > WAIT_TOLD:
                log.warning("Waiting for the database: %s", reason)
                last_warning = time.monotonic()
            time.sleep(WAIT_PAUSE)

    def _why_not_current(self) -> str | None:
        try:
            return None if self.is_current() else "its schema is not the one of this release"
        except Unavailable:
            return "it does not answer"

    def close(self) -> None:
        """Close all connections; one that a thread still uses is closed when it is given back."""
        for engine in (self._engine, self._counters):
            event.listen(engine.pool, "checkin", _close_returned)
            engine.dispose()


def demand_password(url: str) -> None:
    """Check the password in a database URL; a URL without any password passes.

    Raises: SecretRefused if the password is empty or an example value of the documentation.
    """
    if (password := make_url(url).password) is not None:
        demand(DATABASE_URL=password)


def connect(url: str, more: str = "") -> Engine:
    """Create the SQLAlchemy engine, with a connection pool and timeouts.

    ``more``: further options of PostgreSQL's connections.
    """
    if make_url(url).get_backend_name() != "sqlite":
        options = f"-c statement_timeout={STATEMENT_TIMEOUT} -c timezone=UTC {more}".rstrip()
        arguments: dict[str, Any] = {"connect_timeout": CONNECT_TIMEOUT, "options": options}
        engine = create_engine(
            url,
            connect_args=arguments,
            pool_size=10,
            max_overflow=10,
            pool_timeout=10,
        )
        event.listen(engine, "checkin", _note_use)
        event.listen(engine, "checkout", partial(_ping_after_idle, engine))
        await_answers(engine)
        _trace_statements(engine)
        return engine
    if (path := make_url(url).database) and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_TIMEOUT, "check_same_thread": False},
        pool_size=10,
        max_overflow=30,
    )
    event.listen(engine, "connect", _sqlite_connected)
    event.listen(engine, "begin", _sqlite_begin)
    _trace_statements(engine)
    return engine


def _trace_statements(engine: Engine) -> None:
    """Record the statements in the trace of whoever sends them, if traces are on."""
    if (tracer := tracing.tracer()) is None:
        return

    def began(*arguments: Any) -> None:
        arguments[4].pit_began = time.time_ns()

    def ended(_: object, __: object, statement: str, ___: object, context: Any, ____: bool) -> None:
        name = statement.lstrip().split(None, 1)[0]
        tracer.record(name, context.pit_began, statement)

    event.listen(engine, "before_cursor_execute", began)
    event.listen(engine, "after_cursor_execute", ended)


def _note_use(_: object, record: ConnectionPoolEntry) -> None:
    record.info["used_at"] = time.monotonic()


def _close_returned(_: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    """Close what comes back to a pool that was disposed of: nobody else would."""
    record.invalidate()


def _ping_after_idle(
    engine: Engine, raw: DBAPIConnection, record: ConnectionPoolEntry, _: object
) -> None:
    """Check a connection that was idle for a while; the pool replaces a broken one.

    One that was just used is not checked, to save a round trip: the error of a connection that
    broke since is `Unavailable`, as if it had broken a moment later.
    """
    if time.monotonic() - record.info.get("used_at", float("inf")) > PING_AFTER:
        try:
            engine.dialect.do_ping(raw)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error


def _sqlite_connected(raw: SqliteConnection, _: object) -> None:
    raw.isolation_level = None  # SQLAlchemy's "begin" event decides how a transaction begins
    raw.execute("PRAGMA journal_mode=WAL")
    raw.execute("PRAGMA synchronous=FULL")
    raw.execute("PRAGMA foreign_keys=ON")


def _sqlite_begin(connection: Connection) -> None:
    """Take the write lock at once if the transaction will write; taking it later may deadlock."""
    writes = connection.get_execution_options().get("pit_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Raise `Conflict` or `Unavailable` in place of SQLAlchemy's errors."""
    try:
        yield
    except IntegrityError as error:
        raise Conflict(type(error.orig).__name__) from error
    except (OperationalError, InterfaceError) as error:
        raise Unavailable("База данных недоступна или занята, повторите позже.") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable("Соединение с базой данных прервано, повторите.") from error
        raise
