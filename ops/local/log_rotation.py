"""Rotation of a log that another process writes: copied aside and emptied when it is large.

The writer keeps its file: it appends (O_APPEND), so it goes on at the new end. A pipe through the
supervisor would lose nothing of the moment between copying and emptying, but would stop every part
together with the supervisor.
"""

import shutil
from contextlib import suppress
from pathlib import Path

LARGEST = 10_000_000  # bytes
KEPT = 4
"""Files beside the one that is written; docker-compose.yml keeps as much."""


def rotate(log: Path, largest: int = LARGEST, kept: int = KEPT) -> bool:
    """Rotate the log if it is too large. Returns: whether it was.

    On a full disk the log is emptied without a copy: it may be what filled the disk. A file that
    cannot be moved, or a disk that cannot be written, is no reason for the supervisor to end.
    """
    try:
        if log.stat().st_size < largest:
            return False
    except OSError:
        return False
    try:
        for number in range(kept, 1, -1):
            older = _numbered(log, number - 1)
            if older.exists():
                older.replace(_numbered(log, number))
        shutil.copyfile(log, _numbered(log, 1))
    except OSError:
        with suppress(OSError):
            _numbered(log, 1).unlink()
    try:
        with log.open("r+b") as file:
            file.truncate()
    except OSError:
        return False
    return True


def _numbered(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")
