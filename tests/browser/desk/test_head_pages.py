"""Reports, the department and employees in a real browser, on the real API."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Locator, Page, expect

from db.domain.deals.history import Actor, Cause
from db.domain.deals.stages import lose, move
from tests.browser.desk.test_deal_pages import PHONE, Windows, fits, office, sizes, windows
from tests.browser.support.axe import violations
from tests.integration.api.conftest import Office
from tests.integration.api.engine_stand_in import StandInTask
from tests.integration.api.tasks.test_queue import WORK, at
from tests.support.builders import a_deal

__all__ = ["office", "windows"]
pytestmark = pytest.mark.browser


def a_department(office: Office) -> None:
    """Deals of «Новые клиенты» at several stages, some lost, one late."""
    now = datetime.now(UTC)
    for number in range(9):
        manager = "manager1" if number % 3 else "manager2"
        values = {"counterparty": f"ООО «Клиент {number}»", "limit": "150000.00"}
        deal_id = office.keep(a_deal(manager=manager, values=values))
        with office.database.writing() as store:
            deal = store.deals.get(deal_id)
            if number % 2:
                move(store.catalog, deal, "collectingDocuments", at=now)
            if number % 4 == 3:
                reason = "price" if number == 3 else "competitor"
                lose(store.catalog, deal, reason, None, store.lists, at=now)
            store.deals.save(deal, Actor(manager, Cause.API))
        if number == 4:
            office.engine.tasks.append(
                StandInTask("late1", WORK, deal_id, manager, name="Собрать документы", due=at(-5))
            )


def table(page: Page, caption: str) -> Locator:
    """A table by its caption; on a phone its rows are cards."""
    return page.locator("table").filter(has=page.locator("caption", has_text=caption))


@sizes
def test_a_head_reads_a_report_as_a_chart_and_a_table(
    windows: Windows, office: Office, size: tuple[int, int]
) -> None:
    a_department(office)
    page = windows.open("salesHead", "/reports", size)
    page.get_by_label("Направление", exact=True).select_option("newClients")
    expect(table(page, "Воронка продаж")).to_contain_text("Сбор документов")
    expect(page.locator(".bar").first).to_be_visible()
    assert violations(page) == []
    fits(page)

    page.get_by_role("link", name="Причины проигрыша").click()
    expect(table(page, "Причины проигрыша")).to_contain_text("Не устроила цена")
    page.get_by_label("Период").select_option("year")
    with page.expect_download() as file:
        page.get_by_role("link", name="Скачать Excel").click()
    assert file.value.suggested_filename.endswith(".xlsx")
    page.reload()
    expect(page.get_by_label("Период")).to_have_value("year")
    expect(table(page, "Причины проигрыша")).to_be_visible()

    page.get_by_label("Период").select_option("own")
    first = page.get_by_label("Первый день")
    first.fill("1.2.2026")
    with page.expect_response("**/reports/losses?*since=2026-02-01*"):
        first.blur()
    expect(first).to_have_value("01.02.2026")
    fits(page)


@sizes
def test_a_head_sees_the_load_and_hands_over_the_deals_of_whoever_leaves(
    windows: Windows, office: Office, size: tuple[int, int]
) -> None:
    a_department(office)
    page = windows.open("salesHead", "/team", size)
    load = table(page, "Нагрузка сотрудников")
    expect(load).to_contain_text("manager1")
    assert violations(page) == []
    fits(page)
    page.get_by_role("link", name="Просрочено").click()
    expect(table(page, "Просроченные задачи")).to_contain_text("Собрать")
    page.get_by_role("link", name="Без следующего шага").click()
    expect(page.get_by_text("Проверяем")).to_have_count(0)
    page.get_by_role("link", name="Нагрузка", exact=True).click()
    page.get_by_role("link", name="Передать дела: Имя manager1").click()
    page.get_by_label("Кому").select_option("manager2")
    expect(page.get_by_text("перейдут: Имя manager2").first).to_be_visible()
    page.get_by_label("Почему").fill("Увольняется")
    assert violations(page) == []
    page.get_by_role("button", name="Передать…").click()
    page.get_by_role("dialog").get_by_role("button", name="Передать").click()
    expect(page.locator(".note.good")).to_contain_text("Передано:")
    fits(page)


@sizes
def test_an_administrator_adds_changes_and_deactivates_an_employee(
    windows: Windows, office: Office, size: tuple[int, int]
) -> None:
    login = f"novikov{size[0]}"
    page = windows.open("admin1", "/lists#people", size)
    page.get_by_role("button", name="Добавить сотрудника").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Добавить").click()
    expect(dialog.get_by_text("Заполните это поле")).to_have_count(3)
    dialog.get_by_label("Логин").fill(login)
    dialog.get_by_label("Фамилия").fill("Новиков")
    dialog.get_by_label("Имя").fill("Пётр")
    dialog.get_by_role("button", name="Добавить").click()
    expect(dialog.get_by_role("alert")).to_contain_text("хотя бы одну роль")
    expect(dialog.get_by_text("Латинские буквы и цифры")).to_be_visible()
    dialog.get_by_label("Водитель", exact=True).check()
    assert violations(page) == []
    dialog.get_by_role("button", name="Добавить").click()
    shown = page.get_by_role("dialog").locator("output")
    expect(shown).to_be_visible()
    assert shown.text_content() == office.engine.passwords[login]
    page.get_by_role("button", name="Готово").click()

    row = page.locator("tbody tr").filter(has_text=login)
    expect(row).to_contain_text("Водитель")
    fits(page)
    menu = row.get_by_role("button", name="Действия")
    if size == PHONE:  # a short row with one button, in place of three in a column
        assert row.evaluate("row => row.offsetHeight") < 130
        menu.press("Enter")
        offered = page.get_by_role("dialog", name="Новиков").get_by_role("button")
        assert all(one.evaluate("one => one.offsetHeight") >= 44 for one in offered.all())
        assert violations(page) == []
        page.keyboard.press("Escape")
        expect(menu).to_be_focused()
        menu.click()
        offered.filter(has_text="Отключить").click()
    else:
        expect(menu).to_be_hidden()
        row.get_by_role("button", name="Отключить").click()
    sure = page.get_by_role("dialog", name="Отключить сотрудника?")
    sure.get_by_role("button", name="Отключить").click()
    expect(page.locator("tbody tr").filter(has_text=login)).to_have_count(0)
    assert office.engine.people[login] == frozenset()


def test_the_preview_of_an_absence_says_that_deals_stay_with_their_manager(
    windows: Windows, office: Office
) -> None:
    a_department(office)
    page = windows.open("admin1", "/lists#absences")
    page.get_by_role("button", name="Записать отсутствие").click()

    page.get_by_label("Сотрудник").select_option("manager1")

    preview = page.get_by_role("dialog").locator(".note")
    expect(preview).to_contain_text(re.compile(r"Останутся за сотрудником: \d+ сдел\S+ со всеми"))
    expect(preview).not_to_contain_text("вся группа")
    expect(page.get_by_label("Кто замещает")).to_have_value("")
    expect(preview).to_contain_text("узнает группа")

    page.get_by_label("Первый день").fill("31.12.2199")
    last = page.get_by_label("Последний день")
    last.fill("30.02.2200")
    page.get_by_role("button", name="Сохранить").click()
    expect(page.get_by_text("Укажите дату, например 27.11.2026.")).to_be_visible()
    expect(last).to_have_attribute("aria-invalid", "true")
    last.fill("2.1.2200")
    page.get_by_role("button", name="Сохранить").click()
    expect(table(page, "Отсутствия")).to_contain_text("31.12.2199 – 02.01.2200")


def test_a_deal_as_it_was_is_asked_for_by_a_typed_time_that_has_passed(
    windows: Windows, office: Office
) -> None:
    deal_id = office.keep(a_deal(values={"counterparty": "ООО «Было»"}))
    page = windows.open("salesHead", f"/deals/{deal_id}")
    page.get_by_role("button", name="Каким было…").click()
    dialog = page.get_by_role("dialog")
    day, time = dialog.get_by_label("День"), dialog.get_by_label("Время")
    show = dialog.get_by_role("button", name="Показать")

    time.fill("25:00")
    show.click()
    expect(dialog.get_by_text("Укажите время, например 09:05.")).to_be_visible()
    day.fill("1.1.2199")
    time.fill("9:05")
    show.click()
    expect(dialog.get_by_role("alert")).to_contain_text("ещё не наступило")
    day.fill("31.12.2019")
    time.fill("00:00")
    show.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Сделки ещё не было")
    page.get_by_role("link", name="Показать сейчас").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("ООО «Было»")
    expect(page).to_have_url(re.compile(f"/deals/{deal_id}$"))
