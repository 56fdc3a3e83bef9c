"""Roles and schemas in the PostgreSQL database of an installation.

Deals and engine have a schema and a role each in one database, so that one dump is a consistent
snapshot of both.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from bpmn.camunda.server.settings import EngineSettings
from db.config.operator_error import OperatorError

Say = Callable[[str], None]
PAUSE = 1.0  # seconds between two tries
CONNECT_SECONDS = 5
LOCK = 7_404_117
"""Key of the advisory lock that serializes `setup` and `restore`."""


class NotPostgres(OperatorError):
    """The configured database is not PostgreSQL, or its encoding is not UTF-8."""


class PasswordRefused(OperatorError):
    """The server refused the superuser's password; waiting does not help."""

    def __init__(self, user: str) -> None:
        super().__init__(
            f"PostgreSQL не принимает пароль роли {user}: он задаётся при первом запуске базы и с "
            "новым .env сам не меняется. Верните прежний .env или задайте базе пароль из нового "
            "(PIT_POSTGRES_PASSWORD), затем docker compose up -d:\n"
            f"docker compose exec postgres psql -U {user} -c "
            f"\"ALTER ROLE {user} PASSWORD 'новый пароль'\""
        )


@dataclass(frozen=True)
class Role:
    """A PostgreSQL role with login; its schema has the same name."""

    name: str
    password: str


def deals_role(database_url: str) -> Role:
    """Return the role of ``postgresql+psycopg://deals:…@host/pit``. Raises: NotPostgres."""
    url = make_url(database_url)
    if url.get_backend_name() != "postgresql" or not url.username:
        raise NotPostgres(
            "DATABASE_URL: нужен адрес вида postgresql+psycopg://role:password@host/database."
        )
    return Role(url.username, url.password or "")


def engine_role(settings: EngineSettings) -> Role:
    """Return the engine's database role. Raises: NotPostgres."""
    if settings.profile != "postgres" or not settings.db_url or not settings.db_user:
        raise NotPostgres(
            "Движку нужны настройки ENGINE_PROFILE=postgres, ENGINE_DB_URL и ENGINE_DB_USER."
        )
    secret = settings.db_password
    return Role(settings.db_user, secret.get_secret_value() if secret else "")


def plain_url(url: str) -> str:
    """Return the URL for libpq, without SQLAlchemy's driver name and Java's ``jdbc:``."""
    return url.removeprefix("jdbc:").replace("postgresql+psycopg:", "postgresql:", 1)


@contextmanager
def locked(url: str, patience: float, say: Say) -> Iterator["psycopg.Connection[Any]"]:
    """Connect and hold the lock of `setup` and `restore`.

    Raises: psycopg.OperationalError if the server does not respond within ``patience`` seconds,
        PasswordRefused, NotPostgres.
    """
    with connected(url, patience, say) as connection:
        if (encoding := connection.info.parameter_status("server_encoding")) != "UTF8":
            raise NotPostgres(f"База данных создана в кодировке {encoding}, нужна UTF8.")
        say("Жду своей очереди у базы данных…")
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        yield connection


@contextmanager
def connected(url: str, patience: float, say: Say) -> Iterator["psycopg.Connection[Any]"]:
    """Connect in autocommit mode; wait until the server responds.

    Raises: psycopg.OperationalError if the server does not respond within ``patience`` seconds,
        PasswordRefused at once.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            connection = psycopg.connect(
                plain_url(url), autocommit=True, connect_timeout=CONNECT_SECONDS
            )
            break
        except psycopg.OperationalError as error:
            if _refuses_password(error):
                raise PasswordRefused(make_url(url).username or "postgres") from error
            if time.monotonic() > deadline:
                raise
            say("База данных ещё не отвечает, жду…")
            time.sleep(PAUSE)
    with connection:
        yield connection


def _refuses_password(error: psycopg.OperationalError) -> bool:
    """Compare the message, because libpq gives no SQLSTATE (28P01) for a failed connection."""
    return "password authentication failed" in str(error)


def make_roles(connection: "psycopg.Connection[Any]", *roles: Role) -> None:
    """Create or update roles, their passwords and schemas; ``connection``: of a superuser.

    Safe to repeat because existing roles are altered to the same state. The statement contains a
    SCRAM verifier instead of the password, so that no password appears in the server's log.
    """
    _only_for_roles(connection)
    for role in roles:
        name = sql.Identifier(role.name)
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role.name])
        verb = sql.SQL("ALTER ROLE" if known.fetchone() else "CREATE ROLE")
        verifier = connection.pgconn.encrypt_password(
            role.password.encode(), role.name.encode(), b"scram-sha-256"
        )
        connection.execute(
            sql.SQL("{} {} LOGIN NOSUPERUSER PASSWORD {}").format(
                verb, name, sql.Literal(verifier.decode())
            )
        )
        connection.execute(
            sql.SQL("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}").format(name, name)
        )
        database = sql.Identifier(connection.info.dbname)
        connection.execute(
            sql.SQL("ALTER ROLE {} IN DATABASE {} SET search_path = {}").format(
                name, database, name
            )
        )
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, name))


def make_search_extension(connection: "psycopg.Connection[Any]", role: Role) -> None:
    """Create the extension of the search index, which ``role`` itself may not create.

    In the schema public, because the schemas of the roles are dropped and loaded by a restore. Safe
    to repeat because an existing extension stays. A server without it is reported by the migration.
    """
    name = sql.Identifier(role.name)
    query = "SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'"
    if connection.execute(query).fetchone():
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public")
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name))


def _only_for_roles(connection: "psycopg.Connection[Any]") -> None:
    database = sql.Identifier(connection.info.dbname)
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
