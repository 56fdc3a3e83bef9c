"""Commands in another terminal, whose environment is not the running suite's."""

import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.support.suite.running import ROOT, RunningSuite
from workers.integrations.onec.simulator.running import running

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]


class RealOnec(BaseHTTPRequestHandler):
    """A 1C that is nobody's toy: keeps what it was asked."""

    asked: list[tuple[str, str, str]]

    def answer(self) -> None:
        login = self.headers.get("Authorization", "")
        self.asked.append((self.command, self.path, login))
        self.send_response(401 if not login else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PUT = do_PATCH = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""


@pytest.fixture
def real() -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    asked: list[tuple[str, str, str]] = []
    handler = type("Handler", (RealOnec,), {"asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def manage(suite: RunningSuite, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(suite.data), **env},
        capture_output=True,
        encoding="utf-8",
        timeout=200,
    )


@pytest.mark.parametrize("command", ["reconcile", "demo", "audit"])
def test_another_1c_in_another_terminal_is_refused_and_hears_nothing(
    suite: RunningSuite, real: tuple[str, list[tuple[str, str, str]]], command: str
) -> None:
    address, asked = real

    said = manage(suite, command, ONEC_URL=f"{address}/trade", ONEC_USER="u", ONEC_PASSWORD="p")

    assert said.returncode == 1
    assert "запущен с другими настройками: ONEC_PASSWORD, ONEC_URL, ONEC_USER" in said.stderr
    assert "Traceback" not in said.stderr
    assert asked == []


def test_the_doctor_asks_the_1c_of_its_own_terminal_with_its_own_login(suite: RunningSuite) -> None:
    with running() as other:
        account = other.account
        own = {"ONEC_USER": account.login, "ONEC_PASSWORD": account.password}
        own["ONEC_URL"] = other.publication
        there = manage(suite, "doctor", **own)
        journal = len(other.journal())
        without_login = manage(suite, "doctor", ONEC_URL=other.publication)
        silent = len(other.journal()) == journal

    here = manage(suite, "doctor")

    assert (there.returncode, here.returncode) == (0, 0), there.stdout + here.stdout
    assert other.publication in there.stdout
    assert suite.onec in here.stdout
    assert without_login.returncode == 1
    assert "ONEC_USER" in without_login.stdout
    assert silent


def test_commands_take_what_the_suite_was_started_with(suite: RunningSuite) -> None:
    """The suite got its quick rhythm by its environment; this terminal has none of it."""
    said = manage(suite, "audit", DEMO_PASSWORD="Pit-2026-demo", PORT=suite.url.rpartition(":")[2])
    other = manage(suite, "audit", WORKER_POLL_SECONDS="3")

    assert said.returncode in (0, 1)
    assert "другими настройками" not in said.stderr
    assert "WORKER_POLL_SECONDS" in other.stderr
    assert suite.state["settings"]["WORKER_POLL_SECONDS"] == "1"
    assert (suite.data / "run.json").stat().st_mode & 0o077 == 0


def played(address: str) -> "subprocess.CompletedProcess[str]":
    arguments = ["--url", "http://127.0.0.1:9", "--onec", address, "--password", "p"]
    return subprocess.run(
        [sys.executable, "-m", "ops.demo", *arguments],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )


def test_the_demo_writes_nothing_into_a_real_1c(
    real: tuple[str, list[tuple[str, str, str]]],
) -> None:
    address, asked = real

    said = played(address)

    assert said.returncode == 1
    assert "только с имитатором 1С" in said.stderr
    assert [(method, login) for method, _, login in asked] == [("GET", "")]


def test_a_simulator_is_known_by_its_name() -> None:
    with running() as simulator:
        said = played(simulator.publication.removesuffix("/trade"))

    assert "только с имитатором 1С" not in said.stderr
