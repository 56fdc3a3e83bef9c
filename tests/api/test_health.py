"""Supervisors learn whether the API is alive, and what it lacks to work."""

from datetime import UTC, datetime, timedelta

import httpx
from sqlalchemy import text

from db.store.database import connect
from tests.api.conftest import Office


def ready(office: Office) -> httpx.Response:
    return httpx.get(f"{office.url}/readyz", timeout=10)


def test_alive_needs_nothing(office: Office):
    office.engine.down = True

    answer = httpx.get(f"{office.url}/healthz", timeout=10)

    assert answer.status_code == 200


def test_ready_with_database_engine_and_a_worker_that_was_just_seen(office: Office):
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


def test_a_silent_worker_or_engine_is_named(office: Office):
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


def test_an_old_schema_is_not_ready(office: Office):
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
