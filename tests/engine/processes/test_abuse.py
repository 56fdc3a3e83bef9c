"""What a hostile or careless person sends, tried on everything that runs."""

from typing import Any

import pytest

from ops.demo.scenario import Story
from tests.support.suite.running import PASSWORD, RunningSuite

pytestmark = pytest.mark.engine

KEY = "Task_WorkDeal"
REFUSED_LATER = {"wantedStage": {"value": "nowhere", "type": "String"}}
"""The step after the task refuses it, so that the process goes by what it knew before."""


@pytest.fixture
def story(suite: RunningSuite) -> Story:
    story = Story(suite.url, PASSWORD, suite.onec, lambda _: None, people=suite.people)
    body = {"direction": "retailSales", "fields": {"subject": "Мотоблок"}}
    answer = story("manager").api("POST", "/deals", json=body)
    answer.raise_for_status()
    story.deal_id = answer.json()["id"]
    return story


FORGED = {
    "manager": ("String", "manager2"),
    "headsGroup": ("String", "salesManagers"),
    "dueAt": ("Boolean", True),
    "escalateAt": ("String", "someday"),
    "dealTitle": ("Integer", 5),
    "nextMove": ("String", "never"),
    "outcome": ("String", "won"),
    "decidedBy": ("String", "head1"),
    "returnTo": ("String", "manager2"),
    "template": ("String", "shipped"),
    "toStage": ("String", "delivery"),
    "role": ("String", "drivers"),
    "directorNeeded": ("Boolean", False),
    "firstPurchaseAmount": ("String", "1"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_form_cannot_overwrite_what_the_process_knows(story: Story, name: str) -> None:
    task = story("manager").task(story.deal_id, KEY)
    kind, value = FORGED[name]
    forged: dict[str, Any] = {**REFUSED_LATER, name: {"value": value, "type": kind}}

    answer = story("manager").engine(
        "POST", f"/task/{task['id']}/submit-form", json={"variables": forged}
    )

    assert (answer.status_code, answer.json()["code"]) == (403, "NOT_ALLOWED_HERE")
    assert story("manager").task(story.deal_id, KEY)["id"] == task["id"]


def test_a_text_too_long_for_the_engine_is_refused_with_words(story: Story) -> None:
    task = story("manager").task(story.deal_id, KEY)

    answer = story("manager").submit(task, wantedStage="lost", lossComment="я" * 4001)

    assert answer.status_code == 422
    assert "4000 знаков" in answer.json()["message"]
    assert story("manager").task(story.deal_id, KEY)["id"] == task["id"]


def test_nobody_else_on_the_machine_reads_what_the_suite_keeps(suite: RunningSuite) -> None:
    written_by_the_test = suite.data / "up.log"

    open_to_others = [
        str(path.relative_to(suite.data))
        for path in suite.data.rglob("*")
        if path != written_by_the_test and path.stat().st_mode & 0o077
    ]

    assert open_to_others == []
