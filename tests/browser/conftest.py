"""A real Chromium on the running suite, one window per employee."""

from collections.abc import Callable, Iterator

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from api.auth.sessions import COOKIE
from api.webapp_proxy.allow_list import LOGOUT
from tests.browser.support.desk import (
    DESK,
    PATIENCE,
    PHONE,
    launched,
    log_in,
    log_in_to_desk,
    talkative,
)
from tests.support.suite.running import PASSWORD, RunningSuite

OpenTasklist = Callable[[str], Page]
OpenDesk = Callable[..., Page]
"""Login, place and `phone` → a page of the desk."""


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    with launched(playwright) as browser:
        yield browser


@pytest.fixture(scope="session")
def chromium_with_windows(playwright: Playwright) -> Iterator[Browser]:
    """For what the one without windows lacks: notifications and installation."""
    with launched(playwright, with_windows=True) as browser:
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
        leave(context, suite)


@pytest.fixture
def desk(chromium: Browser, suite: RunningSuite) -> Iterator[OpenDesk]:
    """Open a page of the desk in a window of its own, through the login. An error inside a page
    fails the test."""
    contexts, errors = [], []

    def open_for(login: str, place: str = "/", *, phone: bool = False) -> Page:
        context = chromium.new_context(**(PHONE if phone else DESK))  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = talkative(context.new_page())
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{suite.url}{place}")
        log_in_to_desk(page, login, PASSWORD)
        return page

    yield open_for
    for context in contexts:
        leave(context, suite)
    assert errors == []


def leave(context: BrowserContext, suite: RunningSuite) -> None:
    """Close a window and end its session: the oldest of too many of a person would end instead.

    That is the one which all tests of the shared suite use.
    """
    sessions = {each.get("name"): each.get("value") for each in context.cookies()}
    context.close()
    if cookie := sessions.get(COOKIE):
        requests.post(
            f"{suite.url}{LOGOUT.path}",
            cookies={COOKIE: cookie},
            headers={"Origin": suite.url},
            timeout=30,
        )
