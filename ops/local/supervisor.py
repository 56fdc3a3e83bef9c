"""Supervisor of the local stack: starts, monitors, restarts and stops its processes."""

import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ops.local.log_rotation import rotate
from ops.local.processes import Process, send, start_time, terminate

STABLE = 60.0  # seconds after which a restart counts as the first again
LONGEST_PAUSE = 30.0  # seconds between two restarts
CHECK_EVERY = 5.0  # seconds

Say = Callable[[str], None]


class AlreadyRuns(Exception):
    """Another supervisor holds the lock of this data directory."""


@dataclass(eq=False)
class Part:
    """One supervised process: command, health check, timeouts and state."""

    name: str
    label: str
    command: Callable[[], tuple[Sequence[str], Mapping[str, str]]]
    works: Callable[[], bool]
    log: Path
    grace: float = 30.0
    """Seconds between SIGTERM and SIGKILL."""
    hang_timeout: float = 60.0
    """Seconds that a running process may fail its check before it is restarted."""
    depends_on: "tuple[Part, ...]" = ()
    """Parts without which the check cannot succeed; while one is unhealthy, there is no restart."""
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    restarts: int = 0
    next_start: float = 0.0
    worked_at: float = 0.0
    checked_at: float = 0.0
    kill_at: float | None = None
    """Time of SIGKILL, once SIGTERM was sent."""

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def healthy(self) -> bool:
        """Whether the process runs and passed its last check."""
        return self.alive and self.worked_at >= self.checked_at


@dataclass
class Supervisor:
    """Owner of the processes of one data directory."""

    state: Path
    say: Say
    parts: list[Part] = field(default_factory=list)
    addresses: Mapping[str, str] = field(default_factory=dict)
    """URLs of the parts, published in the state file for other commands."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Variables that the stack was started with, published likewise."""
    stopping: bool = False

    def start(self, part: Part) -> None:
        """Start a part in its own session, so that Ctrl+C reaches only the supervisor."""
        argv, env = part.command()
        part.log.parent.mkdir(parents=True, exist_ok=True)
        with part.log.open("ab") as log:
            part.process = subprocess.Popen(
                argv, env=dict(env), stdout=log, stderr=log, start_new_session=True
            )
        part.started_at = part.worked_at = part.checked_at = time.monotonic()
        part.kill_at = None
        if part not in self.parts:
            self.parts.append(part)
        self._remember()

    def wait(self, part: Part, seconds: float) -> bool:
        """Wait until the check of the part succeeds; False if it ended or the time is over."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and part.alive and not self.stopping:
            if part.works():
                return True
            time.sleep(0.1)
        return False

    def watch(self) -> None:
        """Restart parts that ended or hang, until `stopping` is set."""
        while not self.stopping:
            for part in self.parts:
                self._supervise(part)
                rotate(part.log)
            time.sleep(0.3)

    def stop(self) -> None:
        """Stop the parts in reverse order of their start, each within its grace period."""
        self.stopping = True
        for part in reversed(self.parts):
            if part.process is not None and part.alive:
                self.say(f"останавливаю: {part.label}")
                process = part.process
                terminate(process.pid, part.grace, ended=partial(_ended, process))
                process.wait(5)
        self.state.unlink(missing_ok=True)

    def _supervise(self, part: Part) -> None:
        """Check or restart one part without waiting, so that a slow part does not block others."""
        now = time.monotonic()
        if not part.alive:
            self._restart(part, now)
        elif part.kill_at is not None:
            if part.process is not None and now >= part.kill_at:
                send(part.process.pid, signal.SIGKILL)
        elif now - part.checked_at >= CHECK_EVERY:
            self._check(part, now)

    def _check(self, part: Part, now: float) -> None:
        part.checked_at = now
        if part.works() or not all(other.healthy for other in part.depends_on):
            part.worked_at = now
        elif now - part.worked_at > part.hang_timeout and part.process is not None:
            self.say(f"⚠ {part.label}: не отвечает {part.hang_timeout:.0f} с, перезапускаю")
            send(part.process.pid, signal.SIGTERM)
            part.kill_at = now + part.grace

    def _restart(self, part: Part, now: float) -> None:
        if part.process is not None:
            code, part.process = part.process.returncode, None
            part.restarts = 0 if now - part.started_at > STABLE else part.restarts + 1
            pause = min(LONGEST_PAUSE, 2.0 ** (part.restarts - 1)) if part.restarts else 0.0
            part.next_start = now + pause
            self.say(
                f"⚠ {part.label}: процесс остановился (код {code}), "
                f"перезапуск через {pause:.0f} с; журнал: {part.log}"
            )
        if now >= part.next_start:
            self.start(part)
            self.say(f"✓ {part.label}: запущен снова")

    def _remember(self) -> None:
        pids = {part.name: part.process.pid for part in self.parts if part.process is not None}
        self.state.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.state.with_suffix(".new")
        started = {name: start_time(pid) for name, pid in pids.items()}
        state = {
            "supervisor": os.getpid(),
            "parts": pids,
            "started": {"supervisor": start_time(os.getpid()), **started},
            "addresses": dict(self.addresses),
            "settings": dict(self.settings),
        }
        fresh.touch(mode=0o600)  # settings may hold passwords
        fresh.chmod(0o600)
        fresh.write_text(json.dumps(state))
        fresh.replace(self.state)


def _ended(process: "subprocess.Popen[bytes]") -> bool:
    return process.poll() is not None


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Hold the lock of the data directory; the system releases it when the process ends.

    Raises: AlreadyRuns.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRuns(str(lock)) from None
        yield


def running(state: Path) -> dict[str, Process]:
    """Processes of the state file that still run: name → process."""
    try:
        known = json.loads(state.read_text())
        pids = {"supervisor": known["supervisor"], **known["parts"]}
        processes = {
            name: Process(int(pid), str(known["started"][name])) for name, pid in pids.items()
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {name: process for name, process in processes.items() if process.alive}
