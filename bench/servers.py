"""Servers of a benchmark: PostgreSQL with durable commits, engine nodes on it, the whole suite."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.support.engine.harness import RunningEngine, running_engine
from tests.support.servers.postgres import new_database, server
from tests.support.suite.running import RunningSuite, running_suite

ACCOUNTS = ("admin", "worker", "api", "deploy")
SECRET = "Aa1-Quite-Secret-2026"
HEAP = "768m"
ENGINE_DATABASE = "camunda"


@contextmanager
def postgres() -> Iterator[str]:
    """Start PostgreSQL with fsync on. Yields: its address without a database name.

    Raises: tests.support.servers.postgres.PostgresMissing.
    """
    with server(durable=True) as address:
        yield address


@contextmanager
def engine_nodes(address: str, directory: Path, count: int = 1) -> Iterator[list[RunningEngine]]:
    """Start ``count`` engine nodes on one database of ``address``, provisioned, without diagrams.

    ``address`` may be that of a `bench.wire.Wire` in front of PostgreSQL.
    """
    new_database(address, ENGINE_DATABASE)
    with ExitStack() as nodes:
        yield [
            nodes.enter_context(
                running_engine(
                    directory / f"engine-{number}",
                    provisioned=number == 0,
                    xmx=HEAP,
                    schema_update=number == 0,
                    **_engine_settings(address),
                )
            )
            for number in range(count)
        ]


@contextmanager
def suite(
    address: str, directory: Path, settings: Mapping[str, str] | None = None
) -> Iterator[RunningSuite]:
    """Start everything as `make up` does, engine and deals on PostgreSQL at ``address``.

    ``settings``: more variables, for instance ``WORKER_THREADS``.
    """
    new_database(address, ENGINE_DATABASE)
    engine = _engine_settings(address)
    given = {
        "DATABASE_URL": new_database(address, "deals"),
        "ENGINE_XMX": HEAP,
        **{f"ENGINE_{name.upper()}": str(value) for name, value in engine.items()},
        **(settings or {}),
    }
    with running_suite(directory, given) as running:
        running.secrets.update(dict.fromkeys(ACCOUNTS, SECRET))
        yield running


def postmaster(address: str) -> int:
    """Pid of the PostgreSQL server at a plain ``address``: the parent of every connection."""
    with psycopg.connect(f"{address}/postgres") as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        columns = Path(f"/proc/{row[0]}/stat").read_text().rpartition(")")[2].split()
    return int(columns[1])


def pids(running: RunningSuite) -> dict[str, int]:
    """Pid of each part of a running suite: engine, onec, api, worker."""
    return {name: int(pid) for name, pid in running.state["parts"].items()}


def _engine_settings(address: str) -> dict[str, Any]:
    plain = address.replace("postgresql+psycopg://pit@", "jdbc:postgresql://")
    return {
        "profile": "postgres",
        "db_url": f"{plain}/{ENGINE_DATABASE}",
        "db_user": "pit",
        "db_password": "any",
        **{f"{name}_password": SECRET for name in ACCOUNTS},
    }
