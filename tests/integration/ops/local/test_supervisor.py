"""Restart, shutdown and locking by the supervisor, with small real processes."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ops.local import supervisor
from ops.local.log_rotation import LARGEST
from ops.local.supervisor import AlreadyRuns, Part, Supervisor, exclusive, running

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
PATIENT = "import time; time.sleep(60)"


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "CHECK_EVERY", 0.05)


def part(name: str, directory: Path, works: Callable[[], bool], **known: Any) -> Part:
    command = [sys.executable, "-c", known.pop("program", PATIENT)]
    log = directory / f"{name}.log"
    return Part(name, name, lambda: (command, os.environ), works, log, grace=0.3, **known)


@contextmanager
def watching(directory: Path, *parts: Part) -> Iterator[tuple[Supervisor, list[str]]]:
    told: list[str] = []
    watch = Supervisor(directory / "run.json", told.append)
    for one in parts:
        watch.start(one)
    thread = threading.Thread(target=watch.watch)
    thread.start()
    try:
        yield watch, told
    finally:
        watch.stopping = True
        thread.join(10)
        watch.stop()


def until(check: Callable[[], object]) -> None:
    deadline = time.monotonic() + 15
    while not check():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def test_a_part_that_lives_but_answers_nobody_is_killed_and_started_anew(tmp_path: Path) -> None:
    deaf = part("deaf", tmp_path, lambda: False, hang_timeout=0.2, program=STUBBORN)

    with watching(tmp_path, deaf) as (_, told):
        until(lambda: any("запущен снова" in line for line in told))

    assert any("не отвечает" in line for line in told)
    assert any(f"код -{signal.SIGKILL.value}" in line for line in told)


def test_a_part_is_not_blamed_for_the_silence_of_one_it_needs(tmp_path: Path) -> None:
    engine = part("engine", tmp_path, lambda: False, hang_timeout=60)
    worker = part("worker", tmp_path, lambda: False, hang_timeout=0.1, depends_on=(engine,))

    with watching(tmp_path, engine, worker) as (_, told):
        first = worker.process
        until(lambda: worker.checked_at > worker.started_at + 0.6)
        same = worker.process is first and worker.alive

    assert same
    assert told == ["останавливаю: worker", "останавливаю: engine"]


def test_a_part_slow_to_stop_keeps_nobody_from_being_restarted(tmp_path: Path) -> None:
    slow = part("slow", tmp_path, lambda: False, hang_timeout=0.05, program=STUBBORN)
    slow.grace = 30
    other = part("other", tmp_path, lambda: True)

    with watching(tmp_path, slow, other) as (_, told):
        until(lambda: slow.kill_at is not None)
        assert other.process is not None
        other.process.kill()
        until(lambda: any("other: запущен снова" in line for line in told))
        still_stopping = slow.alive
        slow.grace = 0.3

    assert still_stopping


def test_one_directory_has_one_supervisor_and_a_dead_one_leaves_no_lock(tmp_path: Path) -> None:
    lock = tmp_path / "up.lock"
    with exclusive(lock), pytest.raises(AlreadyRuns), exclusive(lock):
        pass

    with exclusive(tmp_path / "up.lock"):
        pass


def test_a_state_file_of_processes_that_ended_names_nobody(tmp_path: Path) -> None:
    gone = part("gone", tmp_path, lambda: True, program="pass")

    with watching(tmp_path, gone) as (watch, _):
        until(lambda: "gone" not in running(watch.state))

    assert running(tmp_path / "missing.json") == {}


LOUD = """
import os, time
while True:
    os.write(1, b"x" * 1_000_000)
    time.sleep(0.005)
"""


def test_the_log_of_a_part_that_floods_it_stays_within_bounds(tmp_path: Path) -> None:
    loud = part("loud", tmp_path, lambda: True, program=LOUD)

    with watching(tmp_path, loud):
        until(lambda: (tmp_path / "loud.log.2").exists())
        until(lambda: loud.log.stat().st_size < LARGEST)
