"""Temporary terms on the real engine: they end by themselves, once, whatever the deal is."""

import os
import signal
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bpmn.lint.worker_contracts import SIDE_KEY, SIDE_VERSION, TEMPORARY_TERMS
from db.catalog import load_catalog
from db.domain.approval.temporary_terms import end, side_key
from db.domain.deals.history import Actor, Cause
from db.store.database import Database
from ops.demo.scenario import Story
from tests.support.suite.running import PASSWORD, RunningSuite
from tests.support.waiting import eventually

pytestmark = pytest.mark.engine

TERMS = ("temporaryMarkupGroup", "temporaryLimit", "temporaryPeriod")


@pytest.fixture
def story(suite: RunningSuite) -> Story:
    return Story(suite.url, PASSWORD, suite.onec, lambda _: None, people=suite.people)


def day(shift: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=shift)).isoformat()


def terms_agreed(story: Story, last_day: str) -> None:
    """The way to agreed terms, some of them temporary."""
    story.request_arrives()
    story.documents_collected()
    story.fill(
        temporaryMarkupGroup="dealer",
        temporaryLimit="2500000.00",
        temporaryPeriod={"from": day(-60), "to": last_day},
    ).raise_for_status()
    story.approval_requested()
    story.decides("head", "Task_ReviewTerms", "approved")
    story.decides("accountant", "Task_DecideContract", "approved")
    story.decides("lawyer", "Task_CheckClient", "approved")
    number = f"П-{uuid.uuid4().hex[:6]}"
    story.contract_in_onec(number)
    story.number_entered(number)
    story.contract_drafted()
    story.stage_is("termsAgreed")


def running(suite: RunningSuite, story: Story) -> list[str]:
    """Instances that see to the end of the deal's temporary terms."""
    key = {"businessKey": story.deal_id, "processDefinitionKey": TEMPORARY_TERMS}
    return [row["id"] for row in suite.engine.get("/process-instance", **key)]


def waiting(suite: RunningSuite, story: Story) -> dict[str, Any]:
    """The timer of the only instance."""

    def timer() -> dict[str, Any] | None:
        instances = running(suite, story)
        if len(instances) != 1:
            return None
        jobs = suite.engine.get("/job", processInstanceId=instances[0], timers="true")
        return dict(jobs[0]) if jobs else None

    return eventually(timer)


def ends(suite: RunningSuite, story: Story) -> list[str]:
    """How the instances of the deal ended."""
    key = {"processInstanceBusinessKey": story.deal_id, "processDefinitionKey": TEMPORARY_TERMS}
    past = [row["id"] for row in suite.engine.get("/history/process-instance", **key)]
    rows = [
        row
        for instance in past
        for row in suite.engine.get(
            "/history/activity-instance", processInstanceId=instance, activityType="noneEndEvent"
        )
    ]
    return sorted(row["activityId"] for row in rows)


def values(story: Story) -> dict[str, Any]:
    fields = [field for group in story.card()["groups"] for field in group["fields"]]
    return {field["code"]: field["value"] for field in fields if field["code"] in TERMS}


def emptied(story: Story) -> list[str]:
    rows = story("manager").api("GET", f"/deals/{story.deal_id}/history").json()["items"]
    worker = [row for row in rows if row["subject"] in TERMS and row["new"] is None]
    return [row["subject"] for row in worker]


def told(story: Story, part: str) -> int:
    items = story(part).api("GET", "/notifications").json()["items"]
    mine = [item for item in items if item["dealId"] == story.deal_id]
    return sum("закончился период временных условий" in item["text"] for item in mine)


def last_day_is(story: Story, to: str) -> None:
    path, version = f"/deals/{story.deal_id}/temporary-period", story.card()["version"]
    headers = {"If-Match": f'"{version}"'}
    answer = story("head").api("PUT", path, json={"to": to}, headers=headers)
    assert answer.status_code == 200, answer.text


def instant(job: dict[str, Any]) -> datetime:
    return datetime.strptime(job["dueDate"], "%Y-%m-%dT%H:%M:%S.%f%z")


def test_terms_whose_period_is_over_end_at_once_and_people_hear_of_it(
    suite: RunningSuite, story: Story
) -> None:
    terms_agreed(story, day(-2))

    eventually(lambda: ends(suite, story) == ["EndEvent_OrdinaryTerms"])
    assert not any(values(story).values())
    assert sorted(emptied(story)) == sorted(TERMS)
    assert (told(story, "manager"), told(story, "head")) == (1, 1)
    assert story.card()["stage"]["code"] == "termsAgreed"


def test_terms_of_a_lost_deal_wait_for_their_end_and_hear_of_a_changed_one(
    suite: RunningSuite, story: Story
) -> None:
    terms_agreed(story, day(30))
    first = waiting(suite, story)
    twin = suite.engine.start(
        TEMPORARY_TERMS, story.deal_id, {SIDE_KEY: side_key(story.deal_id), SIDE_VERSION: 1}
    )
    eventually(lambda: twin not in running(suite, story))
    body = {"reason": "noResponse", "comment": "Клиент пропал"}
    story("manager").api("POST", f"/deals/{story.deal_id}/lost", json=body).raise_for_status()
    eventually(lambda: not suite.engine.root_instances(story.deal_id))

    os.kill(suite.state["parts"]["worker"], signal.SIGKILL)
    last_day_is(story, day(60))
    later = eventually(lambda: job if (job := waiting(suite, story))["id"] != first["id"] else None)
    suite.engine.post(f"/job/{later['id']}/execute", {})
    again = eventually(lambda: job if (job := waiting(suite, story))["id"] != later["id"] else None)

    assert instant(later) - instant(first) == timedelta(days=30)
    assert instant(again) == instant(later)
    assert values(story)["temporaryLimit"]

    last_day_is(story, day(-1))

    wanted = ["EndEvent_DuplicateStopped", "EndEvent_OrdinaryTerms"]
    eventually(lambda: ends(suite, story) == wanted)
    assert not any(values(story).values())
    assert story.card()["outcome"] == "lost"
    assert told(story, "manager") == 1


def test_an_instance_cancelled_in_cockpit_is_replaced_and_ends_with_the_terms(
    suite: RunningSuite, story: Story
) -> None:
    terms_agreed(story, day(30))
    waiting(suite, story)
    (first,) = running(suite, story)

    suite.engine.delete(f"/process-instance/{first}")
    eventually(lambda: running(suite, story), patience=120)
    waiting(suite, story)
    without_terms(suite, story)

    eventually(lambda: ends(suite, story) == ["EndEvent_NothingToEnd"])
    assert told(story, "manager") == 0


def without_terms(suite: RunningSuite, story: Story) -> None:
    """Somebody puts the ordinary terms back past the process, and says so."""
    database = Database(f"sqlite:///{suite.data / 'deals.sqlite3'}", load_catalog(demo=True))
    with database.writing() as store:
        deal = store.deals.get(story.deal_id, for_update=True)
        end(deal)
        store.deals.save(deal, Actor("portal1", Cause.API))
        store.side_processes.changed(side_key(deal.id))
    database.close()
