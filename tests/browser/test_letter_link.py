"""The link of a letter, opened by somebody who is not logged in yet."""

import pytest
from playwright.sync_api import Browser, expect

from ops.demo.scenario import Story
from tests.browser.desk import DESK, PATIENCE, log_in, talkative
from tests.support.running_suite import PASSWORD, RunningSuite
from workers.background.mail_sender import link_to_deal

pytestmark = pytest.mark.browser


def test_after_the_login_the_person_is_at_the_right_task(
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
    log_in(page, "manager1", PASSWORD)

    expect(page.locator(".task-card h2.task")).to_contain_text(right)
    expect(page.locator("deal-form .deal-summary")).to_be_visible()
    page.goto("about:blank")
    page.goto(link_to_deal(suite.url, right))
    expect(page.locator("deal-form .deal-summary")).to_be_visible()
    expect(page.locator(".task-card h2.task")).to_contain_text(right)
    page.goto("about:blank")
    page.goto(link_to_deal(suite.url, "D-2026-99999"))
    expect(page.locator(".deal-link-note")).to_contain_text("не найдена")
    context.close()
