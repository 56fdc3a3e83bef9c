"""A real Chromium on the running suite, one window per employee."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.desk import DESK, PATIENCE, a_chromium, log_in, talkative
from tests.support.running_suite import PASSWORD, RunningSuite

OpenTasklist = Callable[[str], Page]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with a_chromium() as browser:
        yield browser


@pytest.fixture
def tasklist(chromium: Browser, suite: RunningSuite) -> Iterator[OpenTasklist]:
    """Log an employee in to Tasklist in a window of their own, as they do it in the morning."""
    contexts = []

    def open_for(login: str) -> Page:
        context = chromium.new_context(**DESK)  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = talkative(context.new_page())
        page.goto(f"{suite.url}/camunda/app/tasklist/default/")
        log_in(page, login, PASSWORD)
        return page

    yield open_for
    for context in contexts:
        context.close()
