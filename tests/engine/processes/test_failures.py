"""Nothing stops unseen: failures reach an administrator, lost processes are found and repaired."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bpmn.camunda.client.rest import EngineConflict
from bpmn.lint.worker_contracts import TECHNICAL_FAILURE
from ops.demo.scenario import Story
from tests.support.suite.running import PASSWORD, RunningSuite
from tests.support.suite.timers import break_onec, stop_timer
from tests.support.waiting import PATIENCE, eventually

pytestmark = pytest.mark.engine

RESOLVE = "Task_ResolveFailure"


@pytest.fixture
def story(suite: RunningSuite) -> Story:
    return Story(suite.url, PASSWORD, suite.onec, lambda _: None, people=suite.people)


@pytest.fixture(autouse=True)
def onec_works(suite: RunningSuite) -> Iterator[None]:
    """Whatever a test breaks in 1C is mended after it."""
    yield
    break_onec(suite)


def number_meets_a_closed_door(suite: RunningSuite, story: Story) -> str:
    """A right number is entered while the web server of 1C lets nobody in. Returns: the number."""
    story.until_operator()
    number = f"П-{uuid.uuid4().hex[:6]}"
    story.contract_in_onec(number)
    break_onec(suite, instead="forbidden")
    story("operator").do(
        story.deal_id, "Task_EnterOnecContract", answer="entered", number=number, comment=""
    )
    return number


def seen_by_form(story: Story, task: dict[str, Any], *names: str) -> list[object]:
    answer = story("portal1").engine("GET", f"/task/{task['id']}/form-variables")
    answer.raise_for_status()
    return [answer.json()[name]["value"] for name in names]


def failure_tasks(suite: RunningSuite, story: Story) -> list[str]:
    tasks = suite.engine.tasks(business_key=story.deal_id, key=RESOLVE)
    return [task.id for task in tasks]


def care(suite: RunningSuite, story: Story) -> list[str]:
    """Running processes that care for failures of the deal."""
    key = {"businessKey": story.deal_id, "processDefinitionKey": TECHNICAL_FAILURE}
    return [row["id"] for row in suite.engine.get("/process-instance", **key)]


def past_care(suite: RunningSuite, story: Story) -> list[str]:
    """How each of them ended."""
    key = {"processInstanceBusinessKey": story.deal_id, "processDefinitionKey": TECHNICAL_FAILURE}
    ended = [row["id"] for row in suite.engine.get("/history/process-instance", **key)]
    ends = {"activityType": "noneEndEvent", "sortBy": "endTime", "sortOrder": "asc"}
    return [
        row["activityId"]
        for instance in ended
        for row in suite.engine.get(
            "/history/activity-instance", processInstanceId=instance, **ends
        )
    ]


def open_tasks(suite: RunningSuite, story: Story) -> list[str]:
    return sorted(task.key for task in suite.engine.tasks(business_key=story.deal_id))


def manage(suite: RunningSuite, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """One command, in the checkout and with the data of the running suite."""
    checkout = Path(f"/proc/{suite.process.pid}/cwd").resolve()
    env = {**os.environ, "DATA_DIR": str(suite.data), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=checkout, env=env, capture_output=True, text=True, timeout=120
    )


def kill_process(suite: RunningSuite, story: Story) -> None:
    """What an administrator can do in Cockpit."""
    (root,) = suite.engine.root_instances(story.deal_id)

    def gone() -> bool:
        try:
            suite.engine.delete(f"/process-instance/{root.id}")
        except EngineConflict:  # a step of it was under way
            return False
        return not suite.engine.root_instances(story.deal_id)

    eventually(gone)


def test_a_failure_is_an_administrators_task_until_the_step_is_done(
    suite: RunningSuite, story: Story
) -> None:
    number_meets_a_closed_door(suite, story)

    task = story("portal1").task(story.deal_id, RESOLVE)
    step, reason, tried = seen_by_form(story, task, "failedStep", "failureReason", "failureTriedAt")
    assert task["name"].startswith("Разобрать сбой")
    assert task["dueAt"]
    assert (step, tried) == ("Проверить номер в 1С", None)
    assert str(reason).startswith("Обмен с 1С настроен неверно")
    told = story("portal1").api("GET", "/notifications").json()["items"]
    about = [n for n in told if n["dealId"] == story.deal_id and "остановился" in n["text"]]
    assert len(about) == 1

    story("portal1").claim(task)
    story("portal1").submit(task, comment="").raise_for_status()
    again = eventually(lambda: next(iter(set(failure_tasks(suite, story)) - {task["id"]}), None))
    back = suite.engine.task(again)
    assert back is not None
    assert back.assignee == "portal1"
    assert seen_by_form(story, {"id": again}, "failureTriedAt")[0]

    break_onec(suite)
    story("portal1").submit(
        {"id": again}, comment="Доступ к публикации 1С открыт"
    ).raise_for_status()
    story("lawyer").task(story.deal_id, "Task_DraftContract")
    eventually(lambda: not care(suite, story))
    assert past_care(suite, story) == ["EndEvent_FailureResolved"]
    notes = story("manager").api("GET", f"/deals/{story.deal_id}/notes").json()["items"]
    assert [n["text"] for n in notes] == ["Разбор сбоя: Доступ к публикации 1С открыт"]


def test_a_failure_mended_in_cockpit_closes_its_task(suite: RunningSuite, story: Story) -> None:
    job_id = stop_timer(suite, story)
    task = story("portal1").task(story.deal_id, RESOLVE)

    suite.engine.put(f"/job/{job_id}/retries", {"retries": 1})

    eventually(lambda: not care(suite, story))
    assert suite.engine.task(task["id"]) is None
    assert past_care(suite, story) == ["EndEvent_NothingToResolve"]
    assert open_tasks(suite, story) == []


def test_a_stopped_timer_gets_its_retry_and_waits_for_its_hour(
    suite: RunningSuite, story: Story
) -> None:
    job_id = stop_timer(suite, story)

    story("portal1").do(story.deal_id, RESOLVE, comment="")

    eventually(lambda: not care(suite, story))
    (job,) = [job for job in suite.engine.jobs() if job.id == job_id]
    assert job.retries == 1
    assert past_care(suite, story) == ["EndEvent_FailureResolved"]


def test_a_deal_lost_with_a_failure_leaves_no_task(suite: RunningSuite, story: Story) -> None:
    number_meets_a_closed_door(suite, story)
    story("portal1").task(story.deal_id, RESOLVE)
    body = {"reason": "noResponse", "comment": "Клиент пропал"}

    story("manager").api("POST", f"/deals/{story.deal_id}/lost", json=body).raise_for_status()

    eventually(lambda: not suite.engine.root_instances(story.deal_id))
    eventually(lambda: not care(suite, story))
    assert open_tasks(suite, story) == []


def test_a_task_cancelled_while_the_failure_lasts_comes_again(
    suite: RunningSuite, story: Story
) -> None:
    stop_timer(suite, story)
    story("portal1").task(story.deal_id, RESOLVE)
    (first,) = care(suite, story)

    suite.engine.delete(f"/process-instance/{first}")

    (second,) = eventually(lambda: care(suite, story), patience=PATIENCE * 2)
    assert second != first


def test_a_deal_without_its_process_is_found_repaired_and_finished(
    suite: RunningSuite, story: Story
) -> None:
    story.request_arrives()
    story.documents_collected()
    kill_process(suite, story)

    before = manage(suite, "audit")
    first, again = (manage(suite, "repair", story.deal_id) for _ in range(2))
    after = manage(suite, "audit")

    assert before.returncode == 1
    assert f"{story.deal_id}: Процесс сделки не запущен" in before.stdout
    assert "Процесс запущен со стадии «Новый клиент»" in first.stdout, first.stderr
    assert "восстанавливать нечего" in again.stdout
    assert story.deal_id not in after.stdout
    assert open_tasks(suite, story) == ["Task_CollectDocuments"]
    story.approval_requested()
    story("head").task(story.deal_id, "Task_ReviewTerms")


def test_a_repaired_approval_begins_a_new_round(suite: RunningSuite, story: Story) -> None:
    story.until_approval()
    story.decides("head", "Task_ReviewTerms", "approved")
    story("accountant").task(story.deal_id, "Task_DecideContract")
    kill_process(suite, story)

    repaired = manage(suite, "repair", story.deal_id)

    assert "«Условия согласования»" in repaired.stdout, repaired.stderr
    story("head").task(story.deal_id, "Task_ReviewTerms")
    rounds = story("manager").api("GET", f"/deals/{story.deal_id}/approvals").json()["rounds"]
    assert [r["state"] for r in rounds] == ["withdrawn", "open"]
    story.decides("head", "Task_ReviewTerms", "rejected", "Лимит слишком велик")
    story("manager").task(story.deal_id, "Task_RenegotiateTerms")


def test_a_repaired_agreed_deal_is_led_to_its_end(suite: RunningSuite, story: Story) -> None:
    story.until_operator()
    number = f"П-{uuid.uuid4().hex[:6]}"
    story.contract_in_onec(number)
    story.number_entered(number)
    story.contract_drafted()
    story("manager").task(story.deal_id, "Task_LeadClient")
    kill_process(suite, story)

    manage(suite, "repair", "--all")
    story.order_placed()
    story.realization_entered(story.realization_in_onec())
    story.order_prepared()
    kill_process(suite, story)
    manage(suite, "repair", story.deal_id)
    story.realization_entered(story.value_of("shipmentNumber"))
    story("operator").task(story.deal_id, "Task_PrepareUpd")
    assert story.card()["stage"]["code"] == "delivery", "a repair moves no deal back"
    story.order_prepared()
    story.delivers("driver", "Task_DeliverByCarrier", "ttnFile")

    story.stage_is("won")
    eventually(lambda: not suite.engine.root_instances(story.deal_id))
    refused = manage(suite, "repair", story.deal_id)
    assert "Сделка закрыта" in refused.stdout


def test_a_moved_stage_wakes_a_repaired_process(suite: RunningSuite, story: Story) -> None:
    story.request_arrives()
    kill_process(suite, story)
    manage(suite, "repair", story.deal_id)
    task = story("manager").task(story.deal_id, "Task_CollectDocuments")

    move = {"stage": "collectingDocuments"}
    story("manager").api("POST", f"/deals/{story.deal_id}/stage", json=move).raise_for_status()

    eventually(lambda: suite.engine.task(task["id"]) is None)
    eventually(lambda: open_tasks(suite, story) == ["Task_CollectDocuments"])


def test_a_repaired_process_is_the_deals_own(suite: RunningSuite, story: Story) -> None:
    story.request_arrives()
    kill_process(suite, story)
    manage(suite, "repair", story.deal_id)
    (own,) = suite.engine.root_instances(story.deal_id)

    twin = suite.engine.start("new-client", story.deal_id, {})

    eventually(lambda: twin not in [one.id for one in suite.engine.root_instances(story.deal_id)])
    assert [one.id for one in suite.engine.root_instances(story.deal_id)] == [own.id]
