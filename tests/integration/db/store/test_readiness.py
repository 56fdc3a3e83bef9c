"""Parts that start before the database is prepared wait for it; the worker shows that it polls."""

import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from db.catalog import load_catalog
from db.store.database import Database
from tests.support.fakes.ports import an_office
from workers.bootstrap import Heartbeat


def test_a_part_waits_until_somebody_has_migrated(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"sqlite:///{tmp_path / 'deals.sqlite3'}"
    with closing(Database(url, load_catalog())) as database:
        waiting = threading.Thread(target=database.wait_until_current)
        waiting.start()
        time.sleep(0.3)
        waited = waiting.is_alive()
        database.migrate()
        waiting.join(10)

        assert waited
        assert not waiting.is_alive()
    assert "its schema is not the one of this release" in caplog.text


class _Worker:
    id = "worker-1"

    def __init__(self, is_polling: bool) -> None:
        self.is_polling = is_polling


def test_the_file_of_life_is_touched_only_while_the_worker_polls(tmp_path: Path) -> None:
    file = tmp_path / "alive"
    with an_office(tmp_path) as office:
        Heartbeat(_Worker(is_polling=False), office.database.writing, file).beat()  # type: ignore[arg-type]
        idle = file.exists()
        Heartbeat(_Worker(is_polling=True), office.database.writing, file).beat()  # type: ignore[arg-type]

    assert not idle
    assert file.exists()
