"""Takes the screenshots of the guides from a suite that it starts: `make screenshots`.

Needs Chromium. The pictures are committed, because building the site must not start an engine.
A suite that runs already with demo data can be given as `URL ONEC`; then all but `plan.png`.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page

from bpmn.camunda.client.rest import Engine
from docs.generator.plan_picture import take_plan
from ops.demo.company import Company, planned
from ops.demo.product import NewProduct
from ops.demo.repair import Repair
from ops.demo.scenario import COMPANIES, Story
from tests.browser.support.desk import a_chromium, log_in_to_desk
from tests.support.suite.running import PASSWORD, running_suite

FOLDER = Path(__file__).parents[1] / "pictures"
WINDOW = {
    "locale": "ru-RU",
    "timezone_id": "Europe/Moscow",
    "viewport": {"width": 1280, "height": 760},
}
PHONE = {**WINDOW, "viewport": {"width": 390, "height": 844}}
PATIENCE = 90_000  # milliseconds
SHOWN = ("newClients", "activeWholesale", "retailSales")
"""Directions whose deals of the made-up company stand on the board, in lists and in reports."""
Prepare = Callable[[Page], None]


class Photographer:
    """Takes pictures of the running suite, each employee in a window of their own."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser, self._url = browser, url

    def login(self, name: str) -> None:
        """Picture of the login."""
        page = self._window(phone=False)
        page.goto(f"{self._url}/login")
        page.get_by_label("Логин").wait_for()
        self._take(page, name)

    def page(
        self,
        name: str,
        login: str,
        place: str,
        shown: str,
        *,
        phone: bool = False,
        prepare: Prepare = lambda _: None,
    ) -> None:
        """Picture of a page of the desk; ``shown``: what must be on it."""
        page = self._window(phone=phone)
        page.goto(f"{self._url}{place}")
        log_in_to_desk(page, login, PASSWORD)
        page.locator(shown).first.wait_for()
        prepare(page)
        self._take(page, name)

    def form(self, name: str, login: str, task: str, deal_id: str, *, phone: bool = False) -> None:
        """Picture of a task's form, which is taken from the group if it is free."""

        def open_it(page: Page) -> None:
            row = page.locator(".queue li", has_text=deal_id).filter(has_text=task)
            row.locator("button.main").click()
            page.locator("deal-form .deal-bar").wait_for()

        self.page(name, login, "/", ".queue li", phone=phone, prepare=open_it)

    def _window(self, *, phone: bool) -> Page:
        context = self._browser.new_context(**(PHONE if phone else WINDOW))  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        return context.new_page()

    def _take(self, page: Page, name: str) -> None:
        page.wait_for_timeout(1500)  # what comes after the first look: approval, timeline
        page.screenshot(path=FOLDER / f"{name}.png", animations="disabled")
        page.context.close()


def type_a_known_client(page: Page) -> None:
    """Fill the form of a new deal with a client that has a deal already."""
    page.locator("[data-field=counterparty] input").fill("ООО «Садовый мир»")
    page.locator("[data-field=inn] input").fill(COMPANIES[0][0])
    page.locator(".duplicates section").wait_for()


def confirm_without_a_network(page: Page) -> None:
    """Photograph the paper and confirm the shipment while the phone has no network."""
    page.get_by_text("Открываются и без связи").wait_for()
    page.context.set_offline(True)
    photo = {"name": "ТТН с отметкой.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff"}
    page.locator("input[type=file]").set_input_files([photo])  # type: ignore[arg-type]
    page.locator("deal-form .deal-file").wait_for()
    page.get_by_role("button", name="Подтвердить отгрузку", exact=True).click()
    page.locator(".waiting").wait_for()
    page.evaluate("scrollTo(0, 0)")


def open_placeholders(page: Page) -> None:
    """Show what a template may name."""
    page.get_by_text("Что можно подставить").click()


def take_the_life_of_a_client(photographer: Photographer, first: Story) -> None:
    """From the login to the delivery; the board, the lists and the reports between them."""
    photographer.login("login")
    photographer.form("collect-documents", "manager1", "Собрать документы", first.deal_id)
    first.documents_collected()
    first.approval_requested()
    first("head").task(first.deal_id, "Task_ReviewTerms")
    photographer.page("start-page", "head1", "/", ".queue li")
    first.decides("head", "Task_ReviewTerms", "rejected", "Слишком большой лимит для первого года")
    first("manager").task(first.deal_id, "Task_RenegotiateTerms")
    first.fill(limit="900000.00").raise_for_status()
    first.approval_requested("Task_RenegotiateTerms")
    first("head").task(first.deal_id, "Task_ReviewTerms")
    photographer.form("review-terms", "head1", "Рассмотреть условия", first.deal_id)
    photographer.form("approve-on-phone", "head1", "Рассмотреть условия", first.deal_id, phone=True)
    photographer.page("deal", "manager1", f"/deals/{first.deal_id}", ".timeline li")
    board = "/board?direction=newClients"
    photographer.page("board", "manager1", board, ".column .card")
    new = "/deals/new?direction=newClients"
    photographer.page("new-deal", "manager1", new, "form", prepare=type_a_known_client)
    photographer.page("found-deals", "manager1", f"/deals?text={COMPANIES[0][0]}", ".found li")
    photographer.page("team", "head1", "/team", "table")
    photographer.page("reports", "head1", "/reports", "table")
    photographer.page("lists", "portal1", "/lists#lists/shippingDirections", "table")
    photographer.page("employees", "portal1", "/lists#people", "table")
    photographer.page(
        "templates", "portal1", "/lists#templates", "#view h2", prepare=open_placeholders
    )


def take_the_shipment(photographer: Photographer, second: Story) -> None:
    """The 1C operator at the contract, the driver at the carrier's terminal."""
    second.until_operator()
    photographer.form("enter-contract", "onecMoscow", "Завести контрагента в 1С", second.deal_id)
    number = "П-000777"
    second.contract_in_onec(number)
    second.number_entered(number)
    second.contract_drafted()
    second("manager").task(second.deal_id, "Task_LeadClient")
    second.order_placed()
    second.realization_entered(second.realization_in_onec())
    second("storekeeper").task(second.deal_id, "Task_PickOrder")
    second.order_prepared()
    second("driver").task(second.deal_id, "Task_DeliverByCarrier")
    photographer.form(
        "deliver-on-phone", "driver1", "Сдать груз перевозчику", second.deal_id, phone=True
    )
    form = "deal-form .deal-bar"
    photographer.page("next-on-phone", "driver1", "/phone", form, phone=True)
    photographer.page(
        "without-a-network",
        "driver1",
        "/phone",
        form,
        phone=True,
        prepare=confirm_without_a_network,
    )


def take_product_and_repair(photographer: Photographer, url: str, onec: str) -> None:
    """Play a new product and a repair to the forms of their guides."""
    product = NewProduct(url, PASSWORD, onec=onec)
    product.applied()
    product.asks_for_check()
    task = "Сравнить с похожими товарами"
    photographer.form("compare-products", product.manager, task, product.deal_id)
    repair = Repair(url, PASSWORD)
    repair.arrives()
    repair.received()
    repair.diagnosed()
    repair(repair.manager).task(repair.deal_id, "Task_CallClient")
    task = "Согласовать стоимость"
    photographer.form("agree-cost", repair.manager, task, repair.deal_id)


def take_all(url: str, onec: str, engine: Engine | None) -> None:
    """Let the made-up company work and take every picture of it; that of a plan from ``engine``."""
    FOLDER.mkdir(exist_ok=True)
    Company(url, PASSWORD, onec).works([deal for deal in planned() if deal.direction in SHOWN])
    with a_chromium() as browser:
        photographer = Photographer(browser, url)
        first = Story(url, PASSWORD, onec)
        first.request_arrives()
        take_the_life_of_a_client(photographer, first)
        second = Story(url, PASSWORD, onec, company=COMPANIES[1], name="ООО «Лесной двор»")
        take_the_shipment(photographer, second)
        take_product_and_repair(photographer, url, onec)
        if engine is not None:
            take_plan(browser, engine, FOLDER / "plan.png")


def main(arguments: list[str]) -> None:
    """Take the pictures of the given suite, or start one for them."""
    with tempfile.TemporaryDirectory() as data:
        if arguments:
            url, onec = arguments
            take_all(url, onec, None)
        else:
            with running_suite(Path(data) / "suite") as suite:
                take_all(suite.url, suite.onec, suite.engine)
    for path in sorted(FOLDER.glob("*.png")):
        print(f"{path.name}: {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main(sys.argv[1:])
