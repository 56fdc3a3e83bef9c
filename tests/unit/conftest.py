"""Fails a unit test that touches the network, a process, a database or writes a file.

A test that needs one of them belongs to `tests/integration`. Python's audit events are used, so
nothing has to be patched; see https://docs.python.org/3/library/audit_events.html.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FORBIDDEN = frozenset(
    {"socket.connect", "socket.bind", "sqlite3.connect", "subprocess.Popen", "os.fork"}
)
CACHES = (".hypothesis", "__pycache__")
_seen: list[str] | None = None


def _opened_for_writing(args: tuple[Any, ...]) -> bool:
    path, mode, flags = args
    if not isinstance(path, str | bytes | os.PathLike):
        return False
    if any(part in CACHES for part in Path(os.fsdecode(path)).parts):
        return False
    writes = set(mode) & set("wax+") if isinstance(mode, str) else flags & (os.O_WRONLY | os.O_RDWR)
    return bool(writes)


def _record(event: str, args: tuple[Any, ...]) -> None:
    if _seen is None:
        return
    if event in FORBIDDEN or (event == "open" and _opened_for_writing(args)):
        _seen.append(f"{event} {args[:1]}")


sys.addaudithook(_record)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Run the test with the audit hook on and fail it when it did I/O."""
    global _seen
    mine: list[str] = []
    _seen = mine if str(item.path).startswith(str(Path(__file__).parent)) else None
    try:
        result = yield
    finally:
        _seen = None
    if mine:
        pytest.fail(f"A unit test does no I/O; move it to tests/integration: {mine[:3]}")
    return result
