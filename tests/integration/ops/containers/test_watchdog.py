"""Exit codes, signals and hang detection of the container watchdog."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from ops.containers.watchdog import HUNG, Timing, all_healthy, run
from tests.support.waiting import eventually

KEEPER = """
import pathlib, sys
from ops.containers.watchdog import Timing, run
well, needed = (pathlib.Path(name) for name in sys.argv[1:3])
timing = Timing(interval=0.05, max_failures=10, grace=0.3)
sys.exit(run([sys.executable, "-c", sys.argv[3]], well.exists, needed.exists, timing))
"""
SLEEPS = "import time; time.sleep(60)"
STOPS_WELL = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))
pathlib.Path({started!r}).touch()
time.sleep(60)
"""


@pytest.fixture
def well(tmp_path: Path) -> Path:
    """Exists while the process works."""
    return tmp_path / "well"


@pytest.fixture
def needed(tmp_path: Path) -> Path:
    """Exists while that works what the process needs."""
    (tmp_path / "needed").touch()
    return tmp_path / "needed"


def kept(well: Path, needed: Path, program: str) -> "subprocess.Popen[str]":
    argv = [sys.executable, "-c", KEEPER, str(well), str(needed), program]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)


def ended(keeper: "subprocess.Popen[str]") -> tuple[int, str]:
    """Wait for the end; returns exit code and output."""
    with keeper:
        try:
            said, _ = keeper.communicate(timeout=20)
        finally:
            keeper.kill()
    return keeper.returncode, said


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("pass", 0),
        ("import sys; sys.exit(7)", 7),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 137),
    ],
)
def test_the_code_of_the_process_is_the_containers(
    well: Path, needed: Path, program: str, code: int
) -> None:
    assert ended(kept(well, needed, program)) == (code, "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_wish_to_stop_reaches_the_process_and_its_code_comes_back(
    well: Path, needed: Path, tmp_path: Path, number: Any
) -> None:
    started = tmp_path / "started"
    program = STOPS_WELL.format(started=str(started)).replace("SIGTERM", number.name)
    keeper = kept(well, needed, program)
    eventually(started.exists)

    keeper.send_signal(number)

    assert ended(keeper) == (5, "")


@pytest.mark.parametrize(
    "program",
    [SLEEPS, f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPS}"],
    ids=["stops when asked", "is killed"],
)
def test_what_worked_and_then_hangs_is_ended(well: Path, needed: Path, program: Any) -> None:
    well.touch()
    keeper = kept(well, needed, program)
    time.sleep(1.0)
    assert keeper.poll() is None, "ended though it worked"

    well.unlink()

    code, said = ended(keeper)
    assert code == HUNG
    assert "health checks failed" in said


def test_what_never_worked_yet_is_left_alone(well: Path, needed: Path) -> None:
    keeper = kept(well, needed, SLEEPS)

    with pytest.raises(subprocess.TimeoutExpired):
        keeper.wait(2)

    keeper.terminate()
    assert ended(keeper) == (128 + signal.SIGTERM, "")


def test_a_restart_is_no_cure_while_what_it_needs_fails_too(well: Path, needed: Path) -> None:
    well.touch()
    keeper = kept(well, needed, SLEEPS)
    time.sleep(1.0)

    needed.unlink()
    well.unlink()
    with pytest.raises(subprocess.TimeoutExpired):
        keeper.wait(2)
    needed.touch()

    code, _ = ended(keeper)
    assert code == HUNG


def test_a_paused_container_is_not_ended_at_the_first_look_afterwards(
    well: Path, needed: Path
) -> None:
    well.touch()
    keeper = kept(well, needed, SLEEPS)
    time.sleep(1.0)

    keeper.send_signal(signal.SIGSTOP)
    well.unlink()
    time.sleep(1.5)  # far longer than ten looks
    keeper.send_signal(signal.SIGCONT)
    time.sleep(0.2)
    well.touch()
    with pytest.raises(subprocess.TimeoutExpired):
        keeper.wait(1)

    keeper.terminate()
    assert ended(keeper) == (128 + signal.SIGTERM, "")


def test_single_failures_with_work_between_are_forgiven(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # this process keeps its own
    looks, through = iter([True, *[False, False, True] * 10]), tmp_path / "through"

    def works() -> bool:
        try:
            return next(looks)
        except StopIteration:
            through.touch()
            return True

    program = f"import os, time\nwhile not os.path.exists({str(through)!r}): time.sleep(0.05)"

    code = run([sys.executable, "-c", program], works, all_healthy(None), Timing(0.01, 3, 1))

    assert code == 0
    assert through.exists()


def test_all_that_is_needed_must_be_well(tmp_path: Path) -> None:
    (tmp_path / "young").touch()
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        assert all_healthy(f"{tmp_path / 'young'} {address}")()
        assert not all_healthy(f"{tmp_path / 'absent'} {address}")()

    assert not all_healthy(address)()
    assert not all_healthy(f"{tmp_path / 'young'} {address}")()
    assert all_healthy(None)()
    assert all_healthy("")()


@pytest.mark.parametrize("said", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 503 Busy\r\n\r\n"])
def test_whatever_the_process_answers_but_a_200_is_no_sign_of_work(said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer_once() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(said)

        answering = Thread(target=answer_once, daemon=True)
        answering.start()
        works = all_healthy(f"http://127.0.0.1:{server.getsockname()[1]}/")

        assert not works()
        answering.join(10)
