"""Marker table that `setup` writes and engine nodes wait for.

Nodes must not create the engine's tables themselves: several at once on an empty database collide,
and all but one fail.
"""

import hashlib
import time
from contextlib import closing
from typing import Any

import psycopg

from bpmn.camunda.server.settings import EngineSettings
from ops.containers.databases import CONNECT_SECONDS, Say, engine_role, plain_url

PAUSE = 2.0  # seconds
REPORT_EVERY = 15.0  # seconds between two lines in the log


def release(settings: EngineSettings) -> str:
    """Identifier of the engine release: the sha256 of its lock file."""
    return hashlib.sha256(settings.described.lock.read_bytes()).hexdigest()


def mark_prepared(settings: EngineSettings) -> None:
    """Write the marker of this release into the engine's schema.

    Safe to repeat because the table has one row, which is updated.
    """
    with closing(_connection(settings)) as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS pit_prepared"
            " (id smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1), release text NOT NULL,"
            " prepared_at timestamptz NOT NULL)"
        )
        connection.execute(
            "INSERT INTO pit_prepared (release, prepared_at) VALUES (%s, now())"
            " ON CONFLICT (id) DO UPDATE SET release = excluded.release, prepared_at = now()",
            [release(settings)],
        )


def wait_until_prepared(settings: EngineSettings, say: Say) -> None:
    """Wait, without a time limit, until `setup` has recorded this release in the database."""
    last_report = float("-inf")
    while (reason := _why_not(settings)) is not None:
        if time.monotonic() - last_report > REPORT_EVERY:
            say(f"Жду подготовки базы (служба setup): {reason}")
            last_report = time.monotonic()
        time.sleep(PAUSE)


def _why_not(settings: EngineSettings) -> str | None:
    try:
        with closing(_connection(settings)) as connection:
            row = connection.execute("SELECT release FROM pit_prepared").fetchone()
    except psycopg.errors.UndefinedTable:
        return "таблиц ещё нет"
    except psycopg.OperationalError:
        return "база данных ещё не отвечает или не принимает пароль"
    if row is None or row[0] != release(settings):
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
