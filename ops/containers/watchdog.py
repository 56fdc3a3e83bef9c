"""Runs a container's process: `keeper.py COMMAND …`. What lives but no longer works is ended.

A container engine starts again what ended, but leaves alone what hangs. So the process is asked
for what ``WORKS_WHEN`` names (see healthy.py); once it worked and then did not for about a minute,
it is stopped, and the container with it. ``NEEDS`` names, with spaces between, what it cannot work
without: while one of these fails too, a restart would mend nothing. Only the standard library, and
nothing of ours.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPException

from ops.containers.healthcheck import WORKS_WHEN, is_healthy

NEEDS = "NEEDS"
GAVE_UP = 1

Check = Callable[[], bool]


@dataclass(frozen=True)
class Pace:
    """How often it is looked at, and how much is forgiven."""

    every: float = 5.0
    """Seconds between two looks."""
    looks: int = 10
    """In a row may fail. Looks and not seconds: after a pause of the container or of the whole
    machine much time has gone by, and nobody could work in it. A look at what hangs takes up to 4 s
    of its own."""
    grace: float = 45.0
    """Seconds between asking a deaf one to stop and killing it: as long as the compose file gives
    the slowest of them, so that a worker's running steps end well."""


def keep(argv: Sequence[str], works: Check, needs: Check, pace: Pace) -> int:
    """Run the command until it ends; SIGTERM and SIGINT are its business.

    Returns: its exit code as a shell would tell it, `GAVE_UP` if it was ended for being deaf.
    """
    stopping = False
    child = subprocess.Popen(argv)

    def pass_on(number: int, _: object) -> None:
        nonlocal stopping
        stopping = True
        child.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, pass_on)
    worked, failed = False, 0  # a process that only starts may take its time
    while not _ended(child, pace.every):
        well = works()
        worked = worked or well
        failed = 0 if well or not (worked and needs()) else failed + 1
        if failed >= pace.looks and not stopping:
            print(f"No sign of work at {failed} looks: {' '.join(argv)} is stopped", flush=True)
            child.terminate()
            if not _ended(child, pace.grace):
                child.kill()
                child.wait()
            return GAVE_UP
    code = child.returncode
    return code if code >= 0 else 128 - code


def _ended(child: "subprocess.Popen[bytes]", seconds: float) -> bool:
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def check_of(what: str | None) -> Check:
    """Whether all that is named, with spaces between, is well; of nothing: always."""

    def check() -> bool:
        try:
            return all(is_healthy(one) for one in (what or "").split())
        except (OSError, HTTPException):
            return False

    return check


if __name__ == "__main__":
    sys.exit(
        keep(
            sys.argv[1:],
            check_of(os.environ[WORKS_WHEN]),
            check_of(os.environ.get(NEEDS)),
            Pace(),
        )
    )
