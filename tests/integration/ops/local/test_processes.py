"""Processes left by a crash are stopped; a stranger that got one of their pids is not."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.local.commands import down
from ops.local.processes import Process, start_time
from ops.local.settings import SuiteSettings
from ops.local.supervisor import running


@pytest.fixture
def other() -> Iterator["subprocess.Popen[bytes]"]:
    """A process whose command line looks like a part of the suite."""
    argv = [sys.executable, "-c", "import time; time.sleep(60)", "manage.py", "-m", "api"]
    with subprocess.Popen(argv, start_new_session=True) as process:
        yield process
        process.kill()


def suite_with_state(directory: Path, pid: int, started: str | None) -> SuiteSettings:
    """Settings of a suite whose state file says that ``pid`` is its supervisor and its API."""
    settings = SuiteSettings(_env_file=None, data_dir=directory)
    state = {"supervisor": pid, "parts": {"api": pid}}
    if started is not None:
        state["started"] = {"supervisor": started, "api": started}
    settings.state.write_text(json.dumps(state))
    return settings


@pytest.mark.parametrize("started", ["another boot 1", None])
def test_down_leaves_a_stranger_with_a_reused_pid_alone(
    tmp_path: Path,
    other: "subprocess.Popen[bytes]",
    started: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = suite_with_state(tmp_path, other.pid, started)

    down(settings)

    assert other.poll() is None
    assert "Ничего не запущено" in capsys.readouterr().out


def test_down_stops_the_process_that_the_state_file_means(
    tmp_path: Path, other: "subprocess.Popen[bytes]"
) -> None:
    settings = suite_with_state(tmp_path, other.pid, start_time(other.pid))
    assert set(running(settings.state)) == {"supervisor", "api"}

    down(settings)

    assert other.wait(5) < 0
    assert not settings.state.exists()


def test_a_zombie_and_a_process_that_ended_do_not_run(other: "subprocess.Popen[bytes]") -> None:
    process = Process(other.pid, str(start_time(other.pid)))
    assert process.alive

    os.kill(other.pid, 9)
    os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)  # ended and not reaped
    as_zombie = process.alive
    other.wait(5)

    assert not as_zombie
    assert not process.alive
    assert start_time(other.pid) is None


def test_start_time_without_proc_comes_from_ps(
    other: "subprocess.Popen[bytes]", monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("ops.local.processes.PROC", tmp_path / "absent")

    found = start_time(other.pid)

    assert found == start_time(other.pid)
    assert found
    assert start_time(2**22 + 1) is None
