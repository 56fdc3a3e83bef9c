"""Keeps the parts of the suite running as processes: starts, watches, restarts, stops them."""

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
    """Another supervisor has this data directory."""


@dataclass(eq=False)
class Part:
    """One process: how to start it, how to know that it works, how long it may take to stop."""

    name: str
    label: str
    command: Callable[[], tuple[Sequence[str], Mapping[str, str]]]
    works: Callable[[], bool]
    log: Path
    grace: float = 30.0
    """Seconds between SIGTERM and SIGKILL."""
    deaf: float = 60.0
    """Seconds a living process may fail its check before it is restarted."""
    needs: "tuple[Part, ...]" = ()
    """Without them it cannot pass its check: while one of them fails, this one is left alone."""
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    restarts: int = 0
    next_start: float = 0.0
    worked_at: float = 0.0
    checked_at: float = 0.0
    kill_at: float | None = None
    """When a process that was asked to stop is killed."""

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def well(self) -> bool:
        """It passed its last check."""
        return self.alive and self.worked_at >= self.checked_at


@dataclass
class Supervisor:
    """Owns the processes of one data directory; a second supervisor on it is refused."""

    state: Path
    say: Say
    parts: list[Part] = field(default_factory=list)
    addresses: Mapping[str, str] = field(default_factory=dict)
    """Told to other commands and tests through the state file."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Variables that the suite was started with, told in the same way."""
    stopping: bool = False

    def start(self, part: Part) -> None:
        """Start a part in a session of its own: the terminal's Ctrl+C reaches only us."""
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
        """Wait until the part works. Returns: False when it died or time ran out."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and part.alive and not self.stopping:
            if part.works():
                return True
            time.sleep(0.1)
        return False

    def watch(self) -> None:
        """Restart what died or went deaf, until asked to stop."""
        while not self.stopping:
            for part in self.parts:
                self._look_after(part)
                rotate(part.log)
            time.sleep(0.3)

    def stop(self) -> None:
        """Stop the parts in the reverse order of their start, each within its grace time."""
        self.stopping = True
        for part in reversed(self.parts):
            if part.process is not None and part.alive:
                self.say(f"останавливаю: {part.label}")
                process = part.process
                terminate(process.pid, part.grace, ended=partial(_ended, process))
                process.wait(5)
        self.state.unlink(missing_ok=True)

    def _look_after(self, part: Part) -> None:
        """Never waits: while one part is slow to stop, the others are looked after."""
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
        if part.works() or not all(need.well for need in part.needs):
            part.worked_at = now
        elif now - part.worked_at > part.deaf and part.process is not None:
            self.say(f"⚠ {part.label}: не отвечает {part.deaf:.0f} с, перезапускаю")
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
def alone(lock: Path) -> Iterator[None]:
    """Hold the data directory; the lock ends with the process, however it dies.

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
