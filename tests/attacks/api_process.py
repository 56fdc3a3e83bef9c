"""The API in a separate process with a given limit of open files."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from db.catalog import load_catalog
from db.store.database import Database
from tests.support.suite.running import ROOT
from tests.support.waiting import eventually


@dataclass
class ApiProcess:
    url: str
    pid: int
    log: Path

    def open_files(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def allow_files(self, soft: int) -> None:
        """Change the limit of the running process."""
        _, hard = resource.prlimit(self.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def api_process(directory: Path, engine_url: str, port: int, files: int) -> Iterator[ApiProcess]:
    """``files``: the hard limit; the soft limit is half of it."""
    given = {
        "DATABASE_URL": f"sqlite:///{directory / 'deals.sqlite3'}",
        "API_PORT": str(port),
        "API_ENGINE_URL": engine_url,
        "API_ENGINE_PASSWORD": "service-password",
        "API_FILES_DIR": str(directory / "files"),
    }
    database = Database(given["DATABASE_URL"], load_catalog(demo=True))
    database.migrate()
    database.close()
    log = directory / "api.log"

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files // 2, files))

    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "api"],
            cwd=ROOT,
            env={**os.environ, **given},
            stdout=out,
            stderr=out,
            preexec_fn=limited,
        )
    url = f"http://127.0.0.1:{port}"

    def up() -> bool:
        try:
            return httpx2.get(f"{url}/healthz", timeout=5).status_code == 200
        except httpx2.TransportError:
            assert process.poll() is None, log.read_text()
            return False

    try:
        eventually(up)
        yield ApiProcess(url, process.pid, log)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
