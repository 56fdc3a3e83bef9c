"""What is mended in Tasklist's own page: broken connections, searching by digits, its notices."""

import os
import re
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from ops.demo.scenario import Story
from tests.browser.conftest import OpenTasklist
from tests.browser.support.desk import NO_TASK, log_in, open_task, search, wait_until_done
from tests.support.suite.running import PASSWORD, RunningSuite
from tests.support.waiting import eventually

pytestmark = pytest.mark.browser

LIST = re.compile(r"/filter/[^/]+/list\?")
CALLS = "**/camunda/api/engine/**"
AWAY = "Нет связи, пробую снова…"
MINE = "Мои задачи"
KEY = "Task_WorkDeal"
LOOK = """times => {
  const page = window.angular.element(document.body).injector().get('$rootScope');
  for (let n = 0; n < times; n += 1) page.$apply(() => page.$broadcast('refresh'));
}"""
"""What Tasklist does by itself every ten seconds."""


@pytest.fixture
def story(suite: RunningSuite) -> Story:
    return Story(suite.url, PASSWORD, suite.onec, lambda _: None, people=suite.people)


def a_deal(story: Story, subject: str) -> str:
    """A retail deal of manager1 with an open task. Returns: its id."""
    body = {"direction": "retailSales", "fields": {"subject": subject}}
    answer = story("manager").api("POST", "/deals", json=body)
    answer.raise_for_status()
    story.deal_id = str(answer.json()["id"])
    story("manager").task(story.deal_id, KEY)
    return story.deal_id


@pytest.fixture
def page(tasklist: OpenTasklist, story: Story) -> Iterator[Page]:
    """Manager1 at the list of own tasks; an error inside the page fails the test."""
    a_deal(story, "Мотоблок")
    page = tasklist("manager1")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.locator(".task-filters").get_by_text(MINE).first.click()
    page.locator(".tasks-list .task").first.wait_for()
    yield page
    assert errors == []


def card(page: Page, deal_id: str) -> Locator:
    return page.locator(".tasks-list h4.task", has_text=deal_id)


def look(page: Page, times: int = 1) -> None:
    page.evaluate(LOOK, times)


def test_the_list_goes_on_by_itself_after_the_network_was_away(page: Page, story: Story) -> None:
    shown = page.locator(".tasks-list .task").count()
    page.context.set_offline(True)
    expect(page.get_by_text(AWAY)).to_be_visible()
    expect(page.locator(".tasks-list .task")).to_have_count(shown)
    fresh = a_deal(story, "Бензопила")
    page.context.set_offline(False)

    expect(card(page, fresh)).to_be_visible()
    expect(page.get_by_text(AWAY)).to_be_hidden()


def test_a_restart_of_the_api_is_waited_for(page: Page, story: Story, suite: RunningSuite) -> None:
    api = suite.state["parts"]["api"]
    os.kill(api, signal.SIGKILL)
    look(page)
    expect(page.get_by_text(AWAY)).to_be_visible()

    eventually(lambda: suite.state["parts"]["api"] != api)
    expect(page.get_by_text(AWAY)).to_be_hidden()
    fresh = a_deal(story, "Газонокосилка")
    look(page)
    expect(card(page, fresh)).to_be_visible()


def test_who_answers_for_a_server_that_is_away_is_not_believed(page: Page, story: Story) -> None:
    """A proxy in front with a page of its own, and the webapp proxy while the engine restarts."""
    said = {"code": "ENGINE_UNAVAILABLE", "message": "Движок процессов сейчас не отвечает."}
    answers = [{"status": 502, "body": "<html>Bad Gateway</html>"}, {"status": 503, "json": said}]
    given: list[int] = []

    def unavailable(route: Route) -> None:
        given.append(len(given))
        route.fulfill(**answers[given[-1] % 2])  # type: ignore[arg-type]

    def enough() -> bool:
        page.wait_for_timeout(100)
        return len(given) > 3

    fresh = a_deal(story, "Воздуходувка")
    page.route(CALLS, unavailable)
    page.locator(".task-filters").get_by_text("Просроченные").first.click()
    expect(page.get_by_text(AWAY)).to_be_visible()
    page.locator(".task-filters").get_by_text(MINE).first.click()
    eventually(enough)
    page.unroute(CALLS)

    expect(card(page, fresh)).to_be_visible()
    expect(page.get_by_text(AWAY)).to_be_hidden()


def test_however_long_the_network_is_away_questions_do_not_pile_up(
    page: Page, story: Story
) -> None:
    open_task(page, "Вести сделку", story.deal_id, MINE)
    page.context.set_offline(True)
    look(page, times=50)
    expect(page.get_by_text(AWAY)).to_be_visible()
    asked: list[str] = []

    def listen(request: Request) -> None:
        if "/camunda/api/engine/" in request.url:
            asked.append(request.url)

    page.on("request", listen)
    page.context.set_offline(False)
    expect(page.get_by_text(AWAY)).to_be_hidden()
    page.locator("deal-form .deal-summary").wait_for()

    assert len(asked) < 15


def test_what_was_sent_into_a_broken_line_is_said_at_once_and_can_be_sent_again(
    page: Page, story: Story
) -> None:
    open_task(page, "Вести сделку", story.deal_id, MINE)
    form = page.locator("deal-form")
    form.get_by_role("button", name="Сделка проиграна…").click()
    form.get_by_label("Причина", exact=True).select_option(index=1)
    lose = form.get_by_role("button", name="Закрыть как проигранную")
    page.context.set_offline(True)
    lose.click()
    expect(form.locator(".deal-bar [role=alert]")).to_contain_text("Нет связи с сервером")
    page.context.set_offline(False)
    lose.click()
    wait_until_done(page)

    story.stage_is("declined")


def test_digits_are_searched_for_as_text_also_after_a_reload(page: Page, story: Story) -> None:
    box = page.locator("[cam-widget-search] input.main-field")
    for digits in ("7712345671", "1e5", "0x10", story.deal_id[-5:]):
        with page.expect_request(looks_for(digits)):
            box.fill(digits)
            box.press("Enter")
        if digits not in story.deal_id:
            page.locator("[cam-widget-search] .remove-search").first.click()
    expect(card(page, story.deal_id)).to_be_visible()

    with page.expect_request(looks_for(story.deal_id[-5:])):
        page.reload()
    expect(card(page, story.deal_id)).to_be_visible()


def looks_for(text: str) -> Any:
    return lambda call: bool(LIST.search(call.url)) and f"%{text}%" in (call.post_data or "")


def test_an_address_of_a_finished_task_is_answered_in_russian(page: Page, story: Story) -> None:
    task = story("manager").task(story.deal_id, KEY)
    version = story.card()["version"]
    said = {"wantedStage": "declined", "seenVersion": version, "lossReason": "price"}
    story("manager").submit(task, **said).raise_for_status()
    page.goto(f"{page.url.split('#')[0]}#/?task={task['id']}")
    page.reload()

    notice = page.locator(".page-notifications")
    expect(notice).to_contain_text("Задача уже выполнена или передана другому")
    assert not re.search(r"[A-Za-z]{3,}", notice.inner_text())


def test_two_windows_of_one_person_finish_a_task_once(
    page: Page, tasklist: OpenTasklist, story: Story
) -> None:
    """The slower window says calmly that it is done, and takes the task off the list."""
    windows = [page, tasklist("manager1")]
    for window in windows:
        open_task(window, "Вести сделку", story.deal_id, MINE)
        form = window.locator("deal-form")
        form.get_by_role("button", name="Сделка проиграна…").click()
        form.get_by_label("Причина", exact=True).select_option(index=1)
    for window in windows:
        window.get_by_role("button", name="Закрыть как проигранную").dblclick()

    def quicker() -> Page | None:
        left = [one for one in windows if one.get_by_text(NO_TASK).is_visible()]
        return left[0] if left else None

    done = eventually(quicker)
    (slower,) = [window for window in windows if window is not done]
    expect(slower.locator("deal-form .deal-bar [role=alert]")).to_contain_text(
        "Вы уже выполнили эту задачу"
    )
    expect(card(slower, story.deal_id)).to_be_hidden()
    story.stage_is("declined")


def test_the_list_keeps_the_keyboard_focus_when_it_is_read_again(page: Page, story: Story) -> None:
    entry = page.locator(".tasks-list .task", has_text=story.deal_id).locator("a").first
    entry.focus()
    old = entry.element_handle()
    with page.expect_response(LIST):
        look(page)
    page.wait_for_function("entry => !entry.isConnected", arg=old)

    expect(entry).to_be_focused()


def test_a_search_is_words_and_no_criteria_of_the_engine(page: Page, story: Story) -> None:
    box = page.locator("[cam-widget-search] input.main-field")
    box.focus()
    expect(page.locator("[cam-widget-search]")).to_have_text("", use_inner_text=True)
    expect(page.locator("[cam-widget-search] .dropdown-menu li:visible")).to_have_count(0)

    with page.expect_request(looks_for("Мотоблок")):
        box.press_sequentially("Мотоблок")
        box.press("Enter")

    expect(card(page, story.deal_id)).to_be_visible()
    pill = page.locator("[cam-widget-search-pill]")
    assert pill.inner_text().split() == ["Мотоблок"]


def test_every_filter_tells_its_number_of_tasks_whatever_is_searched_for(
    page: Page, story: Story
) -> None:
    """An approver's work waits in the group's list while that of own tasks is empty."""
    mine = page.locator(".task-filters h4", has_text=MINE)
    group = page.locator(".task-filters h4", has_text="Задачи моей группы")
    expect(mine).to_have_text(re.compile(r"Мои задачи\s+[1-9]"))
    expect(group).to_have_text(re.compile(r"Задачи моей группы\s+[0-9]"))
    before = mine.inner_text()

    box = page.locator("[cam-widget-search] input.main-field")
    box.fill("нет такой задачи")
    box.press("Enter")
    expect(page.locator(".tasks-list .task")).to_have_count(0)
    assert mine.inner_text() == before

    a_deal(story, "Аэратор")
    look(page)
    expect(mine).not_to_have_text(before)


def test_due_date_and_assignee_are_for_reading_by_keyboard_too(page: Page, story: Story) -> None:
    open_task(page, "Вести сделку", story.deal_id, MINE)
    page.locator(".task-card .due-date").wait_for()

    fields = page.locator(".task-card .meta [cam-widget-inline-field]")
    for field in fields.all():
        expect(field).to_have_js_property("inert", True)
        field.focus()
        expect(field).not_to_be_focused()
    expect(page.locator(".task-card .meta input")).to_have_count(0)
    expect(page.locator(".assignee:visible")).to_have_count(0)  # a head would read logins there


def test_a_card_says_what_its_deal_is_about(page: Page, story: Story) -> None:
    facts = card(page, story.deal_id).locator("xpath=ancestor::li").locator(".deal-facts")
    expect(facts).to_contain_text("Розничные продажи · ")


def test_the_next_task_of_the_deal_opens_by_itself_and_success_is_said(
    tasklist: OpenTasklist, story: Story
) -> None:
    story.request_arrives()
    page = tasklist("manager1")
    search(page, story.deal_id)
    open_task(page, "Собрать документы", story.deal_id, MINE)
    first = page.url

    page.locator("deal-form").get_by_role("button", name="Сбор документов").click()

    told = page.locator(".deal-told")
    expect(told).to_contain_text(re.compile("Готово. Дальше: «.+» — у вас"))
    expect(page).not_to_have_url(first)
    expect(page.locator("deal-form .deal-summary")).to_contain_text("Сбор документов")
    expect(page.locator("deal-form .deal-bar")).to_be_visible()


def test_who_has_no_session_logs_in_at_the_desk_and_is_told_why(page: Page, story: Story) -> None:
    open_task(page, "Вести сделку", story.deal_id, MINE)
    place = page.url
    page.context.clear_cookies()
    look(page)
    expect(page.locator("main")).to_contain_text("Сеанс завершён. Войдите снова")
    log_in(page, "manager1", PASSWORD)
    expect(page).to_have_url(place)
    expect(page.locator("deal-form .deal-summary")).to_be_visible()

    page.locator("[cam-widget-header] .account.dropdown").click()
    page.get_by_text("Выйти").click()
    expect(page.get_by_role("heading", name="Вход")).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("Сеанс завершён")
