"""Rules of axe on many states of the desk, at both widths: one browser, one API, one visit each."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from playwright.sync_api import Page, expect

from api.reports.tables import REPORTS
from tests.browser.desk.test_deal_pages import Windows, field, fits, office, sizes, windows
from tests.browser.desk.test_head_pages import a_department
from tests.browser.support.axe import violations
from tests.integration.api.conftest import Office
from tests.integration.api.engine_stand_in import PASSWORD
from tests.support.builders import COMPANY_INN

pytestmark = pytest.mark.browser
__all__ = ["office", "windows"]  # fixtures


@dataclass(frozen=True)
class State:
    """A page, and what brings it into the state."""

    login: str
    path: str
    ready: str
    """CSS selector of what shows that the state is there."""
    act: Callable[[Page], object] = lambda _: None

    def at(self, deal_id: str) -> "State":
        return replace(self, path=self.path.format(deal=deal_id))


def press(name: str) -> Callable[[Page], object]:
    return lambda page: page.get_by_role("button", name=name).first.click()


def unfold(words: str) -> Callable[[Page], object]:
    return lambda page: page.locator("summary", has_text=words).first.click()


def menu(page: Page) -> None:
    """An employee's actions: a menu on a phone."""
    narrow = page.evaluate("innerWidth < 720")
    name = "Действия" if narrow else "Новый пароль"
    page.get_by_role("button", name=f"{name}: Имя manager1").click()


def own_password(page: Page) -> None:
    page.locator("#who button").click()
    page.get_by_role("button", name="Сменить пароль").click()


DIALOG = "dialog[open]"
DEAL, LISTS = "/deals/{deal}", "/lists#lists"
SHOWN_REPORT = ".report tbody tr, .empty"
STATES = {
    "login": State("manager1", "/login", "[name=login]"),
    "queue": State("manager1", "/", ".queue li, .empty"),
    "own password": State("manager1", "/", "[name=newPassword]", own_password),
    "deal": State("manager1", DEAL, ".timeline li"),
    "deal at an instant": State("manager1", DEAL, DIALOG, press("Каким было")),
    "deal in the hands of another": State("salesHead", DEAL, DIALOG, press("Передать менеджеру")),
    "loss": State("manager1", DEAL, DIALOG, press("Закрыть как проигранную")),
    "card": State("manager1", DEAL, ".saving", press("Изменить")),
    "deals": State("salesHead", "/deals", "tbody tr"),
    "saved view": State("salesHead", "/deals", DIALOG, press("Сохранить отбор")),
    "board": State("salesHead", "/board?direction=newClients", ".card"),
    "notifications": State("manager1", "/notifications", "details table", unfold("Что и как")),
    "load": State("salesHead", "/team", "tbody tr"),
    "overdue": State("salesHead", "/team#overdue", "caption:text('Просроченные'), .empty"),
    "stuck": State("salesHead", "/team#stuck", "caption:text('Сделки без'), .empty"),
    "handover": State("salesHead", "/team#handover/manager1", "select"),
    **{
        f"report {report}": State("salesHead", f"/reports?report={report}", SHOWN_REPORT)
        for report in REPORTS
    },
    "lists": State("admin1", "/lists", ".lists li"),
    "list": State("admin1", f"{LISTS}/lossReasons", "tbody tr"),
    "value": State("admin1", f"{LISTS}/lossReasons", DIALOG, press("Изменить")),
    "new value": State("admin1", f"{LISTS}/shippingDirections", DIALOG, press("Добавить значение")),
    "history": State("admin1", f"{LISTS}/lossReasons", "details .wide", unfold("История")),
    "absences": State("admin1", "/lists#absences", "main h2"),
    "absence": State("admin1", "/lists#absences", DIALOG, press("Записать")),
    "assignments": State("admin1", "/lists#tasks", "main h2"),
    "employees": State("admin1", "/lists#people", "tbody tr"),
    "employee's actions": State("admin1", "/lists#people", DIALOG, menu),
    "new employee": State("admin1", "/lists#people", DIALOG, press("Добавить сотрудника")),
    "templates": State("admin1", "/lists#templates", "details table", unfold("Что можно")),
    "new template": State("admin1", "/lists#templates", DIALOG, press("Добавить шаблон")),
}


@pytest.fixture(scope="module")
def deal_id(office: Office) -> str:
    """A deal among those of a department, with a history."""
    a_department(office)
    deal_id = office.a_deal(counterparty="ООО «Садовый мир»", inn=COMPANY_INN)
    office.person("manager1").post(f"/deals/{deal_id}/notes", {"text": "Звонил."})
    return deal_id


@sizes
def test_no_state_breaks_a_rule(windows: Windows, deal_id: str, size: tuple[int, int]) -> None:
    pages: dict[str, Page] = {}
    broken = {}
    for name, state in STATES.items():
        here = state.at(deal_id)
        if here.login not in pages:
            pages[here.login] = windows.open(here.login, "/login", size)
        page = pages[here.login]
        page.goto("about:blank")  # another fragment of the same page would not load it anew
        page.goto(f"{windows.office.url}{here.path}")
        here.act(page)
        expect(page.locator(here.ready).first).to_be_visible()
        fits(page)
        if found := violations(page):
            broken[name] = found
    assert broken == {}


@sizes
def test_the_own_password_is_changed_behind_the_name(
    windows: Windows, office: Office, size: tuple[int, int]
) -> None:
    login = f"driver{size[0]}"
    office.engine.people[login] = frozenset({"drivers"})
    page = windows.open(login, "/notifications", size)
    own_password(page)
    for present, new, repeated, named, words in (
        ("Guessed-2026", PASSWORD, PASSWORD, "presentPassword", "введён неверно"),
        (PASSWORD, "weak", "weak", "newPassword", "слишком простой"),
        (PASSWORD, PASSWORD, "another", "repeated", "не совпадают"),
    ):
        for code, text in zip(
            ("presentPassword", "newPassword", "repeated"), (present, new, repeated), strict=True
        ):
            field(page, code).fill(text)
        page.get_by_role("button", name="Сменить", exact=True).click()
        expect(page.locator(f"[data-field={named}] small")).to_contain_text(words)
        assert violations(page) == []
        fits(page)

    field(page, "repeated").fill(PASSWORD)
    page.get_by_role("button", name="Сменить", exact=True).click()

    expect(page.locator("#news")).to_contain_text("Пароль изменён")
    assert office.engine.passwords[login] == PASSWORD  # set anew: the window sends it in a header


@sizes
def test_a_conflict_breaks_no_rule(windows: Windows, office: Office, size: tuple[int, int]) -> None:
    deal_id = office.a_deal(counterparty="ООО «Было»")
    page = windows.open("manager1", f"/deals/{deal_id}", size)
    page.get_by_role("button", name="Изменить").click()
    field(page, "counterparty").fill("ООО «Моё»")
    other, change = office.person("manager1"), {"fields": {"counterparty": "ООО «Чужое»"}}
    other.patch(f"/deals/{deal_id}", change, headers=other.seen(f"/deals/{deal_id}"))

    expect(page.locator("#card [role=alert]")).to_contain_text("Контрагент")

    assert violations(page) == []
    fits(page)
