"""What grows for ever is deleted by age, and what the real engine may still ask for is kept."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert

from bpmn.camunda.client.rest import Engine
from bpmn.camunda.provisioning.history import delete_history_permissions, keep_history
from db.store.tables import ProcessedTaskRow
from tests.support.engine.harness import RunningEngine, historic_instances
from tests.support.fakes.ports import an_office
from tests.support.waiting import eventually
from workers.background.purge import Kept, Purge

pytest_plugins = ["tests.support.engine.fixtures"]
pytestmark = pytest.mark.engine

KEPT = Kept(tasks=timedelta(days=30), messages=timedelta(days=180))
MONTHS_AGO = datetime.now(UTC) - timedelta(days=300)


@pytest.fixture
def worker(bare_engine: RunningEngine) -> Engine:
    return bare_engine.as_service("svcWorker")


def step_of(worker: Engine, deal: str) -> str:
    """Start a process that waits in its step. Returns: the id of the external task."""
    worker.start("probe", deal, at="Step")
    (task,) = [task for task in worker.external_tasks() if task.business_key == deal]
    return task.id


def complete(worker: Engine, step: str) -> None:
    topic = {"topicName": "probe", "lockDuration": 60_000}
    fetch = {"workerId": "retention", "maxTasks": 100, "topics": [topic]}
    worker.post("/external-task/fetchAndLock", fetch)
    worker.post(f"/external-task/{step}/complete", {"workerId": "retention"})


def test_the_result_of_an_old_incident_survives_until_the_step_is_over(
    worker: Engine, tmp_path: Path
) -> None:
    """Its worker committed the result and could not report it; months later it is tried again."""
    failed, done = step_of(worker, "R-1"), step_of(worker, "R-2")
    worker.put(f"/external-task/{failed}/retries", {"retries": 0})
    complete(worker, done)
    known = {"topic": "probe", "answer": {"number": 7}, "at": MONTHS_AGO}
    with an_office(tmp_path) as office:
        database = create_engine(f"sqlite:///{tmp_path / 'deals.sqlite3'}")
        with database.begin() as connection:
            rows = [{**known, "task_id": step} for step in (failed, done)]
            connection.execute(insert(ProcessedTaskRow), rows)
        database.dispose()
        purge = Purge(office.database.writing, worker, KEPT)

        purge.round()
        with office.database.reading() as store:
            kept = store.processed.answers([failed, done])
        worker.put(f"/external-task/{failed}/retries", {"retries": 1})
        complete(worker, failed)
        purge.round()
        with office.database.reading() as store:
            later = store.processed.answers([failed, done])

    assert kept == {failed: {"number": 7}}
    assert later == {}


def test_the_engine_deletes_the_history_of_ended_instances_only(
    bare_engine: RunningEngine, worker: Engine
) -> None:
    admin = bare_engine.admin
    definition = admin.get("/process-definition/key/probe")["id"]
    address = f"/process-definition/{definition}/history-time-to-live"
    keep_history(admin, 400)
    changed = keep_history(admin, 180), keep_history(admin, 180), keep_history(admin, None)
    kept = admin.get(f"/process-definition/{definition}")["historyTimeToLive"]
    admin.put(address, {"historyTimeToLive": 0})
    try:
        running = worker.start("probe", "R-3", at="Task_Manager")
        complete(worker, step_of(worker, "R-4"))
        ended = historic_instances(admin, "R-4")
        admin.session.post(f"{admin.url}/history/cleanup", params={"immediatelyDue": "true"})
        eventually(lambda: not historic_instances(admin, "R-4"))
    finally:
        admin.put(address, {"historyTimeToLive": 180})

    assert (changed, kept) == ((1, 0, 0), 180)
    assert [row["state"] for row in ended] == ["COMPLETED"]
    assert [row["id"] for row in historic_instances(admin, "R-3")] == [running]


def test_permissions_on_history_that_nothing_else_deletes_are_deleted(
    bare_engine: RunningEngine,
) -> None:
    admin, task = bare_engine.admin, "a-task-of-an-earlier-release"
    grant = {"type": 1, "permissions": ["READ"], "groupId": "lawyers", "resourceId": task}
    kept = len(admin.get("/authorization"))
    for resource in (19, 20):
        admin.post("/authorization/create", {**grant, "resourceType": resource})

    deleted = delete_history_permissions(admin), delete_history_permissions(admin)

    assert deleted == (2, 0)
    assert admin.get(f"/authorization?resourceId={task}") == []
    assert len(admin.get("/authorization")) == kept
