"""Runs pg_dump, pg_restore and psql; the password is passed in the environment."""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from psycopg import conninfo

from db.config.operator_error import OperatorError
from ops.containers.databases import plain_url

MAX_ERROR = 500  # characters of a program's error output


class ClientFailed(OperatorError):
    """A program is missing or failed; the message has the end of its error output."""


def run_client(argv: Sequence[str], url: str) -> None:
    """Run a program on the database of ``url``. Raises: ClientFailed."""
    address, env = _address(url)
    with tempfile.TemporaryFile() as errors:
        with _started([*argv, address], env, errors) as process:
            process.wait()
        _refuse(argv[0], process.returncode, errors)


def load(dump: Path, url: str, *, before: str, after: str) -> None:
    """Run ``before``, the dump and ``after`` in one transaction.

    COMMIT is sent only after the complete dump, so that a process killed before it (this one,
    psql, pg_restore or the server) leaves the database unchanged.

    Raises: ClientFailed.
    """
    address, env = _address(url)
    psql = ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", address]
    with tempfile.TemporaryFile() as refused, tempfile.TemporaryFile() as unread:
        with _started(psql, env, refused, stdin=subprocess.PIPE) as server:
            assert server.stdin is not None
            with suppress(BrokenPipeError):  # psql ended early; its error is reported below
                server.stdin.write(f"BEGIN;\n{before}\n".encode())
                server.stdin.flush()
                reading = ["pg_restore", "--exit-on-error", "--file=-", str(dump)]
                with _started(reading, env, unread, stdout=server.stdin) as reader:
                    whole = reader.wait() == 0
                server.stdin.write(f"{after}\nCOMMIT;\n".encode() if whole else b"")
                server.stdin.close()
            server.wait()
        _refuse("psql", server.returncode, refused)
        _refuse("pg_restore", reader.returncode, unread)


@contextmanager
def _started(
    argv: Sequence[str],
    env: dict[str, str],
    stderr: IO[bytes],
    *,
    stdin: int = subprocess.DEVNULL,
    stdout: int | IO[bytes] = subprocess.DEVNULL,
) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a program and kill it at the end of the block."""
    try:
        process = subprocess.Popen(argv, env=env, stdin=stdin, stdout=stdout, stderr=stderr)
    except FileNotFoundError as missing:
        raise ClientFailed(f"Нет программы {argv[0]}: она в образе care.") from missing
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _refuse(program: str, code: int, errors: IO[bytes]) -> None:
    if code:
        errors.seek(0)
        text = errors.read().decode(errors="replace").strip()
        raise ClientFailed(f"{program}: {text[-MAX_ERROR:]}")


def _address(url: str) -> tuple[str, dict[str, str]]:
    parts = conninfo.conninfo_to_dict(plain_url(url))
    password = str(parts.pop("password", "") or "")
    address = conninfo.make_conninfo("", **parts)
    return f"--dbname={address}", {**os.environ, "PGPASSWORD": password}
