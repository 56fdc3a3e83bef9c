"""The audit of next steps with deals in every state, on the real engine.

A suite of its own, whose worker stands still while deals are spoiled: its watches would mend them.
"""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from bpmn.camunda.client.rest import UserTask
from db.store.database import connect
from ops.demo.scenario import Story
from tests.support.suite.interleaving import Shop, a_shop
from tests.support.suite.running import PASSWORD, ROOT
from tests.support.waiting import eventually

pytestmark = [pytest.mark.engine, pytest.mark.timeout(400)]
MISPLACED = "ждёт не там: "


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with a_shop(tmp_path_factory.mktemp("audited")) as opened:
        yield opened


def a_story(shop: Shop) -> Story:
    suite = shop.suite
    return Story(suite.url, PASSWORD, suite.onec, lambda _: None, people=suite.people)


def the_task(shop: Shop, deal: str) -> UserTask:
    (task,) = shop.suite.engine.tasks(business_key=deal)
    return task


def set_stage(shop: Shop, deal: str, stage: str, *, closed: bool = False) -> None:
    """Write the stage past the application, which would tell the process."""
    database = connect(f"sqlite:///{shop.suite.data / 'deals.sqlite3'}")
    closing = ", closed_at = created_at" if closed else ""
    with database.begin() as connection:
        query = text(f"UPDATE deals SET stage = :stage{closing} WHERE id = :deal")
        connection.execute(query, {"stage": stage, "deal": deal})
    database.dispose()


def end(shop: Shop, deal: str) -> None:
    for root in shop.suite.engine.root_instances(deal):
        shop.suite.engine.delete(f"/process-instance/{root.id}")


def take_from_everybody(shop: Shop, deal: str) -> None:
    """Leave the deal's task to a group that does not exist, and without its timers."""
    engine, task = shop.suite.engine, the_task(shop, deal)
    engine.assign(task.id, None)
    for group in engine.candidate_groups(task.id):
        link = {"groupId": group, "type": "candidate"}
        engine.post(f"/task/{task.id}/identity-links/delete", link)
    engine.post(f"/task/{task.id}/identity-links", {"groupId": "nobody", "type": "candidate"})
    for one in engine.running_instances([deal]):
        for job in engine.jobs([one.id]):
            engine.delete(f"/job/{job.id}")


def audited_by_command(shop: Shop) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "manage.py", "audit"],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(shop.suite.data)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    lines = [line.partition(": ") for line in done.stdout.splitlines()]
    return {deal: reason for deal, _, reason in lines if deal.startswith("D-")}


def test_pages_and_command_find_the_same_in_every_state(shop: Shop) -> None:
    eventually(shop.ready)
    engine = shop.suite.engine
    stories = [a_story(shop) for _ in range(9)]
    for story in stories[:6]:
        story.request_arrives()
    for story in stories[6:]:
        story.until_approval()
    lost, misplaced, closed, stopped, moving, right, in_call, at_call, nobody = (
        story.deal_id for story in stories
    )
    retail = shop.retail()
    eventually(lambda: shop.fits(retail))
    eventually(lambda: shop.audited() == {})
    assert audited_by_command(shop) == {}

    shop.pause()
    for deal in (stopped, moving):
        shop.suite.engine.complete(the_task(shop, deal).id, {"wantedStage": "x"})
    (step,) = [each for each in engine.external_tasks() if each.business_key == stopped]
    engine.put(f"/external-task/{step.id}/retries", {"retries": 0})
    end(shop, lost)
    set_stage(shop, misplaced, "termsApproval")
    set_stage(shop, at_call, "collectingDocuments")
    set_stage(shop, closed, "lost", closed=True)
    take_from_everybody(shop, nobody)
    found, told = shop.audited(), audited_by_command(shop)
    shop.resume()

    assert found == told
    assert "не запущен" in found[lost]
    assert f"«Условия согласования», а её процесс {MISPLACED}«Собрать докум" in found[misplaced]
    assert f"{MISPLACED}«Согласовать условия»" in found[at_call]
    assert "закрыта, а её процесс ещё ждёт: «Собрать документы»" in found[closed]
    assert f"Системный шаг остановлен ({step.topic})" in found[stopped]
    assert "некому выполнить" in found[nobody]
    assert found.keys() == {lost, misplaced, at_call, closed, stopped, nobody}
    assert {right, in_call, moving, retail} & found.keys() == set()
