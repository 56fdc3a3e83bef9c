"""Runs a command in a container and ends it when it hangs: `python -m ops.containers.watchdog CMD`.

Docker restarts a container that ended, but not one that hangs. So the watchdog checks what
``WORKS_WHEN`` names (see healthcheck.py). When the checks fail for about a minute after they had
succeeded, it ends the command, and with it the container. ``NEEDS`` names services, separated by
blanks, that the command depends on: while one of them fails, a restart would not help.

Standard library only, because every container starts it.
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
HUNG = 1
"""Exit code of the watchdog after it ended a hung command."""

Check = Callable[[], bool]


@dataclass(frozen=True)
class Timing:
    """Interval of checks and tolerance for failed ones."""

    interval: float = 5.0
    """Seconds between two checks."""
    max_failures: int = 10
    """Failed checks in a row. Counted instead of seconds, because nobody can answer while the
    container or the machine is paused. A check of a hung command takes up to 4 s by itself."""
    grace: float = 45.0
    """Seconds between SIGTERM and SIGKILL: the longest stop_grace_period of the compose file, so
    that a worker can finish its running tasks."""


def run(argv: Sequence[str], works: Check, needs: Check, timing: Timing) -> int:
    """Run the command until it ends, passing SIGTERM and SIGINT on to it.

    Returns: its exit code, 128 + N after signal N, or `HUNG` if the watchdog ended it.
    """
    stopping = False
    child = subprocess.Popen(argv)

    def pass_on(number: int, _: object) -> None:
        nonlocal stopping
        stopping = True
        child.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, pass_on)
    worked, failures = False, 0  # failures count only after the first success: a start may be slow
    while not _ended(child, timing.interval):
        healthy = works()
        worked = worked or healthy
        failures = 0 if healthy or not (worked and needs()) else failures + 1
        if failures >= timing.max_failures and not stopping:
            print(f"{failures} health checks failed, stopping: {' '.join(argv)}", flush=True)
            child.terminate()
            if not _ended(child, timing.grace):
                child.kill()
                child.wait()
            return HUNG
    code = child.returncode
    return code if code >= 0 else 128 - code


def _ended(child: "subprocess.Popen[bytes]", seconds: float) -> bool:
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def all_healthy(targets: str | None) -> Check:
    """Return a check of all targets, separated by blanks; without targets it is always true."""

    def check() -> bool:
        try:
            return all(is_healthy(one) for one in (targets or "").split())
        except (OSError, HTTPException):
            return False

    return check


if __name__ == "__main__":
    sys.exit(
        run(
            sys.argv[1:],
            all_healthy(os.environ[WORKS_WHEN]),
            all_healthy(os.environ.get(NEEDS)),
            Timing(),
        )
    )
