"""«Создать в 1С» in the forms of the 1C operator: only beside the simulator."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.support.axe import violations
from tests.browser.support.form_stand import TASK, Stand, a_window

pytestmark = pytest.mark.browser

SIZES = {"desk": (1440, 900), "phone": (390, 844)}
FORMS = {
    "enter-onec-contract.html": ("Номер договора из 1С", "Номер внесён"),
    "create-realization.html": ("Номер реализации из 1С", "Реализация создана"),
    "create-item.html": ("Код номенклатуры из 1С", "Товар заведён"),
}
REPLACED: dict[str, Any] = {
    "formError": "Реализация помечена на удаление.",
    "formErrorCode": "NUMBER_REFUSED",
    "returnedInput": {"number": None},
    "formDetails": {"kind": "MARKED_DELETED", "candidates": []},
}
UNKNOWN = {"numberUnconfirmed": True, "differenceText": "В 1С нет договора № 7."}
VARIABLES = {"prepare-upd.html": REPLACED, "settle-onec.html": UNKNOWN}
"""Form → variables with which it asks for a number."""
BUTTON = "Создать в 1С"
HEADING = "page-has-heading-one"
"""Rule that the bare page around the form breaks."""


@pytest.fixture(params=SIZES)
def stand(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Stand]:
    with a_window(chromium, *SIZES[request.param]) as page:
        stand = Stand(page)
        stand.card["onecIsSimulated"] = True
        stand.replies["onec-document"] = {"title": "Договор", "number": "ПТ-2026-015"}
        yield stand


@pytest.mark.parametrize("form", FORMS)
def test_the_number_of_the_created_document_is_filled_in_and_sent(stand: Stand, form: str) -> None:
    label, done = FORMS[form]
    page = stand.open(form)

    page.get_by_role("button", name=BUTTON, exact=True).dblclick()

    number = page.get_by_label(label, exact=True)
    expect(number).to_have_value("ПТ-2026-015")
    expect(page.get_by_role("status").filter(has_text="создано в имитаторе 1С")).to_be_visible()
    assert [one for one in violations(page) if not one.startswith(HEADING)] == []
    assert [end for end, _ in stand.posted] == ["onec-document"]
    assert stand.sends(done)["number"] == "ПТ-2026-015"


def test_a_replaced_shipment_is_created_beside_the_upd(stand: Stand) -> None:
    stand.variables = REPLACED
    page = stand.open("prepare-upd.html")

    page.get_by_role("button", name=BUTTON, exact=True).click()
    expect(page.get_by_label("Номер новой реализации")).to_have_value("ПТ-2026-015")

    assert stand.sends("УПД готов")["number"] == "ПТ-2026-015"


def test_a_document_that_1c_never_had_is_created_where_it_is_settled(stand: Stand) -> None:
    stand.variables = UNKNOWN
    page = stand.open("settle-onec.html")

    page.get_by_role("button", name=BUTTON, exact=True).click()
    expect(page.get_by_label("Верный номер из 1С")).to_have_value("ПТ-2026-015")

    assert stand.sends("Проверить ещё раз")["number"] == "ПТ-2026-015"


def test_a_number_that_was_created_survives_a_reload(stand: Stand) -> None:
    page = stand.open("enter-onec-contract.html")
    page.get_by_role("button", name=BUTTON, exact=True).click()
    expect(page.get_by_label("Номер договора из 1С")).to_have_value("ПТ-2026-015")

    page.reload()

    expect(page.get_by_label("Номер договора из 1С")).to_have_value("ПТ-2026-015")


def test_a_silent_simulator_leaves_what_was_typed(stand: Stand) -> None:
    said = "Имитатор 1С не отвечает. Подождите минуту и нажмите «Создать в 1С» ещё раз."

    def refuse(route: Route) -> None:
        route.fulfill(status=503, json={"detail": said, "code": "ONEC_SIMULATOR_SILENT"})

    page = stand.open("enter-onec-contract.html")
    page.route(f"**/tasks/{TASK}/onec-document", refuse)
    page.get_by_label("Номер договора из 1С").fill("ПТ-1")

    page.get_by_role("button", name=BUTTON, exact=True).click()

    expect(page.get_by_role("alert").filter(has_text=said)).to_be_visible()
    expect(page.get_by_label("Номер договора из 1С")).to_have_value("ПТ-1")


@pytest.mark.parametrize("form", [*FORMS, *VARIABLES])
@pytest.mark.parametrize("told", [{"onecIsSimulated": False}, {}])
def test_beside_a_real_1c_there_is_no_button(stand: Stand, form: str, told: dict[str, Any]) -> None:
    del stand.card["onecIsSimulated"]
    stand.card.update(told)
    stand.variables = VARIABLES.get(form, {})

    page = stand.open(form)

    expect(page.locator("deal-form .deal-bar")).to_be_visible()
    expect(page.get_by_role("button", name=BUTTON)).to_have_count(0)
