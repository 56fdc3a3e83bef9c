"""«Взять из заказа 1С» in a real browser: the real API, worker and database, a simulated 1C."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pydantic import SecretStr

from tests.browser.desk.test_deal_pages import WIDE, Windows, field, fits, office, sizes, windows
from tests.browser.support.axe import violations
from tests.browser.support.form_stand import DEAL, GOODS, Stand, a_window
from tests.integration.api.conftest import Office
from tests.integration.api.deals.test_order_requests import NUMBER, OIL, SAW, a_reader
from tests.support.builders import COMPANY_INN, a_deal
from workers.background.order_reader import OrderReader
from workers.integrations.onec.gateways import open_gateways
from workers.integrations.onec.settings import OnecSettings
from workers.integrations.onec.simulator.running import Running, running

pytestmark = pytest.mark.browser
__all__ = ["office", "windows"]  # fixtures
BUTTON = "Взять из заказа 1С…"
STRANGER = {"inn": "5400002019", "kpp": "540001001"}
HEADING = "page-has-heading-one"
"""Rule that the bare page around a form breaks."""


@pytest.fixture(scope="module")
def onec() -> Iterator[Running]:
    with running() as simulator:
        today = datetime.now(UTC).date().isoformat()
        simulator.enter_order(inn=COMPANY_INN, number=NUMBER, date=today, goods=[SAW, OIL])
        simulator.enter_order(**STRANGER, number="ЗКУТ-000701", date=today, goods=[SAW])
        yield simulator


@pytest.fixture
def reader(office: Office, onec: Running) -> Iterator[OrderReader]:
    settings = OnecSettings(
        url=onec.publication, user=onec.account.login, password=SecretStr(onec.account.password)
    )
    with closing(open_gateways(settings)) as gateways:
        yield a_reader(office, gateways)


def ask(page: Page, reader: OrderReader, number: str) -> Locator:
    """Look for an order, which the worker finds only after the question was seen to wait."""
    dialog = page.get_by_role("dialog")
    box = dialog.get_by_label("Номер заказа в 1С")
    box.fill(number)
    with page.expect_response("**/order-requests"):
        box.press("Enter")
    expect(dialog.get_by_role("progressbar")).to_be_visible()
    assert reader.round()
    expect(dialog.get_by_role("progressbar")).to_have_count(0)
    return dialog


@sizes
def test_goods_are_taken_from_an_order_whatever_comes_between(
    windows: Windows, office: Office, reader: OrderReader, onec: Running, size: tuple[int, int]
) -> None:
    now = datetime.now(UTC)
    known = {"inn": COMPANY_INN, "counterparty": "ООО «Сад»"}
    deal_id = office.keep(a_deal(id="", created_at=now, values=known))
    page = windows.open("manager1", f"/deals/{deal_id}", size)
    page.get_by_role("button", name="Изменить", exact=True).click()
    goods = page.locator("[data-field=goods]")
    goods.get_by_label("Наименование, строка 1").fill("Набранное")
    goods.get_by_label("Кол-во, строка 1").fill("3")

    goods.get_by_role("button", name=BUTTON).click()
    dialog = page.get_by_role("dialog")
    saving = dialog.get_by_role("button", name="Сохранить карточку и продолжить")
    expect(saving).to_be_focused()
    assert violations(page) == []
    saving.press("Enter")
    expect(dialog.get_by_label("Номер заказа в 1С")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#card .deal-goods")).to_contain_text("Набранное")

    page.get_by_role("button", name="Изменить", exact=True).click()
    field(page, "contactName").fill("Иван")
    goods.get_by_role("button", name=BUTTON).press("Enter")
    ask(page, reader, "ЗКУТ-000999")
    expect(dialog.get_by_role("alert")).to_contain_text("нет заказа № ЗКУТ-000999")
    expect(dialog.get_by_role("radio")).to_be_checked()
    assert violations(page) == []
    fits(page)
    ask(page, reader, "ЗКУТ-000701")
    expect(dialog.get_by_role("alert")).to_contain_text("не подходит к сделке: ИНН")
    onec.set_faults(instead="badGateway")
    ask(page, reader, NUMBER)
    expect(dialog.get_by_role("alert")).to_contain_text("1С не ответила")
    onec.set_faults()

    ask(page, reader, NUMBER)
    found = dialog.get_by_role("region", name="Что нашлось в 1С")
    expect(found).to_contain_text("убрано: Набранное, 3 шт.")
    expect(found).to_contain_text("добавлено: GCS46 Пила, 4 шт.")
    assert violations(page) == []
    fits(page)
    theirs = {"fields": {"goods": [{"name": "Чужое", "quantity": "1"}]}}
    manager = office.person("manager1")
    assert manager.patch(
        f"/deals/{deal_id}", theirs, headers=manager.seen(f"/deals/{deal_id}")
    ).is_success
    dialog.get_by_role("button", name="Взять", exact=True).click()
    expect(dialog).to_contain_text("нажмите «Взять» ещё раз")
    expect(found).to_contain_text("убрано: Чужое, 1 шт.")
    dialog.get_by_role("button", name="Взять", exact=True).press("Enter")

    expect(page.locator("#news")).to_have_text(f"Товары взяты из заказа 1С № {NUMBER}.")
    expect(goods.get_by_label("Наименование, строка 1")).to_have_value("Пила")
    expect(field(page, "contactName")).to_have_value("Иван")
    expect(page.locator(".timeline")).to_contain_text(f"Товары взяты из заказа 1С № {NUMBER}")
    assert violations(page) == []
    fits(page)


@pytest.mark.parametrize("size", [WIDE, (390, 844)], ids=["wide", "phone"])
def test_a_form_takes_the_goods_of_an_order_too(chromium: Browser, size: tuple[int, int]) -> None:
    answer: dict[str, Any] = {
        "id": "r-1",
        "number": NUMBER,
        "state": "found",
        "dealVersion": 7,
        "day": "2026-11-10",
        "goods": GOODS,
        "changes": ["добавлено: Масло, 2,5 л"],
        "warnings": ["договор: ожидали «1», в 1С «2»"],
        "sentence": "",
        "code": "",
        "candidates": [],
    }
    with a_window(chromium, *size) as page:
        stand = Stand(page)
        order = next(g for g in stand.card["deal"]["groups"] if g["code"] == "order")["fields"][0]
        order |= {"editable": True, "value": GOODS[:1]}
        stand.replies = {"order-requests": answer, "apply": {"id": DEAL}}
        stand.open("deal-work.html")
        page.locator("[data-field=goods]").get_by_role("button", name=BUTTON).click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Номер заказа в 1С").fill("14")
        dialog.get_by_role("button", name="Найти").click()
        expect(dialog).to_contain_text("Обратите внимание: договор")
        assert [one for one in violations(page) if not one.startswith(HEADING)] == []

        order["value"] = GOODS
        stand.card["deal"]["version"] = 8
        dialog.get_by_role("button", name="Взять", exact=True).dblclick()

        expect(page.get_by_label("Наименование, строка 2")).to_have_value("Масло")
        expect(page.get_by_role("status").filter(has_text="Товары взяты")).to_be_visible()
        assert stand.posted == [("order-requests", {"number": "14"}), ("apply", {})]
