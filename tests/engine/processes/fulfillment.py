"""What tests of fulfillment share: a story at the point where they begin, timers fired at once."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from ops.demo.deal import DealStory
from ops.demo.employee import Employee
from ops.demo.scenario import Story
from ops.scenarios.timers import ran_out
from tests.support.engine.harness import shown
from tests.support.suite.running import PASSWORD, RunningSuite
from tests.support.waiting import eventually

SHIPMENTS = "Document_РеализацияТоваровУслуг"


def a_story(suite: RunningSuite, direction: str = "moscowTransport", **more: Any) -> Story:
    """A deal that will be shipped this way; its parts are played by the direction's people."""
    return Story(
        suite.url,
        PASSWORD,
        suite.onec,
        lambda _: None,
        people=suite.people,
        terms={"shippingDirection": direction, **more},
    )


def ready_to_go(story: Story) -> Story:
    """УПД made and goods picked."""
    story.until_prepared()
    story.order_prepared()
    return story


def _through_branch(story: Story) -> None:
    story.says("storekeeper", "Task_SendToBranch", "delivered")
    story.says("receiver", "Task_AcceptAtBranch", "delivered")
    story.delivers("receiver", "Task_HandOver", "signedUpdFile", identityChecked="true")


def _by_courier(story: Story) -> None:
    story("operator").do(story.deal_id, "Task_EnterTracking", tracking="EE123456789RU")
    story.delivers("operator", "Task_ConfirmReceipt", "receiptFile")


ARRIVALS: Mapping[str, Callable[[Story], None]] = {
    "moscowTransport": lambda story: story.delivers("driver", "Task_DeliverByCarrier", "ttnFile"),
    "moscowDelivery": lambda story: story.delivers("driver", "Task_DeliverOwn", "signedUpdFile"),
    "moscowPickup": lambda story: story.delivers(
        "storekeeper", "Task_HandOver", "signedUpdFile", identityChecked="true"
    ),
    "moscowKazan": _through_branch,
    "moscowCourier": _by_courier,
}
"""Shipping direction → how an order that is ready reaches its client: one of every route."""


def won(suite: RunningSuite, story: Story) -> None:
    """The deal is closed by itself: instance ended, nothing open (A36)."""
    story.stage_is("won")
    eventually(lambda: not suite.engine.root_instances(story.deal_id))
    assert suite.engine.tasks(business_key=story.deal_id) == []


def fire(suite: RunningSuite, story: Story | DealStory, activity: str) -> None:
    """Let the timer of an activity run out now."""
    eventually(lambda: ran_out(suite.engine, story.deal_id, activity))


@contextmanager
def away(portal: Employee, person: str, substitute: str) -> Iterator[None]:
    """Somebody is on leave today."""
    today = (datetime.now(UTC) + timedelta(hours=3)).date().isoformat()
    days = {"firstDay": today, "lastDay": today, "reason": "Отпуск"}
    body = {"person": person, "substitute": substitute, **days}
    absence = portal.api("POST", "/absences", json=body)
    assert absence.status_code == 201, absence.text
    try:
        yield
    finally:
        portal.api("POST", f"/absences/{absence.json()['id']}/cancel").raise_for_status()


def form(story: Story, part: str, task: dict[str, Any]) -> dict[str, Any]:
    """The variables that the form of a task reads; JSON as text."""
    path = f"/task/{task['id']}/form-variables?deserializeValues=false"
    answer = story(part).engine("GET", path)
    answer.raise_for_status()
    return {name: shown(told) for name, told in answer.json().items()}


def refused(story: Story, part: str, key: str, code: str) -> dict[str, Any]:
    """The task came back to the same person with this refusal."""

    def back() -> dict[str, Any] | None:
        task = story(part).task(story.deal_id, key)
        return task if form(story, part, task).get("formErrorCode") == code else None

    task = eventually(back)
    assert task["assignee"] == story(part).login
    return dict(task)


def history(story: Story, kind: str) -> list[dict[str, Any]]:
    rows = story("manager").api("GET", f"/deals/{story.deal_id}/history").json()["items"]
    return [row for row in rows if row["kind"] == kind]


def notified(story: Story, login: str, words: str) -> bool:
    items = story(login).api("GET", "/notifications").json()["items"]
    return any(words in one["text"] and one["dealId"] == story.deal_id for one in items)


def change_in_onec(suite: RunningSuite, number: str, **values: Any) -> str:
    """An operator changes a реализация in 1C. Returns: its key."""
    rows = requests.get(f"{suite.onec}/_simulator/rows/{SHIPMENTS}", timeout=10).json()
    key = next(row["Ref_Key"] for row in rows if row["Number"] == number)
    if values:
        url = f"{suite.onec}/_simulator/rows/{SHIPMENTS}/{key}"
        requests.patch(url, json=values, timeout=10).raise_for_status()
    return str(key)


def post_in_onec(suite: RunningSuite, key: str, verb: str) -> None:
    url = f"{suite.onec}/_simulator/rows/{SHIPMENTS}/{key}/{verb}"
    requests.post(url, timeout=10).raise_for_status()


def reconcile(suite: RunningSuite) -> str:
    """The nightly comparison with 1C, now. Returns: what it says."""
    checkout = Path(f"/proc/{suite.process.pid}/cwd").resolve()
    env = {**os.environ, "DATA_DIR": str(suite.data), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "manage.py", "reconcile"],
        cwd=checkout,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
