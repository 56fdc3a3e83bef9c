"""Copy-and-truncate rotation of a log that another process writes.

The writer appends (O_APPEND), so it continues at the new end of the same file. Lines written
between copy and truncation are lost. A pipe would lose none, but would end every part together
with the supervisor.
"""

import shutil
from contextlib import suppress
from pathlib import Path

LARGEST = 10_000_000  # bytes
KEPT = 4
"""Number of old files; docker-compose.yml has the same limits."""


def rotate(log: Path, largest: int = LARGEST, kept: int = KEPT) -> bool:
    """Rotate the log if it is larger than ``largest`` bytes; returns whether it was.

    On a full disk the log is truncated without a copy, because it may have filled the disk. Errors
    of the file system are ignored, so that the supervisor continues.
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
