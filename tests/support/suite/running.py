"""The whole suite as a user starts it: `manage.py up` on free ports and a fresh directory."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import requests

from bpmn.camunda.client.rest import Engine
from ops.demo.employee import Employee

ROOT = Path(__file__).resolve().parents[3]
START = 420.0  # seconds, downloads included
PASSWORD = "Pit-2026-demo"


@dataclass
class RunningSuite:
    """Addresses, people and secrets of a suite that runs."""

    url: str
    data: Path
    process: "subprocess.Popen[bytes]"
    people: dict[str, Employee] = field(default_factory=dict)

    def __call__(self, login: str) -> Employee:
        """The employee at a browser of their own, logged in once."""
        if login not in self.people:
            self.people[login] = Employee(login, PASSWORD, self.url)
        return self.people[login]

    @property
    def state(self) -> dict[str, Any]:
        return dict(json.loads((self.data / "run.json").read_text()))

    @cached_property
    def secrets(self) -> dict[str, str]:
        """Passwords of the engine's accounts; those made by the suite, unless it was given some."""
        made = self.data / "engine" / "secrets.json"
        return dict(json.loads(made.read_text())) if made.exists() else {}

    @cached_property
    def engine(self) -> Engine:
        """The engine's own REST as its administrator: for looking, past the webapp proxy."""
        address = self.state["addresses"]["engine"]
        return Engine(f"{address}/engine-rest", "admin", self.secrets["admin"])

    @property
    def onec(self) -> str:
        return str(self.state["addresses"]["onec"])

    def output(self) -> str:
        return (self.data / "up.log").read_text(encoding="utf-8", errors="replace")


@contextmanager
def running_suite(
    data: Path,
    env: Mapping[str, str] | None = None,
    root: Path = ROOT,
    *,
    inherits: bool = True,
    python: Path = Path(sys.executable),
) -> Iterator[RunningSuite]:
    """Start the suite of checkout ``root``, wait until it is usable, stop it as Ctrl+C would.

    ``inherits``: with our environment beside ``env``.
    """
    port = _free_port()
    data.mkdir(parents=True, exist_ok=True)
    settings = {"PORT": str(port), "DATA_DIR": str(data), "DEMO_PASSWORD": PASSWORD, **(env or {})}
    with (data / "up.log").open("wb") as log:
        process = subprocess.Popen(
            [python, "manage.py", "up"],
            cwd=root,
            env={**(os.environ if inherits else {}), **settings},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    suite = RunningSuite(f"http://127.0.0.1:{port}", data, process)
    try:
        _wait(suite)
        yield suite
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def checkout(target: Path) -> Path:
    """A copy of this checkout's product files, to be changed by a test. Returns: ``target``."""
    ignored = shutil.ignore_patterns(".*", "tests", "out", "node_modules")
    shutil.copytree(ROOT, target, ignore=ignored)
    return target


def _wait(suite: RunningSuite) -> None:
    deadline = time.monotonic() + START
    while time.monotonic() < deadline and suite.process.poll() is None:
        try:
            ready = requests.get(f"{suite.url}/readyz", timeout=3).status_code == 200
            if ready and "Готово" in suite.output():
                return
        except requests.RequestException:
            pass
        time.sleep(0.2)
    raise RuntimeError(f"The suite did not start:\n{suite.output()[-4000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
