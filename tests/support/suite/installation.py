"""An installation of containers in a test: own roles and schemas, commands as in `care`."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from ops.containers.databases import plain_url
from tests.support.servers.postgres import new_database, server_or_skip
from tests.support.suite.running import ROOT

SECRET = "Real-secret-{}-2026"
COMMAND = 400.0  # seconds


@dataclass
class Installation:
    """One database and the settings of everything that works on it."""

    address: str
    env: Mapping[str, str]

    def manage(self, *command: str, **changed: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env={**self.env, **changed},
            capture_output=True,
            text=True,
            timeout=COMMAND,
        )

    def query(self, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(plain_url(self.address), autocommit=True) as connection:
            return connection.execute(statement).fetchall()


@contextmanager
def empty_installation(**more: str) -> Iterator[Installation]:
    """A PostgreSQL server with an empty database; ``more``: settings besides."""
    with server_or_skip() as server:
        address = new_database(server, "pit")
        host = address.partition("@")[2]
        passwords = {
            f"ENGINE_{name}_PASSWORD": SECRET.format(number)
            for number, name in enumerate(("ADMIN", "WORKER", "API", "DEPLOY"))
        }
        own = ("ENGINE_", "SETUP_")
        env = {
            **{name: value for name, value in os.environ.items() if not name.startswith(own)},
            **passwords,
            "SETUP_POSTGRES_URL": f"postgresql://pit:{SECRET.format('super')}@{host}",
            "DATABASE_URL": f"postgresql+psycopg://deals:{SECRET.format('deals')}@{host}",
            "ENGINE_PROFILE": "postgres",
            "ENGINE_DB_URL": f"jdbc:postgresql://{host}",
            "ENGINE_DB_USER": "engine",
            "ENGINE_DB_PASSWORD": SECRET.format("engine"),
            "ENGINE_XMX": "300m",
            "PYTHONUNBUFFERED": "1",
            **more,
        }
        yield Installation(address, env)
