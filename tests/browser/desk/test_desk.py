"""The desk as employees use it all day: login, queue, task after task, news, bell."""

import os
import re
import signal
from urllib.parse import quote

import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from ops.demo.scenario import Story
from tests.browser.conftest import OpenDesk
from tests.browser.support.axe import violations
from tests.browser.support.desk import log_in_to_desk
from tests.support.suite.running import PASSWORD, RunningSuite
from tests.support.waiting import eventually

pytestmark = pytest.mark.browser

AWAY = "Нет связи, пробую снова…"
COLLECT, REVIEW = "Собрать документы", "Рассмотреть условия"


@pytest.fixture
def story(suite: RunningSuite) -> Story:
    """A deal of manager1 with all that the approval needs."""
    story = Story(suite.url, PASSWORD, suite.onec, lambda _: None, people=suite.people)
    story.request_arrives()
    story.documents_collected()
    return story


def row(page: Page, story: Story, task: str = "") -> Locator:
    return page.locator(".queue li", has_text=story.deal_id).filter(has_text=task)


def clean(page: Page) -> None:
    """No broken rule of accessibility, and nothing beside the window."""
    assert violations(page) == []
    window = page.viewport_size
    assert window is not None
    assert page.evaluate("document.documentElement.scrollWidth") <= window["width"]


@pytest.mark.parametrize("phone", [False, True], ids=["1440", "390"])
def test_a_person_goes_from_press_to_press_and_colleagues_see_it_at_once(
    desk: OpenDesk, story: Story, phone: bool
) -> None:
    manager, head = desk("manager1", phone=phone), desk("head1", phone=phone)
    accountant = desk("accountant1", phone=phone)
    expect(row(manager, story)).to_contain_text("1 500 000 ₽")
    clean(manager)

    row(manager, story, COLLECT).get_by_role("button", name="Открыть").click()
    manager.locator("deal-form .deal-bar").wait_for()
    clean(manager)
    manager.get_by_role("button", name="Сбор документов →").click()
    manager.get_by_role("button", name="Условия согласования →").click()
    expect(manager.locator("#news")).to_contain_text(f"Дальше: «{REVIEW}» — Руководитель")

    free = row(head, story, REVIEW)
    expect(free).to_contain_text("круг 1")
    clean(head)
    free.get_by_role("button", name="Взять").click()
    head.get_by_role("button", name="Согласовать").click()
    expect(head.locator("#news")).to_contain_text("Решить о заключении договора")

    expect(row(accountant, story, "Решить о заключении договора")).to_be_visible()
    clean(accountant)


def test_a_task_is_taken_given_back_and_given_to_a_colleague(
    desk: OpenDesk, story: Story, suite: RunningSuite
) -> None:
    story.stage_is("newClient")
    manager = desk("manager1", f"/deals/{story.deal_id}")
    manager.goto(f"{suite.url}/")
    row(manager, story).get_by_role("button", name="Передать").click()
    dialog = manager.get_by_role("dialog")
    expect(dialog.get_by_label("Кому")).to_contain_text("Николай Орлов")
    clean(manager)
    dialog.get_by_label("Кому").select_option("head1")
    dialog.get_by_role("button", name="Передать").click()
    expect(dialog).to_contain_text("Заполните это поле")
    dialog.get_by_label("Почему").fill("Ухожу в отпуск")
    dialog.get_by_role("button", name="Передать").click()
    expect(manager.locator("#news")).to_contain_text("Задача передана: Николай Орлов")
    expect(row(manager, story)).to_have_count(0)

    head = desk("head1", "/notifications")
    told = head.locator(".news li", has_text=f"{COLLECT}").filter(has_text="Ухожу в отпуск").first
    expect(told).to_contain_text("Пётр Иванов передаёт вам задачу")
    expect(head.locator("#unread")).to_be_visible()
    clean(head)
    head.get_by_role("button", name="Отметить все прочитанными").click()
    expect(head.locator("#unread")).to_be_hidden()


def test_news_come_through_a_broken_line_a_restart_and_an_ended_session(
    desk: OpenDesk, story: Story, suite: RunningSuite
) -> None:
    page = desk("manager1")
    expect(row(page, story)).to_be_visible()

    page.context.set_offline(True)
    fresh = a_retail_deal(story, "Мотоблок")
    expect(page.locator("#connection")).to_have_text(AWAY)
    page.context.set_offline(False)
    expect(page.locator(".queue li", has_text=fresh)).to_be_visible()
    expect(page.locator("#connection")).to_be_empty()

    api = suite.state["parts"]["api"]
    os.kill(api, signal.SIGKILL)
    eventually(lambda: suite.state["parts"]["api"] != api and is_up(suite))
    fresh = a_retail_deal(story, "Бензопила")
    expect(page.locator(".queue li", has_text=fresh)).to_be_visible()

    page.evaluate(
        """fetch('/camunda/api/admin/auth/user/default/logout',
        {method: 'POST', headers: {'X-Requested-With': 'XMLHttpRequest'}})"""
    )
    page.locator(".queue li", has_text=fresh).get_by_role("button", name="Передать").click()
    dialog = page.get_by_role("dialog", name="Сеанс завершён")
    dialog.get_by_label("Пароль").fill("wrong")
    dialog.get_by_role("button", name="Войти").click()
    expect(dialog).to_contain_text("Неверный логин или пароль")
    expect(dialog.get_by_label("Логин")).to_have_value("manager1")
    clean(page)
    dialog.get_by_label("Пароль").fill(PASSWORD)
    dialog.get_by_role("button", name="Войти").click()
    expect(page.get_by_role("dialog")).to_contain_text(fresh)


def test_everything_is_reached_by_keyboard(desk: OpenDesk, story: Story) -> None:
    page = desk("manager1")
    expect(row(page, story)).to_be_visible()
    page.reload()
    expect(row(page, story)).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_text("К содержанию")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#view")).to_be_focused()
    page.get_by_label("Найти в очереди").focus()
    page.keyboard.type(story.deal_id)
    expect(page.locator(".queue li")).to_have_count(1)
    page.keyboard.press("Tab")
    expect(row(page, story).get_by_role("link", name=COLLECT)).to_be_focused()
    page.keyboard.press("Enter")
    page.locator("deal-form .deal-bar").wait_for()
    expect(page).to_have_url(re.compile("/tasks/"))


def test_tasklist_and_the_desk_lead_to_each_other(desk: OpenDesk, suite: RunningSuite) -> None:
    page = desk("manager1", "/lists")
    expect(page).to_have_url(f"{suite.url}/lists")

    page.goto(f"{suite.url}/camunda/app/tasklist/default/")
    page.locator(".deal-places").get_by_role("link", name="К исполнению").click()

    expect(page.get_by_role("heading", name="К исполнению")).to_be_visible()
    page.get_by_role("button", name="Выйти").click()
    expect(page.get_by_role("heading", name="Вход")).to_be_visible()
    page.goto(f"{suite.url}/notifications")
    expect(page).to_have_url(f"{suite.url}/login?next=/notifications")
    for foreign in (
        "//example.com/x",
        "https://example.com",
        "javascript:alert(1)",
        "/\\\\example.com",
    ):
        page.goto(f"{suite.url}/login?next={quote(foreign)}")
        log_in_to_desk(page, "manager1", PASSWORD)
        expect(page).to_have_url(f"{suite.url}/")


def is_up(suite: RunningSuite) -> bool:
    try:
        return requests.get(f"{suite.url}/readyz", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def a_retail_deal(story: Story, subject: str) -> str:
    body = {"direction": "retailSales", "fields": {"subject": subject}}
    answer = story("manager").api("POST", "/deals", json=body)
    answer.raise_for_status()
    return str(answer.json()["id"])
