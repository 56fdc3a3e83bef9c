"""What `setup` leaves in the database, and how the engine's nodes wait for it.

Several nodes on an empty database would make its tables at the same time, and all but one die.
"""

import hashlib
import time
from contextlib import closing
from typing import Any

import psycopg

from bpmn.camunda.server.jars import LOCK
from bpmn.camunda.server.settings import EngineSettings
from ops.containers.databases import CONNECT_SECONDS, Say, engine_role, plain_url

PAUSE = 2.0  # seconds
WAIT_TOLD = 15.0  # seconds between two lines in the log


def release() -> str:
    """Which engine this code runs: changes with the lock file."""
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()


def mark_prepared(settings: EngineSettings) -> None:
    """Say in the engine's schema that nodes of this release may start. Safe to repeat."""
    with closing(_connection(settings)) as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS pit_prepared"
            " (id smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1), release text NOT NULL,"
            " prepared_at timestamptz NOT NULL)"
        )
        connection.execute(
            "INSERT INTO pit_prepared (release, prepared_at) VALUES (%s, now())"
            " ON CONFLICT (id) DO UPDATE SET release = excluded.release, prepared_at = now()",
            [release()],
        )


def wait_until_prepared(settings: EngineSettings, say: Say) -> None:
    """Return when `setup` of this release has been here. Waits for ever: somebody may start it."""
    told = float("-inf")
    while (reason := _why_not(settings)) is not None:
        if time.monotonic() - told > WAIT_TOLD:
            say(f"Жду подготовки базы (служба setup): {reason}")
            told = time.monotonic()
        time.sleep(PAUSE)


def _why_not(settings: EngineSettings) -> str | None:
    try:
        with closing(_connection(settings)) as connection:
            row = connection.execute("SELECT release FROM pit_prepared").fetchone()
    except psycopg.errors.UndefinedTable:
        return "таблиц ещё нет"
    except psycopg.OperationalError:
        return "база данных ещё не отвечает или не знает нас"
    if row is None or row[0] != release():
        return "база подготовлена для другого выпуска"
    return None


def _connection(settings: EngineSettings) -> "psycopg.Connection[Any]":
    role = engine_role(settings)
    return psycopg.connect(
        plain_url(settings.db_url or ""),
        user=role.name,
        password=role.password,
        autocommit=True,
        connect_timeout=CONNECT_SECONDS,
    )
