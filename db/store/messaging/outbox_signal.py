"""Signals that a row was added to the outbox: PostgreSQL notifies, SQLite is looked at."""

import sqlite3
import time
from datetime import timedelta

import psycopg
from sqlalchemy import URL

from db.domain.errors import Unavailable

CHANNEL = "outbox"
"""PostgreSQL notification channel; `SqlOutbox.add` notifies in the row's own transaction."""
CONNECT_TIMEOUT = 5  # seconds
LOOK = 0.02  # seconds between two looks at a SQLite file, 0.1 % of a core


class PostgresOutboxSignal:
    """`db.ports.messaging.OutboxSignal` by LISTEN, on a connection of its own."""

    def __init__(self, url: URL) -> None:
        plain = url.set(drivername="postgresql")
        self._address = plain.render_as_string(hide_password=False)
        self._connection: psycopg.Connection | None = None

    def wait(self, timeout: timedelta) -> bool:
        try:
            if self._connection is None:
                self._connection = self._listening()
                return True  # a row may have been added before this connection listened
            notified = self._connection.notifies(timeout=timeout.total_seconds(), stop_after=1)
            return any(True for _ in notified)
        except psycopg.Error as error:
            self.close()
            raise Unavailable("Соединение с базой данных прервано, повторите.") from error

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _listening(self) -> psycopg.Connection:
        connection = psycopg.connect(
            self._address,
            autocommit=True,
            connect_timeout=CONNECT_TIMEOUT,
            # A connection that the network has dropped silently counts as lost after a minute.
            keepalives_idle=30,
            keepalives_interval=10,
            keepalives_count=3,
        )
        connection.execute(f"LISTEN {CHANNEL}")
        return connection


class SqliteOutboxSignal:
    """`db.ports.messaging.OutboxSignal` by the newest row's id, which costs one index look-up.

    SQLite tells other processes nothing. The id is seen once its transaction is committed, which a
    signal sent by the writer would have to wait for.
    """

    def __init__(self, url: URL) -> None:
        self._path = url.database or ""
        self._connection: sqlite3.Connection | None = None
        self._newest: int | None = None

    def wait(self, timeout: timedelta) -> bool:
        end = time.monotonic() + timeout.total_seconds()
        while True:
            newest = self._newest_id()
            if newest != self._newest:
                self._newest = newest
                return True
            if time.monotonic() >= end:
                return False
            time.sleep(LOOK)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _newest_id(self) -> int | None:
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(
                    self._path, isolation_level=None, check_same_thread=False
                )
            (newest,) = self._connection.execute("SELECT max(id) FROM outbox").fetchone()
        except sqlite3.Error as error:
            self.close()
            raise Unavailable("База данных недоступна или занята, повторите позже.") from error
        return None if newest is None else int(newest)
