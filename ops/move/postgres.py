"""Move of an engine's PostgreSQL database: one transaction that nobody else is connected in."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

from bpmn.camunda.server.distribution import Distribution
from bpmn.camunda.server.origin import conninfo
from bpmn.camunda.server.settings import EngineSettings
from ops.containers.databases import LOCK
from ops.move.refusals import CountsDiffer, MoveRefused, differing
from ops.move.statements import statements
from ops.move.survey import FACTS, MODELS, Rows, Survey, counting

HEX = "ENCODE(b.BYTES_, 'hex')"
NAME = "move-engine"
"""Name of our own connections."""
MARKER = "pit_prepared"
"""Table of `ops.containers.setup_marker`; without it the nodes wait until `setup` has run again."""
LOCK_TIMEOUT = "60s"
"""How long the change waits for somebody who reads the engine's tables, e.g. a dump."""
CLOSED_SECONDS, LOOK_SECONDS = 1.0, 0.05
"""Seconds for which a closed connection may still be listed; seconds between two looks."""


class PostgresDatabase:
    """The engine's schema, as seen by the engine's own role."""

    def __init__(self, settings: EngineSettings, roles: Sequence[str], advice: str) -> None:
        """``roles``: whose connections forbid the move; ``advice``: how to end them."""
        self.address = conninfo(settings)
        self._roles, self._advice = roles, advice

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep `setup`, `restore` and another move out. Raises: MoveRefused."""
        with self._connection() as connection:
            (free,) = _one(connection, f"SELECT pg_try_advisory_lock({LOCK})")
            if free != "True":
                raise MoveRefused("С базой работает setup, restore или другой перенос: дождитесь.")
            self._refuse_if_used(connection)
            yield

    def survey(self) -> Survey:
        """Read the facts. Raises: MoveRefused if there is no engine in the database."""
        with self._connection() as connection:
            return _survey(connection)

    def hand_over(self, source: Distribution, target: Distribution) -> Mapping[str, str]:
        """Change the database in one transaction. Returns: the counts, equal before and after.

        Interrupted at any moment, the database is unchanged. An engine that starts meanwhile waits
        for the end of the transaction.

        Raises: MoveRefused, CountsDiffer.
        """
        try:
            return self._handed_over(source, target)
        except psycopg.errors.LockNotAvailable:
            raise MoveRefused(
                "Таблицы движка заняты: их читает чужой запрос или резервная копия. Ничего не "
                "изменено. Дождитесь конца и повторите."
            ) from None

    def _handed_over(self, source: Distribution, target: Distribution) -> Mapping[str, str]:
        with self._connection() as connection, connection.transaction():
            connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            connection.execute("LOCK TABLE ACT_GE_PROPERTY IN ACCESS EXCLUSIVE MODE")
            self._refuse_if_used(connection)
            before = _counts(connection)
            for statement in statements(source, target):
                connection.execute(statement)
            connection.execute(f"DROP TABLE IF EXISTS {MARKER}")
            after = _counts(connection)
            if changed := differing(before, after):
                raise CountsDiffer(changed)
            self._refuse_if_used(connection)
        return after

    @contextmanager
    def _connection(self) -> "Iterator[psycopg.Connection[Any]]":
        with psycopg.connect(self.address, autocommit=True, application_name=NAME) as connection:
            yield connection

    def _refuse_if_used(self, connection: "psycopg.Connection[Any]") -> None:
        """Refuse if somebody else is connected; the server lists a closed connection a moment more.

        Raises: MoveRefused.
        """
        patience = time.monotonic() + CLOSED_SECONDS
        while others := self._others(connection):
            if time.monotonic() > patience:
                raise MoveRefused(f"С базой сейчас работают ({others}). {self._advice}")
            time.sleep(LOOK_SECONDS)

    def _others(self, connection: "psycopg.Connection[Any]") -> str:
        connection.execute("SELECT pg_stat_clear_snapshot()")  # kept for a transaction otherwise
        number, role = connection.execute(
            "SELECT count(*), min(usename) FROM pg_stat_activity WHERE datname = current_database()"
            " AND usename = ANY(%s) AND application_name <> %s",
            [list(self._roles), NAME],
        ).fetchone() or (0, "")
        return f"соединений роли {role}: {number}" if number else ""


def _survey(connection: "psycopg.Connection[Any]") -> Survey:
    try:
        facts = {name: _rows(connection, query) for name, query in FACTS.items()}
    except psycopg.errors.UndefinedTable:
        raise MoveRefused("В базе ещё нет движка: переносить нечего.") from None
    return Survey(facts, _rows(connection, MODELS.format(hex=HEX)))


def _counts(connection: "psycopg.Connection[Any]") -> dict[str, str]:
    return {row[0]: row[1] for row in _rows(connection, counting())}


def _rows(connection: "psycopg.Connection[Any]", query: str) -> Rows:
    return [tuple(str(value) for value in row) for row in connection.execute(query)]


def _one(connection: "psycopg.Connection[Any]", query: str) -> tuple[str, ...]:
    return _rows(connection, query)[0]
