"""The tour of the desk: offered, taken by keyboard beside a usable page, and not offered again."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk.test_deal_pages import Windows, fits, office, sizes, windows
from tests.browser.support.axe import violations
from tests.integration.api.conftest import Office

__all__ = ["office", "windows"]
pytestmark = pytest.mark.browser


def is_clean(page: Page) -> None:
    assert violations(page) == []
    fits(page)


@sizes
def test_five_steps_are_walked_by_keyboard_once(windows: Windows, size: tuple[int, int]) -> None:
    page = windows.open("manager1", "/", size)
    offer, tour = page.locator(".invitation"), page.locator(".tour")
    expect(offer).to_be_visible()
    is_clean(page)

    offer.get_by_role("button", name="Показать, что где").focus()
    page.keyboard.press("Enter")
    for step in range(1, 6):
        expect(tour.get_by_role("heading")).to_contain_text(f"{step} из 5.")
        expect(tour.get_by_role("heading")).to_be_focused()
        expect(page.locator(".toured")).to_be_visible()
        is_clean(page)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")

    expect(tour).to_have_count(0)
    expect(page.locator(".toured")).to_have_count(0)
    expect(page.locator("#view")).to_be_focused()
    page.reload()
    expect(page.get_by_label("Найти в очереди")).to_be_visible()
    expect(offer).to_have_count(0)


def test_it_is_refused_or_left_and_each_person_is_asked(windows: Windows, office: Office) -> None:
    page = windows.open("manager1", "/")
    page.get_by_role("button", name="Показать, что где").click()
    page.get_by_role("button", name="Дальше").click()
    page.get_by_label("Найти в очереди").fill("пила")  # the page stays usable
    page.get_by_role("button", name="Назад").click()
    expect(page.locator(".tour")).to_contain_text("1 из 5.")
    page.keyboard.press("Escape")
    expect(page.locator(".tour")).to_have_count(0)
    expect(page.get_by_label("Найти в очереди")).to_have_value("пила")

    driver = windows.open("driver1", "/")
    driver.get_by_role("button", name="Не нужно").click()
    expect(driver.locator(".invitation")).to_have_count(0)
    driver.reload()
    expect(driver.get_by_label("Найти в очереди")).to_be_visible()
    expect(driver.locator(".invitation")).to_have_count(0)
