"""Stopping a process for a while, all of its threads."""

import os
import signal
from pathlib import Path

from tests.support.waiting import eventually


def stop(pid: int) -> None:
    """Send SIGSTOP and wait until no thread runs.

    On a busy machine the signal takes effect only when the thread that receives it gets the
    processor; the others work on until then and might stop in the middle of a transaction.
    """
    os.kill(pid, signal.SIGSTOP)
    eventually(lambda: all(_is_stopped(stat) for stat in Path(f"/proc/{pid}/task").glob("*/stat")))


def _is_stopped(stat: Path) -> bool:
    try:
        state = stat.read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in ("T", "Z")
