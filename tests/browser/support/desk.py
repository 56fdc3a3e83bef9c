"""What every employee does in Tasklist: log in, find a task, take it; the desk's own login."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, Playwright, Response, expect, sync_playwright

from tests.browser.support.chromium import ChromiumMissing, find_chromium

PATIENCE = (
    60_000  # milliseconds; a cold Chromium at a cold engine beside other work needs half of it
)
expect.set_options(timeout=PATIENCE)
NO_TASK = "Выберите задачу в списке"
DESK = {"locale": "ru-RU", "viewport": {"width": 1440, "height": 900}}
PHONE = {"locale": "ru-RU", "viewport": {"width": 390, "height": 844}}


@contextmanager
def a_chromium(*, with_windows: bool = False) -> Iterator[Browser]:
    """Start and close a Chromium. Raises: pytest's skip, see `launched`."""
    with (
        sync_playwright() as playwright,
        launched(playwright, with_windows=with_windows) as browser,
    ):
        yield browser


@contextmanager
def launched(playwright: Playwright, *, with_windows: bool = False) -> Iterator[Browser]:
    """Launch the system's Chromium, or one from the npm registry; a loud skip without either."""
    try:
        program = find_chromium(with_windows=with_windows)
    except ChromiumMissing as missing:
        pytest.skip(f"BROWSER TESTS DID NOT RUN: {missing}")
    browser = playwright.chromium.launch(
        executable_path=program.path,
        args=["--no-sandbox", *program.arguments],
        env={**program.env},
    )
    yield browser
    browser.close()


def talkative(page: Page) -> Page:
    """Whatever goes wrong in the window is told where a failing test shows it."""
    page.on("crash", lambda _: print("browser: the page crashed"))
    page.on("pageerror", lambda error: print("browser:", error))
    page.on("requestfailed", lambda call: print("browser: no answer", call.url, call.failure))
    page.on("response", _print_failed)
    return page


def _print_failed(response: Response) -> None:
    if response.status >= 400:
        print("browser:", response.status, response.url)


def log_in(page: Page, login: str, password: str) -> None:
    """Log in where Tasklist was asked for: the desk's login leads back to it."""
    _fill_login(page, login, password)
    page.locator(".task-filters").wait_for()


def log_in_to_desk(page: Page, login: str, password: str) -> None:
    """Log in where a page of the desk asks for it."""
    _fill_login(page, login, password)
    expect(page.locator("#who")).not_to_be_empty()


def _fill_login(page: Page, login: str, password: str) -> None:
    page.get_by_label("Логин").fill(login)
    page.get_by_label("Пароль").fill(password)
    page.get_by_role("button", name="Войти").click()


def search(page: Page, words: str) -> None:
    """Search in Tasklist's list: a task of a person who has many stands on a later page of it."""
    box = page.locator("[cam-widget-search] input.main-field")
    box.fill(words)
    box.press("Enter")


def open_task(page: Page, name: str, deal_id: str, filter_name: str) -> None:
    page.locator(".task-filters").get_by_text(filter_name).first.click()
    page.locator(".tasks-list .task", has_text=name).filter(has_text=deal_id).first.click()
    page.locator("deal-form .deal-summary").wait_for()


def take(page: Page) -> None:
    page.locator("deal-form").get_by_role("button", name="Взять в работу").click()
    expect(page.locator("deal-form .deal-desk")).to_be_enabled()


def wait_until_done(page: Page) -> None:
    """The person reads that the task is done; Tasklist leaves it, or opens the deal's next one."""
    page.locator(".deal-told", has_text="Готово").wait_for()
