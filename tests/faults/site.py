"""The suite in the storm: its parts by number, a second worker behind a bad link, a power cut."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import requests

from tests.faults.lossy_link import LossyLink
from tests.support.processes import stop
from tests.support.suite.running import PASSWORD, ROOT
from tests.support.waiting import eventually
from workers.integrations.onec.simulator.account import Account

LOCK_SECONDS = "8"
QUICK = {
    "WORKER_LOCK_SECONDS": LOCK_SECONDS,
    "WORKER_RETRY_SECONDS": "1",
    "WORKER_POLL_SECONDS": "2",
    "WORKER_WATCH_SECONDS": "2",
}
START = 180.0  # seconds
SECOND = "second worker"


class Site:
    """One data directory and one port, whatever dies."""

    def __init__(self, data: Path, link: LossyLink) -> None:
        self.data, self.link = data, link
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._second: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start what does not run, wait until it is usable."""
        settings = {"PORT": str(self.port), "DATA_DIR": str(self.data), "DEMO_PASSWORD": PASSWORD}
        if self._supervisor is None or self._supervisor.poll() is not None:
            said = self._said()
            self._supervisor = self._spawn("up", {**settings, **QUICK}, "manage.py", "up")
            eventually(lambda: self._said() > said or self._has_ended(), START)
        eventually(lambda: self.is_ready() or self._has_ended(), START)
        assert not self._has_ended(), f"the suite ended by itself, see {self.data / 'up.log'}"
        self.link.target = self.state["addresses"]["engine"]
        if self._second is None or self._second.poll() is not None:
            self._second = self._spawn("second", self._worker_environment(), "-m", "workers")

    def stop(self) -> None:
        for process in (self._second, self._supervisor):
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.send_signal(signal.SIGINT)
                process.wait(120)

    @property
    def state(self) -> dict[str, Any]:
        return dict(json.loads((self.data / "run.json").read_text()))

    @property
    def password(self) -> str:
        return PASSWORD

    @property
    def database(self) -> Path:
        return self.data / "deals.sqlite3"

    def letters(self, deal_id: str) -> list[str]:
        """Texts of the letters to the client of a deal, read where they wait, oldest first."""
        database = f"file:{self.database}?mode=ro"
        with closing(sqlite3.connect(database, uri=True, timeout=20)) as rows:
            query = "SELECT body FROM mails WHERE deal_id = ? ORDER BY id"
            return [str(body) for (body,) in rows.execute(query, (deal_id,))]

    @property
    def engine(self) -> str:
        return f"{self.state['addresses']['engine']}/engine-rest"

    @property
    def onec(self) -> str:
        return str(self.state["addresses"]["onec"])

    @property
    def administrator(self) -> tuple[str, str]:
        return "admin", self._secrets["admin"]

    def is_ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/readyz", timeout=10).status_code == 200
        except requests.RequestException:
            return False

    def _said(self) -> int:
        """How often the suite has told that it is up."""
        log = self.data / "up.log"
        return log.read_text().count("Готово") if log.exists() else 0

    def _has_ended(self) -> bool:
        return self._supervisor is not None and self._supervisor.poll() is not None

    def pid(self, part: str) -> int:
        if part == SECOND:
            assert self._second is not None
            return self._second.pid
        return int(self.state["parts"][part])

    def kill(self, part: str) -> None:
        os.kill(self.pid(part), signal.SIGKILL)
        if part == SECOND and self._second is not None:
            self._second.wait(10)

    def freeze(self, part: str, seconds: float) -> None:
        with self.frozen(part):
            time.sleep(seconds)

    @contextmanager
    def frozen(self, part: str) -> Iterator[None]:
        """The process knows nothing of the time that passes."""
        pid = self.pid(part)
        stop(pid)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def power_cut(self) -> None:
        """Every process at once, in the middle of whatever it does; then the lights go on."""
        assert self._supervisor is not None
        numbers = [self._supervisor.pid, *self.state["parts"].values(), self.pid(SECOND)]
        for number in numbers:
            os.kill(number, signal.SIGKILL)
        self._supervisor.wait(10)
        self.start()

    def onec_is(self, **faults: object) -> None:
        """Throw the simulator's switches; none: it is well."""
        requests.put(f"{self.onec}/_simulator/faults", json=faults, timeout=10).raise_for_status()

    def heal(self) -> None:
        """No fault is in force any more."""
        self.link.share = 0.0
        self.start()
        eventually(self._onec_is_well)

    def _onec_is_well(self) -> bool:
        try:
            self.onec_is()
        except requests.RequestException:
            return False
        return True

    @property
    def _secrets(self) -> Mapping[str, str]:
        return dict(json.loads((self.data / "engine" / "secrets.json").read_text()))

    def _worker_environment(self) -> Mapping[str, str]:
        account = Account()
        return {
            **QUICK,
            "DATABASE_URL": f"sqlite:///{self.database}",
            "DEMO": "true",
            "ENGINE_URL": f"{self.link.url}/engine-rest",
            "ENGINE_WORKER_PASSWORD": self._secrets["worker"],
            "ONEC_URL": f"{self.onec}/trade",
            "ONEC_USER": account.login,
            "ONEC_PASSWORD": account.password,
        }

    def _spawn(self, name: str, env: Mapping[str, str], *argv: str) -> "subprocess.Popen[bytes]":
        self.data.mkdir(parents=True, exist_ok=True)
        with (self.data / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *argv],
                cwd=ROOT,
                env={**os.environ, **env},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


def retried(act: Callable[[], object], seconds: float) -> bool:
    """Do it until it works. Returns: False when time ran out."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            act()
        except (requests.RequestException, OSError, AssertionError):
            time.sleep(0.5)
        else:
            return True
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
