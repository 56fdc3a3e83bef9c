"""The link of a letter, opened by somebody who is not logged in yet; links of old letters."""

import pytest
from playwright.sync_api import Browser, expect

from ops.demo.scenario import Story
from tests.browser.support.desk import DESK, PATIENCE, talkative
from tests.support.suite.running import PASSWORD, RunningSuite
from workers.background.mail_sender import link_to_deal

pytestmark = pytest.mark.browser


OLD_LINK = "/camunda/app/tasklist/default/?deal="
"""In letters of earlier releases: it opens the reader's current task in Tasklist."""


def test_after_the_login_the_person_is_at_the_right_deal_and_its_task(
    chromium: Browser, suite: RunningSuite
) -> None:
    stories = [Story(suite.url, PASSWORD, suite.onec, people=suite.people) for _ in range(2)]
    for story in stories:
        story.request_arrives()
    right = stories[0].deal_id
    context = chromium.new_context(**DESK)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    page = talkative(context.new_page())

    page.goto(link_to_deal(suite.url, right))
    page.get_by_label("Логин").fill("manager1")
    page.get_by_label("Пароль").fill(PASSWORD)
    page.get_by_role("button", name="Войти").click()

    expect(page.locator(".deal-head h1")).to_contain_text(right)
    page.locator(".open-tasks a").first.click()
    expect(page.locator("deal-form .deal-bar")).to_be_visible()
    page.goto(link_to_deal(suite.url, "D-2026-99999"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Такой сделки нет")
    page.goto(f"{suite.url}{OLD_LINK}{right}")
    expect(page.locator("deal-form .deal-summary")).to_be_visible()
    expect(page.locator(".task-card h2.task")).to_contain_text(right)
    context.close()
