"""A real Chromium on the running suite, one window per employee."""

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

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
        _log_in(page, login)
        return page

    yield open_for
    for context in contexts:
        context.close()


def _log_in(page: Page, login: str) -> None:
    """Tasklist moves the focus to the login once more 0.3 seconds after its start, and so into the
    middle of a typing faster than any person's: the password would go on in the login's field.
    """
    name, password = page.get_by_placeholder("Логин"), page.get_by_placeholder("Пароль")
    name.fill(login)
    password.fill(PASSWORD)
    if name.input_value() != login or password.input_value() != PASSWORD:
        name.fill(login)
        password.fill(PASSWORD)
    expect(name).to_have_value(login)
    expect(password).to_have_value(PASSWORD)
    page.get_by_role("button", name="Войти").click()
    page.locator(".task-filters").wait_for()
