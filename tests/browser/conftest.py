"""A real Chromium on the running suite, one window per employee."""

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.running_suite import PASSWORD, RunningSuite

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 20_000  # milliseconds

OpenTasklist = Callable[[str], Page]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("BROWSER TESTS DID NOT RUN: install Chromium (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def tasklist(chromium: Browser, suite: RunningSuite) -> Iterator[OpenTasklist]:
    """Log an employee in to Tasklist in a window of their own, as they do it in the morning."""
    contexts = []

    def open_for(login: str) -> Page:
        context = chromium.new_context(locale="ru-RU", viewport={"width": 1440, "height": 900})
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.goto(f"{suite.url}/camunda/app/tasklist/default/")
        page.get_by_placeholder("Логин").fill(login)
        page.get_by_placeholder("Пароль").fill(PASSWORD)
        page.get_by_role("button", name="Войти").click()
        page.locator(".task-filters").wait_for()
        return page

    yield open_for
    for context in contexts:
        context.close()
