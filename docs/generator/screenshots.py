"""Takes the screenshots of the guides from a suite that it starts: `make screenshots`.

Needs Chromium. The pictures are committed, because building the site must not start an engine.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page

from ops.demo.scenario import COMPANIES, Story
from tests.browser.desk import a_chromium, log_in, open_task, take
from tests.support.running_suite import PASSWORD, running_suite

FOLDER = Path(__file__).parents[1] / "pictures"
WINDOW = {"locale": "ru-RU", "viewport": {"width": 1280, "height": 760}}
PATIENCE = 90_000  # milliseconds
MINE, GROUP = "Мои задачи", "Задачи моей группы"


class Photographer:
    """Takes pictures of the running suite, each employee in a window of their own."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser, self._url = browser, url

    def login(self, name: str) -> None:
        """Picture of the login form."""
        page = self._window()
        page.goto(f"{self._url}/camunda/app/tasklist/default/")
        page.get_by_placeholder("Логин").wait_for()
        self._take(page, name)

    def tasks(self, name: str, login: str, filter_name: str) -> None:
        """Picture of a task list before a task is opened."""
        page = self._tasklist(login)
        page.locator(".task-filters").get_by_text(filter_name).first.click()
        page.locator(".tasks-list .task").first.wait_for()
        self._take(page, name)

    def form(
        self,
        name: str,
        login: str,
        task: str,
        deal_id: str,
        *,
        claim: bool = False,
        prepare: Callable[[Page], None] = lambda _: None,
    ) -> None:
        """Picture of a task's form; ``claim`` takes the task from the group first."""
        page = self._tasklist(login)
        open_task(page, task, deal_id, GROUP if claim else MINE)
        if claim:
            take(page)
        prepare(page)
        self._take(page, name)

    def lists(self, name: str, login: str, fragment: str) -> None:
        """Picture of the page «Списки и назначения»."""
        page = self._tasklist(login)
        page.goto(f"{self._url}/lists#{fragment}")
        page.locator("table").first.wait_for()
        self._take(page, name)

    def _tasklist(self, login: str) -> Page:
        page = self._window()
        page.goto(f"{self._url}/camunda/app/tasklist/default/")
        log_in(page, login, PASSWORD)
        return page

    def _window(self) -> Page:
        context = self._browser.new_context(**WINDOW)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        return context.new_page()

    def _take(self, page: Page, name: str) -> None:
        page.wait_for_timeout(1500)  # notices of Tasklist fade out
        page.screenshot(path=FOLDER / f"{name}.png", animations="disabled")
        page.context.close()


def main() -> None:
    """Start the suite, play two deals to their tasks and write all pictures."""
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as data,
        running_suite(Path(data) / "suite") as suite,
        a_chromium() as browser,
    ):
        photographer = Photographer(browser, suite.url)
        first = Story(suite.url, PASSWORD, suite.onec)
        photographer.login("login")
        first.request_arrives()
        photographer.tasks("tasklist", "manager1", MINE)
        photographer.form("collect-documents", "manager1", "Собрать документы", first.deal_id)
        first.documents_collected()
        first.approval_requested()
        first("head").task(first.deal_id, "Task_ReviewTerms")
        photographer.form("review-terms", "head1", "Рассмотреть условия", first.deal_id, claim=True)
        second = Story(
            suite.url, PASSWORD, suite.onec, company=COMPANIES[1], name="ООО «Лесной двор»"
        )
        second.until_operator()
        photographer.form(
            "enter-contract", "onecMoscow", "Завести контрагента в 1С", second.deal_id
        )
        number = "П-000777"
        second.contract_in_onec(number)
        second.number_entered(number)
        second.contract_drafted()
        second("manager").task(second.deal_id, "Task_LeadClient")
        photographer.form("lead-client", "manager1", "Вести клиента", second.deal_id)
        second.order_placed()
        second.realization_entered(second.realization_in_onec())
        second("storekeeper").task(second.deal_id, "Task_PickOrder")
        photographer.form("pick-order", "storeMoscow", "Собрать заказ", second.deal_id)
        photographer.lists("lists", "portal1", "lists/shippingDirections")
    for path in sorted(FOLDER.glob("*.png")):
        print(f"{path.name}: {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
