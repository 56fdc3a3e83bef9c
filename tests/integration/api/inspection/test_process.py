"""The inspection process: findings by file, limits of time and memory, restart after a crash."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from api.inspection.client import InspectionServer
from api.inspection.findings import Finding
from tests.support.documents.samples import a_pdf

ROOT = Path(__file__).parents[4]


@pytest.fixture
def server() -> Iterator[InspectionServer]:
    server = InspectionServer()
    yield server
    server.close()


def asked(
    server: InspectionServer, place: Path, content: bytes, kind: str = "pdf"
) -> Finding | None:
    place.write_bytes(content)
    with place.open("rb") as file:
        return server.inspect(kind, file)


def test_each_file_gets_its_own_finding_also_after_the_process_died(
    server: InspectionServer, tmp_path: Path
) -> None:
    files = [tmp_path / f"{number}" for number in range(8)]
    contents = [a_pdf(), b"%PDF-"] * 4
    with ThreadPoolExecutor(8) as people:
        before = list(people.map(asked, [server] * 8, files, contents))
    assert server._process is not None
    server._process.kill()
    server._process.wait()

    after = asked(server, files[0], b"%PDF-")

    assert before == [None, Finding.DAMAGED] * 4
    assert after is Finding.DAMAGED


def test_a_bug_of_an_inspector_is_a_bug_and_no_finding(
    server: InspectionServer, tmp_path: Path
) -> None:
    with pytest.raises(RuntimeError, match="inspection of doc failed"):
        asked(server, tmp_path / "file", b"", "doc")


HUNGRY = """
import os, time
from api.inspection import __main__ as inspection, limits
limits.CPU_SECONDS = int(time.process_time()) + 2  # what the imports took does not count
limits.MEMORY_BYTES = 256 * 1024 * 1024
def hungry(file):
    {appetite}
inspection.INSPECTORS["hungry"] = hungry
inspection.inspect("hungry", os.open(os.devnull, os.O_RDONLY), 1)
"""


@pytest.mark.parametrize(
    ("appetite", "told"),
    [
        ("bytearray(10**9)", (0, "tooComplex")),
        ("(lambda f: f(f))(lambda f: f(f))", (0, "tooComplex")),
        ("\n    while True: pass", (-signal.SIGKILL, "")),
    ],
    ids=["memory", "recursion", "processor"],
)
def test_what_takes_too_much_is_stopped(appetite: str, told: tuple[int, str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", HUNGRY.format(appetite=appetite)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )

    assert (ended.returncode, ended.stdout.strip()) == told
