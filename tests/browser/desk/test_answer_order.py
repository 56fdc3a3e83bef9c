"""An answer that comes late is not shown over that to a later question."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from ops.demo.scenario import Story
from tests.browser.conftest import OpenDesk
from tests.support.suite.running import PASSWORD, RunningSuite

pytestmark = pytest.mark.browser

PATIENT = "AbortSignal.timeout = () => new AbortController().signal"
"""Lets a page wait for as long as the test keeps an answer back."""
PENDING = """() => {
  window.pending = 0;
  const ask = fetch, read = Response.prototype.text, own = new WeakSet();
  window.fetch = async (...asked) => {
    pending += 1;
    try {
      const answer = await ask(...asked);
      own.add(answer);
      return answer;
    } catch (trouble) {
      pending -= 1;
      throw trouble;
    }
  };
  Response.prototype.text = async function () {
    const content = await read.call(this);
    if (own.has(this)) setTimeout(() => { pending -= 1; });
    return content;
  };
}"""
"""Counts the answers that the page waits for; one that is read is shown by then, if at all."""
WAITS_FOR = "(answers) => pending === answers"


class Held:
    """Keeps back the first answer to an address, as the server gave it then; others pass."""

    def __init__(self, page: Page, address: str) -> None:
        self._page = page
        self._kept: tuple[Route, APIResponse] | None = None
        page.evaluate(PATIENT)
        page.evaluate(PENDING)
        page.route(f"**/api/v1/{address}", self._answer)

    def _answer(self, route: Route) -> None:
        if self._kept is None:
            self._kept = (route, route.fetch())
        else:
            route.continue_()

    def wait(self) -> None:
        """Until the answer is there and kept."""
        while self._kept is None:
            self._page.wait_for_timeout(50)

    def let_go(self) -> None:
        """Hand the answer over when all others are shown, and wait until the page has read it."""
        assert self._kept is not None
        route, answer = self._kept
        self._page.wait_for_function(WAITS_FOR, arg=1)
        route.fulfill(response=answer)
        self._page.wait_for_function(WAITS_FOR, arg=0)


@pytest.fixture
def story(suite: RunningSuite) -> Story:
    story = Story(suite.url, PASSWORD, suite.onec, lambda _: None, people=suite.people)
    story.request_arrives()
    return story


Act = Callable[[Page], object]


def choose(label: str, option: str) -> Act:
    return lambda page: page.get_by_label(label, exact=True).select_option(option)


def press(name: str) -> Act:
    return lambda page: page.get_by_role("button", name=name, exact=True).click()


def follow(name: str) -> Act:
    return lambda page: page.locator("main .tabs").get_by_role("link", name=name).click()


@dataclass(frozen=True)
class Case:
    """Two choices on a page, of which the first is answered last."""

    login: str
    path: str
    held: str
    first: Act
    second: Act
    shown: str
    """Selector of what the second choice shows, and the first does not."""
    absent: str
    """Selector of what the first choice shows."""
    before: Callable[[Story], object] = lambda _: None
    """Prepares the deal before the page is opened."""


def a_read_notification(story: Story) -> None:
    """The head of sales was given a task, and has read of it."""
    manager, head = story("manager"), story("head")
    task = manager.task(story.deal_id, "Task_CollectDocuments")
    given = {"person": head.login, "reason": "Ухожу в отпуск."}
    manager.api("POST", f"/tasks/{task['id']}/delegate", json=given).raise_for_status()
    (latest, *_) = head.api("GET", "/notifications").json()["items"]
    head.api("POST", "/notifications/read", json={"upTo": latest["id"]}).raise_for_status()


CASES = {
    "deals": Case(
        "head1",
        "/deals",
        "deals?*direction=tenders*",
        choose("Направление", "tenders"),
        choose("Направление", "newClients"),
        "tbody a[href='/deals/{deal_id}']",
        ".empty",
    ),
    "board": Case(
        "head1",
        "/board?direction=newClients",
        "directions/tenders/board",
        choose("Направление", "tenders"),
        choose("Направление", "newClients"),
        ".column[data-stage=newClient]",
        ".column[data-stage=found]",
    ),
    "reports": Case(
        "head1",
        "/reports",
        "reports/losses?*",
        follow("Причины проигрыша"),
        follow("Воронка"),
        "h2:text('Воронка')",
        "h2:text('Причины проигрыша')",
    ),
    "team": Case(
        "head1",
        "/team",
        "deals-without-next-step",
        follow("Без следующего шага"),
        follow("Нагрузка"),
        "caption:text('Нагрузка сотрудников')",
        ".empty:text('У каждой открытой сделки есть следующий шаг')",
    ),
    "lists": Case(
        "portal1",
        "/lists",
        "people",
        follow("Сотрудники"),
        follow("Отсутствия"),
        "h2:text('Отсутствия и замещения')",
        "h2:text('Сотрудники')",
    ),
    "timeline": Case(
        "manager1",
        "/deals/{deal_id}",
        "deals/*/timeline?*topics=mail*",
        press("Письма"),
        press("Письма"),
        ".timeline [data-topic=stages]",
        "p:text('Событий нет.')",
    ),
    "new deal": Case(
        "head1",
        "/deals/new?direction=newClients",
        "directions/tenders/values",
        choose("Направление", "tenders"),
        choose("Направление", "retailSales"),
        "[data-field=equipmentType]",
        "[data-field=tenderLaw]",
    ),
    "notifications": Case(
        "head1",
        "/notifications",
        "notifications?*unread=true*",
        lambda page: page.get_by_label("Только непрочитанные").check(),
        lambda page: page.get_by_label("Только непрочитанные").uncheck(),
        ".news li:has-text('передаёт вам задачу')",
        ".empty:text('Непрочитанного нет.')",
        a_read_notification,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_was_chosen_last_stays(desk: OpenDesk, story: Story, name: str) -> None:
    case = CASES[name]
    case.before(story)
    shown = case.shown.format(deal_id=story.deal_id)
    page = desk(case.login, case.path.format(deal_id=story.deal_id))
    page.locator("main :is(h1, .columns, .board)").first.wait_for()
    held = Held(page, case.held)

    case.first(page)
    held.wait()
    case.second(page)
    expect(page.locator(shown).first).to_be_visible()
    held.let_go()

    assert page.locator(shown).first.is_visible()
    assert not page.locator(case.absent).first.is_visible()


def test_a_task_that_came_later_stays_in_the_queue(
    desk: OpenDesk, suite: RunningSuite, story: Story
) -> None:
    page = desk("manager1")
    row = page.locator(".queue li")
    expect(row.filter(has_text=story.deal_id)).to_be_visible()
    held = Held(page, "tasks")
    others = []
    for _ in range(2):
        other = Story(suite.url, PASSWORD, suite.onec, lambda _: None, people=suite.people)
        other.request_arrives()
        held.wait()
        others.append(other.deal_id)

    expect(row.filter(has_text=others[1])).to_be_visible()
    held.let_go()

    assert row.filter(has_text=others[0]).is_visible()
    assert row.filter(has_text=others[1]).is_visible()
