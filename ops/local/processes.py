"""Processes of the operating system, identified by pid and start time because pids are reused."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
STATE, START_TIME = 0, 19  # columns of /proc/PID/stat after the command name, see proc(5)


@dataclass(frozen=True)
class Process:
    """One process; another one with the same pid is not equal to it."""

    pid: int
    started: str
    """Opaque text of the start time, from `start_time`."""

    @property
    def alive(self) -> bool:
        """Whether the process still runs; a zombie and a stranger with its pid do not count."""
        return start_time(self.pid) == self.started

    def terminate(self, grace: float) -> None:
        """Stop the process: see `terminate`. Safe to repeat, also after its end."""
        if self.alive:
            terminate(self.pid, grace, ended=lambda: not self.alive)


def start_time(pid: int) -> str | None:
    """Start time of a running process; None if there is none or if it is a zombie.

    Linux: id of the boot and clock ticks since then. Other systems: the date shown by `ps`.
    """
    try:
        if PROC.is_dir():
            columns = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
            boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
            return None if columns[STATE] == "Z" else f"{boot} {columns[START_TIME]}"
        shown = subprocess.run(
            ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, timeout=5
        ).stdout.split(maxsplit=1)
    except OSError:
        return None
    return None if len(shown) < 2 or shown[0].startswith("Z") else shown[1].strip()


def terminate(pid: int, grace: float, *, ended: Callable[[], bool]) -> None:
    """Send SIGTERM and, if ``ended`` is not true in ``grace`` seconds, SIGKILL to its session."""
    send(pid, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while not ended():
        if time.monotonic() > deadline:
            send(pid, signal.SIGKILL)
            return
        time.sleep(0.05)


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal: SIGKILL to the process group, others to the process; it may have ended."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number) if number is signal.SIGKILL else os.kill(pid, number)
