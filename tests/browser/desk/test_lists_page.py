"""The page of universal lists in a real browser, as the portal administrator uses it."""

import pytest
import requests
from playwright.sync_api import expect

from ops.demo.scenario import Story
from tests.browser.conftest import OpenTasklist
from tests.support.suite.running import PASSWORD, RunningSuite

pytestmark = pytest.mark.browser


def test_an_administrator_names_another_operator_and_sees_who_gets_the_next_task(
    tasklist: OpenTasklist, suite: RunningSuite
) -> None:
    page = tasklist("portal1")
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(f"{suite.url}/lists#lists/shippingDirections")

    page.get_by_role("button", name="Изменить: Екатеринбург, самовывоз").click()
    page.get_by_label("Оператор 1С").select_option("onecKazan")
    page.get_by_role("button", name="Сохранить").click()
    expect(page.locator("#news")).to_contain_text("Новые задачи пойдут так")
    page.get_by_role("button", name="Кто получит задачи: Екатеринбург, самовывоз").click()
    operator = page.get_by_role("dialog").locator("tr", has_text="Оператор 1С")
    expect(operator).to_contain_text("Диляра Сафина")
    page.keyboard.press("Escape")
    page.get_by_text("История изменений").click()
    expect(page.locator("details")).to_contain_text("Кирилл Портнов")

    expect(page.locator("body")).not_to_contain_text("null")
    assert troubles == []


def test_two_administrators_with_the_same_form_do_not_overwrite_each_other(
    tasklist: OpenTasklist, suite: RunningSuite
) -> None:
    pages = [tasklist("portal1") for _ in range(2)]
    troubles: list[str] = []
    for page in pages:
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(f"{suite.url}/lists#lists/shippingDirections")
        page.get_by_role("button", name="Изменить: Новосибирск, самовывоз").click()
    first, late = pages

    first.get_by_label("Оператор 1С").select_option("onecKazan")
    first.get_by_role("button", name="Сохранить").click()
    expect(first.locator("#news")).to_contain_text("Сохранено")
    late.get_by_label("Кладовщик", exact=True).select_option("storeKazan")
    late.get_by_label("Порядок в списке").fill("77")
    late.get_by_role("button", name="Сохранить").click()
    dialog = late.get_by_role("dialog")
    expect(dialog.get_by_role("alert")).to_contain_text("Пока вы работали, значение")
    expect(dialog.get_by_label("Кладовщик", exact=True)).to_have_value("storeKazan")
    dialog.get_by_role("button", name="Показать, что записано сейчас").click()

    expect(dialog.get_by_label("Оператор 1С")).to_have_value("onecKazan")
    hints = dialog.get_by_text("Вы вводили:")
    expect(hints).to_have_count(2)
    expect(dialog.get_by_text("Вы вводили: 77")).to_be_visible()
    dialog.get_by_label("Кладовщик", exact=True).select_option("storeKazan")
    dialog.get_by_role("button", name="Сохранить").click()
    expect(late.locator("#news")).to_contain_text("Сохранено")
    row = late.locator("tr", has_text="Новосибирск, самовывоз")
    expect(row).to_contain_text("Диляра Сафина")
    expect(row).to_contain_text(name_of(suite, "storeKazan"))
    assert troubles == []


def test_a_code_that_somebody_took_meanwhile_is_not_overwritten(
    tasklist: OpenTasklist, suite: RunningSuite
) -> None:
    page = tasklist("portal1")
    page.goto(f"{suite.url}/lists#lists/brands")
    page.get_by_role("button", name="Добавить значение").click()
    portal = suite("portal1")
    place = "/lists/brands/items/takenMeanwhile"
    portal.api("PUT", place, json={"name": "Первая"}).raise_for_status()

    page.get_by_label("Код").fill("takenMeanwhile")
    page.get_by_label("Название").fill("Вторая")
    page.get_by_role("button", name="Сохранить").click()

    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("alert")).to_contain_text("уже занят значением «Первая»")
    expect(dialog.get_by_label("Название")).to_have_value("Вторая")
    assert portal.api("GET", place).json()["name"] == "Первая"


def name_of(suite: RunningSuite, login: str) -> str:
    people = suite("portal1").api("GET", "/roles/storekeepers/people").json()["items"]
    return next(str(one["name"]) for one in people if one["login"] == login)


def test_a_value_in_use_cannot_vanish_and_says_so(
    tasklist: OpenTasklist, suite: RunningSuite
) -> None:
    page = tasklist("portal1")
    page.goto(f"{suite.url}/lists#lists/shippingDirections")
    story = Story(suite.url, PASSWORD, suite.onec, lambda _: None, people=suite.people)
    story.request_arrives()
    story.documents_collected()
    page.reload()

    page.get_by_role("button", name="Изменить: Москва, транспортная компания").click()
    page.get_by_role("button", name="Удалить").click()
    page.locator("dialog").last.get_by_role("button", name="Удалить").click()

    expect(page.locator("dialog").get_by_role("alert").first).to_contain_text("удалить нельзя")


def test_others_read_the_lists_and_change_nothing(
    tasklist: OpenTasklist, suite: RunningSuite
) -> None:
    page = tasklist("manager1")

    page.goto(f"{suite.url}/lists#lists/shippingDirections")

    page.get_by_role("button", name="Кто получит задачи: Москва, самовывоз").wait_for()
    expect(page.get_by_role("button", name="Добавить значение")).to_have_count(0)
    expect(page.get_by_text("Только просмотр")).to_be_visible()


def test_without_a_session_the_page_leads_to_the_login(suite: RunningSuite) -> None:
    answer = requests.get(f"{suite.url}/lists", allow_redirects=False, timeout=10)

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/login?next=/lists"
