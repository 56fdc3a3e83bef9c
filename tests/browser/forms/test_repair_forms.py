"""The forms of a repair: what they show and refuse, and exactly what their buttons send."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.support.form_stand import Stand, a_card, a_field, a_file, a_stage, a_window

pytestmark = pytest.mark.browser

SIZES = {"desk": (1440, 900), "phone": (390, 844)}
EARLIER = {
    "dealId": "D-2026-00007",
    "direction": "Сервис: гарантийный ремонт",
    "stage": "Ремонт выдан",
    "createdAt": "2026-10-01T09:00:00Z",
    "closedAt": "2026-10-09T09:00:00Z",
    "fault": "Карбюратор засорён",
    "work": "Чистка карбюратора",
    "guaranteed": True,
}


def a_repair(direction: str = "paidService", **texts: str) -> dict[str, Any]:
    """What GET /tasks/{id} gives for a repair."""
    card = a_card()
    card["deal"]["direction"] = {"code": direction, "name": "Сервис: ремонт"}
    card["deal"]["stage"] = {"code": "repair", "name": "Ремонт"}
    empty: dict[str, Any] = {"value": None}
    money = {"repairCost": "Стоимость работ", "partsCost": "Стоимость запчастей"}
    repair = [
        a_field("diagnosticsResult", "Заключение диагностики", "", "longText", **empty),
        *(a_field(code, label, "", "money", **empty) for code, label in money.items()),
        a_field("costAgreedWith", "Кто согласовал стоимость", "", **empty),
        a_field("costAgreedOn", "Клиент согласовал стоимость", "", "date", **empty),
        a_field("readyBy", "Срок готовности", "", "date", **empty),
        a_field("usedParts", "Работы и запчасти", "", "longText", **empty),
        a_field("returnReason", "Почему возвращается без ремонта", "", "list", **empty),
    ]
    if direction == "warrantyService":
        repair = [field for field in repair if field["code"] not in money]
    for field in repair:
        field |= {"text": texts.get(field["code"], ""), "value": texts.get(field["code"])}
    machine = [
        a_field("equipmentType", "Вид техники", "Пилы цепные", "list"),
        a_field("equipmentModel", "Марка и модель", "P.I.T. GCS46"),
        a_field("serialNumber", "Серийный номер", "PIT-2024-000381"),
        a_field("faultDescription", "Неисправность со слов клиента", "Не заводится", "longText"),
        a_field("purchaseDate", "Дата покупки", "14.03.2026", "date"),
    ]
    card["deal"]["groups"] = [
        {"code": "request", "label": "Обращение", "fields": card["deal"]["groups"][0]["fields"]},
        {"code": "equipment", "label": "Техника", "fields": machine},
        {"code": "repair", "label": "Ремонт", "fields": repair},
    ]
    card["deal"]["files"] = [a_file("purchaseDocument")]
    card["fileFields"] = [
        {"code": code, "label": label, "hint": "", "editable": True}
        for code, label in (("repairAct", "Акт работ"), ("handoverAct", "Акт выдачи"))
    ]
    return {**card, "earlierRepairs": []}


@pytest.fixture(params=SIZES)
def stand(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Stand]:
    """A desk, and the phone of an engineer at the bench."""
    with a_window(chromium, *SIZES[request.param]) as page:
        yield Stand(page, card=a_repair())
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def values_of(sent: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(sent["values"]))


def test_a_diagnosis_needs_its_fields_and_sends_them(stand: Stand) -> None:
    page = stand.open("diagnose-fault.html")

    page.get_by_role("button", name="Ремонт возможен").click()
    expect(page.get_by_text("Заполните поле.")).to_have_count(3)
    assert stand.sent == []

    page.get_by_label("Заключение диагностики").fill("Мембрана порвана")
    page.get_by_label("Стоимость работ").fill("1 800")
    page.get_by_label("Стоимость запчастей").fill("950,50")
    sent = stand.sends("Ремонт возможен")
    assert (sent["answer"], sent["reason"]) == ("repairable", None)
    assert values_of(sent) == {
        "diagnosticsResult": "Мембрана порвана",
        "repairCost": "1800.00",
        "partsCost": "950.50",
    }


def test_a_refusal_of_the_client_needs_words(stand: Stand) -> None:
    page = stand.open("agree-cost.html")
    page.get_by_role("button", name="Клиент отказался…").click()

    page.get_by_role("button", name="Клиент отказался", exact=True).click()
    expect(page.get_by_text("Напишите причину")).to_be_visible()
    assert stand.sent == []

    page.get_by_label("Почему клиент отказался").fill("Дорого")
    sent = stand.sends("Клиент отказался")
    assert (sent["answer"], sent["reason"]) == ("clientRefused", "Дорого")


def test_what_was_refused_is_on_the_screen_again(stand: Stand) -> None:
    typed = {"answer": "agreed", "values": '{"costAgreedWith": "Мария"}', "reason": None}
    stand.variables = {"formError": "Заполните дату.", "returnedInput": typed}

    page = stand.open("agree-cost.html")

    expect(page.get_by_label("Кто согласовал стоимость")).to_have_value("Мария")
    expect(page.get_by_text("Заполните дату.")).to_be_visible()


def test_a_warranty_is_decided_beside_earlier_repairs(stand: Stand) -> None:
    stand.card = {**a_repair("warrantyService"), "earlierRepairs": [EARLIER]}

    page = stand.open("decide-warranty.html")

    expect(page.get_by_text("гарантия на ремонт действует")).to_be_visible()
    expect(page.get_by_text("Чистка карбюратора")).to_be_visible()
    expect(page.get_by_text("purchaseDocument.pdf")).to_be_visible()
    assert stand.sends("Ремонтировать по гарантии") == {
        "answer": "repair",
        "values": None,
        "reason": None,
    }


def test_only_a_paid_repair_has_a_cost_that_grows(stand: Stand) -> None:
    stand.card = a_repair("warrantyService")
    stand.variables = {"repairAnswer": "failed", "repairReason": "Глохнет"}

    page = stand.open("fix-fault.html")

    expect(page.get_by_text("Глохнет")).to_be_visible()
    expect(page.get_by_role("button", name="Стоимость выросла…")).to_have_count(0)
    page.get_by_label("Работы и запчасти").fill("Мембрана")
    assert values_of(stand.sends("Отремонтировано")) == {"usedParts": "Мембрана"}


def test_a_check_of_a_paid_repair_needs_the_act(stand: Stand) -> None:
    page = stand.open("check-repair.html")

    page.get_by_role("button", name="Проверка пройдена").click()
    expect(page.get_by_text("Приложите акт")).to_be_visible()
    assert stand.sent == []

    stand.attach()
    assert stand.sends("Проверка пройдена")["answer"] == "passed"


def test_a_machine_is_handed_over_for_a_signature(stand: Stand) -> None:
    stand.card = a_repair(returnReason="Клиент отказался от ремонта")
    page = stand.open("give-back.html")
    expect(page.get_by_text("Возврат без ремонта: Клиент отказался")).to_be_visible()

    page.get_by_role("button", name="Выдано клиенту").click()
    expect(page.get_by_text("Приложите акт с подписью")).to_be_visible()
    assert stand.sent == []

    stand.attach()
    assert stand.sends("Выдано клиенту") == {
        "answer": "collected",
        "values": None,
        "reason": None,
    }


def test_a_machine_is_received_with_its_card(stand: Stand) -> None:
    stand.card["stages"] = [
        a_stage("diagnostics", "Диагностика"),
        a_stage("refused", "Отказ", "lost"),
    ]
    page = stand.open("receive-equipment.html")

    expect(page.locator("section").first).to_contain_text("Техника")
    expect(page.get_by_text("Акт выдачи")).to_have_count(0)
    sent = stand.sends("Диагностика →")
    assert (sent["wantedStage"], sent["seenVersion"]) == ("diagnostics", 7)


OFFER = {
    "createdAt": "2026-11-27T10:00:00Z",
    "expiresAt": "2026-12-04T10:00:00Z",
    "isOpen": True,
    "answer": None,
    "answeredAt": None,
}


def test_the_cost_is_sent_by_letter_once_and_the_task_stays(stand: Stand) -> None:
    stand.replies = {"cost-offer": OFFER}
    page = stand.open("agree-cost.html")
    send = page.get_by_role("button", name="Отправить стоимость письмом")

    send.click()
    expect(page.get_by_text("Укажите адрес клиента.")).to_be_visible()
    expect(page.get_by_text("Укажите срок")).to_be_visible()
    assert stand.posted == []

    page.get_by_label("Электронная почта клиента").fill("maria@example.ru")
    page.get_by_label("Срок готовности").fill("2026-12-04")
    send.dblclick()
    expect(page.get_by_text("Письмо отправлено 27.11.2026")).to_be_visible()
    expect(page.get_by_role("button", name="Отправить ещё раз")).to_be_visible()
    assert stand.posted == [("cost-offer", {"readyBy": "2026-12-04", "email": "maria@example.ru"})]
    assert stand.sent == []


def test_a_letter_that_is_void_says_so(stand: Stand) -> None:
    stand.card = {**a_repair(), "costOffer": {**OFFER, "isOpen": False}}

    page = stand.open("agree-cost.html")

    expect(page.get_by_text("больше не действует")).to_be_visible()


def test_parts_are_ordered_for_a_repair_that_waits(stand: Stand) -> None:
    ordered = {
        "dealId": "D-2026-00050",
        "part": "Мембрана",
        "stage": "Запрос запчасти",
        "isOpen": True,
    }
    card = a_repair()
    card["deal"]["stage"] = {"code": "awaitingParts", "name": "Ожидание запчастей"}
    stand.card, stand.replies = {**card, "parts": []}, {"parts": ordered}
    page = stand.open("deal-work.html")
    order = page.get_by_role("button", name="Заказать запчасть")

    order.click()
    expect(page.get_by_text("Напишите, какая запчасть нужна.")).to_be_visible()
    page.get_by_label("Какая запчасть нужна").fill("Мембрана")
    page.get_by_label("Сколько, шт.").fill("2")
    order.dblclick()

    expect(page.get_by_text("D-2026-00050")).to_be_visible()
    expect(page.get_by_text("Ждём 1 заказ")).to_be_visible()
    assert stand.posted == [("parts", {"part": "Мембрана", "quantity": 2})]


def test_an_engineer_adds_pictures_and_prints_the_receipt(stand: Stand) -> None:
    card = a_repair()
    card["fileFields"].append(
        {"code": "diagnosticsPhotos", "label": "Фотографии инженера", "hint": "", "editable": True}
    )
    stand.card = card
    page = stand.open("diagnose-fault.html")

    stand.attach()

    receipt = page.get_by_role("link", name="Квитанция о приёме для печати")
    expect(receipt).to_have_attribute("href", "/api/v1/deals/D-2026-00042/receipt")


def test_a_client_who_is_not_content_sends_the_machine_back_to_repair(stand: Stand) -> None:
    page = stand.open("give-back.html")
    page.get_by_role("button", name="Вернуть в ремонт…").click()
    page.get_by_label("Что не устроило клиента").fill("Глохнет")

    sent = stand.sends("Вернуть в ремонт")

    assert (sent["answer"], sent["reason"]) == ("complaint", "Глохнет")
