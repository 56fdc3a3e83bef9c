"""The whole life of a client on the desk, from the board to «Сделка успешна», with its troubles.

Seven people at windows of their own play one deal by pressing what they see; only 1C is played by
its simulator. A colleague changes the same deal, a line drops, a session ends. The presses are
counted: a click, a field that is clicked into, a file that is chosen are one, a choice from a list
is two. What only a trouble makes necessary is not counted, nor the way back from a task of another
deal to which the desk has led on.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from db.catalog import load_catalog
from db.domain.catalog import FieldKind
from ops.demo.documents import a_pdf
from ops.demo.scenario import DOCUMENTS, TERMS, Story, a_number
from tests.browser.conftest import OpenDesk
from tests.support.suite.running import PASSWORD, RunningSuite

pytestmark = pytest.mark.browser

WHOLE_LIFE, NEW_DEAL, APPROVAL = 70, 5, 2
"""Presses at most."""
AWAY = "Нет связи, пробую снова…"
LOG_OUT = """fetch('/camunda/api/admin/auth/user/default/logout',
    {method: 'POST', headers: {'X-Requested-With': 'XMLHttpRequest'}})"""
PRESS = """button => {
    const taken = !button.closest('deal-form').classList.contains('deal-busy');
    button.click();
    return taken;
}"""
"""Press a button. Returns: whether the form takes the press; while it is busy it does not."""
CATALOG = load_catalog()
CHOSEN = {
    code: str(value) for code, value in TERMS.items() if CATALOG.fields[code].kind is FieldKind.LIST
}
"""What the manager chooses from lists: the terms of the demo deal."""


@dataclass
class Seat:
    """One person at a window; counts the presses."""

    page: Page
    presses: int = 0

    def press(self, target: Locator) -> None:
        target.click()
        self.presses += 1

    def press_button(self, name: str) -> None:
        self.press(self.page.get_by_role("button", name=name, exact=True))

    def write(self, code: str, text: str) -> None:
        field(self.page, code).fill(text)
        self.presses += 1

    def choose(self, code: str, value: str) -> None:
        field(self.page, code).select_option(value)
        self.presses += 2

    def attach(self, code: str) -> None:
        choose_file(self.page, code)
        self.presses += 1
        expect(place_of(self.page, code).get_by_role("link", name=f"{code}.pdf")).to_be_visible()

    def open_task(self, name: str, deal_id: str) -> None:
        """Take or open the task in the queue, unless the desk has opened it already."""
        heading = self.page.get_by_role("heading", level=1, name=re.compile(f"{name}.*{deal_id}"))
        if not heading.is_visible():
            self._go_to_queue()
            row = self.page.locator(".queue li", has_text=deal_id).filter(has_text=name)
            self.press(row.get_by_role("button", name=re.compile("^(Взять|Открыть)")))
        expect(heading).to_be_visible()
        self.page.locator("deal-form .deal-bar").wait_for()

    def finish(self, button: str) -> None:
        """Press the button that completes the task; the desk then leaves it."""
        done = self.page.url
        expect(self.page.locator("deal-form.deal-busy")).to_have_count(0)
        self.press(self.page.locator("deal-form .deal-bar").get_by_role("button", name=button))
        left(self.page, done)

    def _go_to_queue(self) -> None:
        place = urlsplit(self.page.url).path
        if place != "/":
            self.page.locator("header nav").get_by_text("К исполнению").click()
            self.presses += not place.startswith("/tasks/")


def left(page: Page, task: str) -> None:
    """The desk has gone on from the address of the task, and shows what it goes on with."""
    try:
        page.wait_for_url(lambda url: url != task)
    except PlaywrightTimeout:
        pytest.fail(f"still at {page.url}, which shows: {page.locator('body').inner_text()}")
    expect(page.locator("deal-form .deal-bar").or_(queue_of(page))).to_be_visible()


def queue_of(page: Page) -> Locator:
    return page.get_by_role("heading", level=1, name="К исполнению")


def place_of(page: Page, code: str) -> Locator:
    return page.locator(f"[data-field={code}]")


def field(page: Page, code: str) -> Locator:
    return place_of(page, code).locator("input, select, textarea").first


def choose_file(page: Page, code: str) -> None:
    content = {
        "name": f"{code}.pdf",
        "mimeType": "application/pdf",
        "buffer": a_pdf(f"{page.url} {code}"),
    }
    field(page, code).set_input_files([content])  # type: ignore[arg-type]


def fits(page: Page) -> None:
    """Nothing sticks out of the window sideways."""
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{page.url} is {wide} pixels too wide"


@dataclass
class Company:
    """The people of the deal, each logged in when they are first needed."""

    open_desk: Callable[[str], Page]
    seats: dict[str, Seat]

    def __call__(self, login: str) -> Seat:
        if login not in self.seats:
            self.seats[login] = Seat(self.open_desk(login))
        return self.seats[login]

    @property
    def presses(self) -> int:
        return sum(seat.presses for seat in self.seats.values())


@pytest.mark.parametrize("phone", [False, True], ids=["1440", "390"])
def test_a_client_from_the_board_to_the_won_deal(
    desk: OpenDesk, suite: RunningSuite, phone: bool
) -> None:
    company = Company(lambda login: desk(login, phone=phone), {})
    story = Story(suite.url, PASSWORD, suite.onec, lambda _: None, people=suite.people)
    story.deal_id = deal = creates_the_deal(company("manager1"), story.name)
    a_colleague_changes_the_same_card(company, deal)
    collects_the_documents(company("manager1"), deal, story.company)
    is_refused_and_offers_less(company, deal)
    for login, task in (
        ("head1", "Рассмотреть условия"),
        ("accountant1", "Решить о заключении договора"),
        ("lawyer1", "Проверить клиента"),
    ):
        approves(company(login), task, deal, expired=login == "accountant1")
    gets_the_contract(company, story)
    orders_and_gets_the_goods(company, story)

    manager = company("manager1")
    expect(manager.page.locator(".stages [aria-current=step]")).to_have_text("Сделка успешна")
    fits(manager.page)
    assert company.presses <= WHOLE_LIFE


def test_goods_come_from_an_order_that_the_worker_reads(
    desk: OpenDesk, suite: RunningSuite
) -> None:
    story = Story(suite.url, PASSWORD, suite.onec, lambda _: None, people=suite.people)
    number = story.order_in_onec({"name": "Пила", "article": "GCS46", "quantity": 4})
    page = desk("manager1", "/deals/new?direction=newClients")
    field(page, "counterparty").fill(story.name)
    field(page, "inn").fill(story.company[0])
    page.get_by_role("button", name="Создать сделку", exact=True).click()
    page.wait_for_url("**/deals/D-*")

    page.get_by_role("button", name="Изменить", exact=True).click()
    page.get_by_role("button", name="Взять из заказа 1С…").click()
    page.get_by_label("Номер заказа в 1С").fill(number)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("добавлено: GCS46 Пила, 4 шт.")
    dialog.get_by_role("button", name="Взять", exact=True).click()

    expect(page.locator("#card .deal-goods tbody tr")).to_have_count(1)
    expect(page.locator(".timeline")).to_contain_text(f"Товары взяты из заказа 1С № {number}")


def creates_the_deal(manager: Seat, name: str) -> str:
    """From the board. Returns: the id of the deal."""
    page = manager.page
    manager.press(page.locator("header nav").get_by_text("Воронка"))
    manager.press(page.locator("#view").get_by_role("link", name="Новая сделка"))
    expect(page.locator("#direction")).to_have_value("newClients")
    manager.write("counterparty", name)
    fits(page)
    manager.press_button("Создать сделку")
    page.wait_for_url("**/deals/D-*")
    assert manager.presses <= NEW_DEAL
    return page.url.rpartition("/")[2]


def a_colleague_changes_the_same_card(company: Company, deal: str) -> None:
    """The head helps out with the task while the manager types; neither overwrites the other."""
    page, head = company("manager1").page, company("head1")
    page.locator(".open-tasks a").click()
    page.get_by_role("button", name="Передать…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Кому").select_option("head1")
    dialog.get_by_label("Почему").fill("Еду к клиенту, начните без меня")
    dialog.get_by_role("button", name="Передать").click()
    expect(queue_of(page)).to_be_visible()
    search = page.get_by_role("searchbox", name="Найти сделку")
    search.fill(deal)
    search.press("Enter")
    page.locator(".found").get_by_role("link").first.click()
    page.get_by_role("button", name="Изменить").click()
    field(page, "limit").fill("1500000")

    head.open_task("Собрать документы", deal)
    head.presses = 0
    field(head.page, "limit").fill("900000")
    head.page.locator(".deal-bar").get_by_role("button", name="Сохранить").click()
    expect(page.locator("#card [role=alert]")).to_contain_text("Лимит")
    expect(field(page, "limit")).to_have_value(re.compile("1.?500.?000"))
    expect(place_of(page, "limit")).to_contain_text("Сейчас в карточке: 900")
    page.get_by_role("button", name="Сохранить", exact=True).click()
    expect(page.get_by_role("button", name="Изменить")).to_be_visible()

    field(head.page, "comments").fill("Клиент просит самовывоз раз в месяц")
    head.page.locator(".deal-bar").get_by_role("button", name="Сохранить").click()
    expect(head.page.locator("deal-form .deal-bar [role=alert]")).to_contain_text(
        "Сделку изменили, пока вы работали"
    )
    head.finish("Сбор документов →")


def collects_the_documents(manager: Seat, deal: str, company: tuple[str, str]) -> None:
    """The card and the documents; in the midst of it the line drops."""
    manager.open_task("Собрать документы", deal)
    page = manager.page
    fits(page)
    inn, ogrn = company
    manager.write("inn", inn)
    manager.write("ogrn", ogrn)
    for code, value in CHOSEN.items():
        manager.choose(code, value)
    first, *others = DOCUMENTS
    page.context.set_offline(True)
    expect(page.locator("#connection")).to_have_text(AWAY)
    choose_file(page, first)
    again = place_of(page, first).get_by_role("button", name="Повторить")
    expect(again).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("#connection")).to_be_empty()
    manager.press(again)
    expect(place_of(page, first).get_by_role("link", name=f"{first}.pdf")).to_be_visible()
    for code in others:
        manager.attach(code)
    expect(field(page, "inn")).to_have_value(inn)
    manager.finish("Условия согласования →")


def is_refused_and_offers_less(company: Company, deal: str) -> None:
    head, manager = company("head1"), company("manager1")
    head.open_task("Рассмотреть условия", deal)
    fits(head.page)
    head.page.get_by_placeholder("Комментарий").fill("Для первого года слишком много")
    head.presses += 1
    head.finish("Отклонить")

    manager.open_task("Пересогласовать условия", deal)
    expect(manager.page.locator("deal-form")).to_contain_text("Для первого года слишком много")
    fits(manager.page)
    manager.write("limit", "900000")
    manager.finish("Условия согласования →")


def approves(approver: Seat, task: str, deal: str, *, expired: bool) -> None:
    page, before = approver.page, approver.presses
    approver.open_task(task, deal)
    fits(page)
    if not expired:
        approver.finish("Согласовать")
    else:
        done = page.url
        page.evaluate(LOG_OUT)
        # By script: the dialog may have come already, with news that could not be read.
        button = page.locator("deal-form .deal-bar").get_by_role("button", name="Согласовать")
        taken = button.evaluate(PRESS)
        dialog = page.get_by_role("dialog", name="Сеанс завершён")
        dialog.get_by_label("Пароль").fill(PASSWORD)
        fits(page)
        dialog.get_by_role("button", name="Войти").click()
        if taken:
            approver.presses += 1
            left(page, done)
        else:
            approver.finish("Согласовать")
    assert approver.presses - before <= APPROVAL


def gets_the_contract(company: Company, story: Story) -> None:
    operator, lawyer, deal = company("onecMoscow"), company("lawyer1"), story.deal_id
    operator.open_task("Завести контрагента в 1С", deal)
    fits(operator.page)
    number = a_number("П")
    story.contract_in_onec(number)
    operator.page.locator(".deal-bar").get_by_label("Номер договора").fill(number)
    operator.presses += 1
    operator.finish("Номер внесён")

    lawyer.open_task("Составить договор", deal)
    expect(lawyer.page.locator("deal-form")).to_contain_text(number)
    fits(lawyer.page)
    lawyer.attach("contractFile")
    lawyer.finish("Договор составлен")


def orders_and_gets_the_goods(company: Company, story: Story) -> None:
    manager, operator, deal = company("manager1"), company("onecMoscow"), story.deal_id
    manager.open_task("Вести клиента", deal)
    fits(manager.page)
    manager.finish("Реализация →")
    search = manager.page.get_by_role("searchbox", name="Найти сделку")
    manager.press(search)
    search.fill(deal)
    search.press("Enter")
    manager.press(manager.page.locator(".found").get_by_role("link").first)

    operator.open_task("Создать реализацию", deal)
    fits(operator.page)
    number = story.realization_in_onec()
    operator.page.locator(".deal-bar").get_by_label("Номер реализации").fill(number)
    operator.presses += 1
    operator.finish("Реализация создана")
    operator.open_task("Подготовить УПД", deal)
    fits(operator.page)
    operator.finish("УПД готов")

    storekeeper, driver = company("storeMoscow"), company("driver1")
    storekeeper.open_task("Собрать заказ", deal)
    fits(storekeeper.page)
    storekeeper.finish("Заказ собран")
    driver.open_task("Сдать груз перевозчику", deal)
    fits(driver.page)
    driver.attach("ttnFile")
    driver.finish("Подтвердить отгрузку")
