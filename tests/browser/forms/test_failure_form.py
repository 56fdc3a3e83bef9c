"""The administrator's form for a step that stopped, in the real Tasklist."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from ops.demo.scenario import Story
from tests.browser.conftest import OpenTasklist
from tests.browser.support.desk import open_task, take
from tests.support.suite.running import PASSWORD, RunningSuite
from tests.support.suite.timers import break_onec, stop_timer
from tests.support.waiting import eventually

pytestmark = pytest.mark.browser

RESOLVE = "Task_ResolveFailure"


@pytest.fixture(autouse=True)
def onec_works(suite: RunningSuite) -> Iterator[None]:
    """1C is well again after a test that has silenced it."""
    yield
    break_onec(suite)


def notes(story: Story) -> list[str]:
    answer = story("manager").api("GET", f"/deals/{story.deal_id}/notes")
    return [note["text"] for note in answer.json()["items"]]


def test_an_administrator_sees_what_stopped_and_repeats_it(
    tasklist: OpenTasklist, suite: RunningSuite
) -> None:
    story = Story(suite.url, PASSWORD, suite.onec, people=suite.people)
    stop_timer(suite, story)
    story("portal1").task(story.deal_id, RESOLVE)

    page = tasklist("portal1")
    open_task(page, "Разобрать сбой", story.deal_id, "Задачи моей группы")
    take(page)
    form = page.locator("deal-form")
    expect(form).to_contain_text("Что остановилось")
    expect(form).to_contain_text("Движок не назвал причину")
    page.get_by_label("Что сделано, по желанию").fill("Проверил журнал")
    form.get_by_role("button", name="Повторить шаг").click()

    said = eventually(lambda: notes(story))
    assert said == ["Разбор сбоя: Проверил журнал"]
    assert suite.engine.tasks(business_key=story.deal_id, key=RESOLVE) == []
