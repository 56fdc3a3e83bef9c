"""Runs a container's process: `keeper.py COMMAND …`. What lives but no longer works is ended.

A container engine starts again what ended, but leaves alone what hangs. So the process is asked
for what ``WORKS_WHEN`` names (see healthy.py); once it worked and then did not for a minute, it is
stopped, and the container with it. ``NEEDS`` names what it cannot work without: while that fails
too, a restart would mend nothing. Only the standard library, and nothing of ours.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPException

from ops.containers.healthy import WORKS_WHEN, is_healthy

NEEDS = "NEEDS"
GAVE_UP = 1

Check = Callable[[], bool]


@dataclass(frozen=True)
class Pace:
    """In seconds."""

    every: float = 5.0
    """Between two looks."""
    deaf: float = 60.0
    """A process may fail its check for so long."""
    grace: float = 15.0
    """Between asking a deaf one to stop and killing it."""


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
    worked_at: float | None = None  # a process that only starts may take its time
    while not _ended(child, pace.every):
        now = time.monotonic()
        if works() or (worked_at is not None and not needs()):
            worked_at = now
        if worked_at is not None and now - worked_at > pace.deaf and not stopping:
            print(f"No sign of work for {pace.deaf:.0f} s: {' '.join(argv)} is stopped", flush=True)
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
    """Of nothing: it is always well."""

    def check() -> bool:
        try:
            return what is None or is_healthy(what)
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
