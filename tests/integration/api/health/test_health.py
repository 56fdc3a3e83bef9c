"""Liveness and readiness endpoints."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from sqlalchemy import text

from api.http.single_flight import SingleFlight
from api.inspection.antivirus import NoAntivirus
from db.store.database import connect
from tests.integration.api.conftest import Office


def ready(office: Office) -> httpx2.Response:
    return httpx2.get(f"{office.url}/readyz", timeout=60)


def test_alive_needs_nothing(office: Office) -> None:
    office.engine.down = True

    answer = httpx2.get(f"{office.url}/healthz", timeout=10)

    assert answer.status_code == 200


def test_ready_with_database_engine_and_a_worker_that_was_just_seen(office: Office) -> None:
    with office.database.writing() as store:
        store.workers.seen("worker-1")

    answer = ready(office)

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "database": "ok",
        "engine": "ok",
        "worker": "ok",
        "antivirus": "off",
        "mail": "ok",
    }


def test_a_silent_worker_or_engine_is_named(office: Office) -> None:
    database = connect(office.database_url)
    with office.database.writing() as store:
        store.workers.seen("worker-1")
    with database.begin() as connection:
        silent = datetime.now(UTC) - timedelta(seconds=61)
        connection.execute(text("UPDATE workers SET seen_at = :at"), {"at": silent})
    database.dispose()
    office.engine.down = True

    told = ready(office)

    assert told.status_code == 503
    assert told.json()["database"] == "ok"
    assert told.json()["engine"] != "ok"
    assert told.json()["worker"] != "ok"


def test_an_old_schema_is_not_ready(office: Office) -> None:
    database = connect(office.database_url)
    with database.begin() as connection:
        present = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        connection.execute(text("UPDATE alembic_version SET version_num = 'older'"))

    told = ready(office)
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": present})
    database.dispose()

    assert told.status_code == 503
    assert "schema" in told.json()["database"]


def test_many_who_ask_at_once_share_a_look_and_leave_threads_to_others(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, free = [], threading.Event()

    def slowly(_: NoAntivirus) -> str:
        looks.append(1)
        assert free.wait(60)
        return "off"

    monkeypatch.setattr(NoAntivirus, "state", slowly)
    with ThreadPoolExecutor(60) as crowd:
        try:
            asked = [crowd.submit(ready, office) for _ in range(60)]
            until = time.monotonic() + 0.5
            while len(looks) < 2 and (not looks or time.monotonic() < until):
                time.sleep(0.01)
            at_once = len(looks)
        finally:
            free.set()

    assert at_once == 1
    assert {each.result().json()["antivirus"] for each in asked} == {"off"}


def test_who_asks_during_a_look_gets_one_that_began_afterwards() -> None:
    async def told() -> list[int]:
        looks, free, begun = [], threading.Event(), asyncio.Event()
        loop, one = asyncio.get_running_loop(), SingleFlight[int]()

        def look() -> int:
            looks.append(1)
            loop.call_soon_threadsafe(begun.set)
            free.wait(60)
            return len(looks)

        first = asyncio.create_task(one.run(look))
        await begun.wait()
        others = [asyncio.create_task(one.run(look)) for _ in range(9)]
        await asyncio.sleep(0)
        free.set()
        return [await each for each in (first, *others)]

    with ThreadPoolExecutor(1) as apart:  # the tests with a browser leave a loop in this thread
        assert apart.submit(asyncio.run, told()).result() == [1] + [2] * 9
