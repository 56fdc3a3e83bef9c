"""The forms of fulfillment: what they refuse, and exactly what their buttons send."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Route, expect

from tests.browser.support.form_stand import Stand, a_file, a_stage, a_window
from tests.support.waiting import eventually

pytestmark = pytest.mark.browser

PHONE = (390, 844)
NOTHING_OF_ONEC = {"number": None, "picked": None, "differenceSeen": None}
CANDIDATES = [
    {
        "ref": "ref-1",
        "number": "УТ-000457",
        "date": "2026-11-25T00:00:00",
        "organisation": "ООО «П.И.Т.»",
        "amount": "350000.50",
        "note": None,
    },
    {
        "ref": "ref-2",
        "number": "УТ-000458",
        "date": None,
        "organisation": "ООО «П.И.Т. Сервис»",
        "amount": None,
        "note": "не проведена",
    },
]


@pytest.fixture
def stand(chromium: Browser) -> Iterator[Stand]:
    """A driver's phone: whatever works on it works on a desk."""
    with a_window(chromium, *PHONE) as page:
        yield Stand(page)


def refused(**details: Any) -> dict[str, Any]:
    return {
        "formError": "В 1С несколько таких реализаций.",
        "formErrorCode": "NUMBER_REFUSED",
        "returnedInput": {"answer": "entered", "number": "457", "picked": None, "comment": None},
        "formDetails": details,
    }


def test_without_the_paper_a_shipment_is_not_confirmed(stand: Stand) -> None:
    page = stand.open("deliver-by-carrier.html")

    page.get_by_role("button", name="Подтвердить отгрузку").click()

    expect(page.get_by_text("Приложите ТТН")).to_be_visible()
    expect(page.locator("input[type=file]")).to_be_focused()
    assert stand.sent == []

    stand.attach()
    assert stand.sends("Подтвердить отгрузку") == {
        "answer": "delivered",
        "fileId": "ttnFile-1",
        "reason": None,
    }


def test_a_paper_of_an_earlier_shipment_proves_nothing(stand: Stand) -> None:
    stand.card["deal"]["files"] = [a_file("ttnFile", 1, "2026-11-20T10:00:00Z")]
    stand.variables = {"runOpenedAt": "2026-11-24T09:00:00.000+0300"}
    page = stand.open("deliver-by-carrier.html")

    page.get_by_role("button", name="Подтвердить отгрузку").click()

    expect(page.get_by_text("Приложите ТТН")).to_be_visible()
    expect(page.get_by_text("из прошлой отгрузки: 1 файл")).to_be_visible()


@pytest.mark.parametrize(
    ("form", "opener", "answer", "file"),
    [
        ("deliver-by-carrier.html", "Отгрузить не удалось", "failed", None),
        ("deliver-by-carrier.html", "Передать другому водителю", "driverChanged", None),
        ("deliver-own.html", "Не доставлено", "failed", None),
        ("deliver-own.html", "Передать другому водителю", "driverChanged", None),
        ("send-to-branch.html", "Отправить не удалось", "failed", None),
        ("accept-at-branch.html", "Принято с расхождениями", "discrepancy", None),
        ("confirm-receipt.html", "Не доставлено", "failed", None),
    ],
)
def test_what_did_not_work_needs_words(
    stand: Stand, form: str, opener: str, answer: str, file: str | None
) -> None:
    page = stand.open(form)
    page.get_by_role("button", name=f"{opener}…").click()
    reason = page.locator(".deal-panel textarea")
    expect(reason).to_be_focused()

    page.get_by_role("button", name=opener, exact=True).click()
    expect(reason).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".deal-panel [role=alert]")).to_contain_text("пишите")
    reason.fill(" . ")
    page.get_by_role("button", name=opener, exact=True).click()
    assert stand.sent == []

    reason.fill("Ворота закрыты")
    assert stand.sends(opener) == {"answer": answer, "fileId": file, "reason": "Ворота закрыты"}


@pytest.mark.parametrize(
    ("form", "button", "expected"),
    [
        ("prepare-upd.html", "УПД готов", {"number": None, "picked": None}),
        ("pick-order.html", "Заказ собран", {"comment": None}),
        (
            "send-to-branch.html",
            "Отправлено в филиал",
            {"answer": "delivered", "fileId": None, "reason": None},
        ),
        (
            "accept-at-branch.html",
            "Принято",
            {"answer": "delivered", "fileId": None, "reason": None},
        ),
        ("settle-discrepancy.html", "Выдавать как есть", {"answer": "proceed", "reason": None}),
        ("override-onec.html", "Проверить ещё раз", {"answer": "retry", "comment": None}),
        (
            "settle-onec.html",
            "Проверить ещё раз",
            {"answer": "recheck", "comment": None, **NOTHING_OF_ONEC},
        ),
    ],
)
def test_what_needs_nothing_is_one_button(
    stand: Stand, form: str, button: str, expected: dict[str, Any]
) -> None:
    stand.open(form)

    assert stand.sends(button) == expected


@pytest.mark.parametrize(
    ("form", "opener", "expected"),
    [
        ("settle-discrepancy.html", "Отменить отгрузку", {"answer": "cancel", "reason": "Так"}),
        (
            "override-onec.html",
            "Принять номер без проверки",
            {"answer": "override", "comment": "Так"},
        ),
        (
            "settle-onec.html",
            "Принять как есть",
            {"answer": "accepted", "comment": "Так", **NOTHING_OF_ONEC},
        ),
    ],
)
def test_a_grave_answer_needs_words(
    stand: Stand, form: str, opener: str, expected: dict[str, Any]
) -> None:
    page = stand.open(form)
    page.get_by_role("button", name=f"{opener}…").click()

    page.get_by_role("button", name=opener, exact=True).click()
    expect(page.locator(".deal-panel textarea")).to_be_focused()
    assert stand.sent == []

    page.locator(".deal-panel textarea").fill("Так")
    assert stand.sends(opener) == expected


def test_goods_are_handed_over_only_after_a_look_at_the_papers(stand: Stand) -> None:
    page = stand.open("hand-over.html")

    page.get_by_role("button", name="Выдано", exact=True).click()
    expect(page.get_by_text("Проверьте документы получателя")).to_be_visible()
    expect(page.get_by_text("Приложите УПД")).to_be_visible()
    expect(page.get_by_role("checkbox")).to_be_focused()
    assert stand.sent == []

    page.get_by_label("Проверил доверенность или паспорт").check()
    page.reload()  # the camera may have pushed the page out of the phone's memory
    expect(page.get_by_role("checkbox")).to_be_checked()
    stand.attach()
    assert stand.sends("Выдано") == {
        "answer": "delivered",
        "fileId": "signedUpdFile-1",
        "reason": None,
        "identityChecked": "true",
    }


def test_a_client_who_did_not_come_is_nobody_who_was_checked(stand: Stand) -> None:
    page = stand.open("hand-over.html")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Клиент не пришёл…").click()
    page.locator(".deal-panel textarea").fill("Не берёт трубку")

    assert stand.sends("Клиент не пришёл") == {
        "answer": "failed",
        "fileId": None,
        "reason": "Не берёт трубку",
        "identityChecked": None,
    }


def test_an_unsent_reason_survives_a_reload(stand: Stand) -> None:
    page = stand.open("deliver-own.html")
    page.get_by_role("button", name="Не доставлено…").click()
    page.locator(".deal-panel textarea").fill("Адрес не тот")

    page.reload()

    expect(page.locator(".deal-panel textarea")).to_have_value("Адрес не тот")


def test_discrepancies_take_their_paper_along(stand: Stand) -> None:
    page = stand.open("accept-at-branch.html")
    stand.attach()
    page.get_by_role("button", name="Принято с расхождениями…").click()
    page.locator(".deal-panel textarea").fill("Нет двух пил")

    assert stand.sends("Принято с расхождениями") == {
        "answer": "discrepancy",
        "fileId": "discrepancyFile-1",
        "reason": "Нет двух пил",
    }


def test_a_row_of_1c_is_chosen_instead_of_typed_again(stand: Stand) -> None:
    searched = {"number": "457", "client": "ООО «Садовый мир»", "since": "2026-08-25"}
    stand.variables = refused(kind="AMBIGUOUS", searched=searched, candidates=CANDIDATES)
    page = stand.open("create-realization.html")
    expect(page.get_by_text("В 1С несколько таких реализаций.")).to_be_visible()
    row = page.get_by_label("№ УТ-000457 от 25.11.2026 · ООО «П.И.Т.» · 350 000,50 ₽")
    expect(row).to_be_visible()
    expect(page.get_by_text("номер 457, клиент ООО «Садовый мир», с 25.08.2026")).to_be_visible()
    expect(page.get_by_label("Номер реализации из 1С")).to_have_value("457")

    page.get_by_role("button", name="Выбрать эту").click()
    expect(page.get_by_text("Отметьте нужную строку.")).to_be_visible()
    assert stand.sent == []

    page.get_by_label("№ УТ-000458").check()
    assert stand.sends("Выбрать эту") == {
        "answer": "entered",
        "number": "УТ-000458",
        "picked": "ref-2",
        "comment": None,
    }


def test_the_upd_form_asks_for_a_number_only_after_1c_refused(stand: Stand) -> None:
    label = "Номер новой реализации, если прежнюю заменили"
    page = stand.open("prepare-upd.html")
    expect(page.get_by_role("button", name="УПД готов")).to_be_visible()
    expect(page.get_by_label(label)).to_have_count(0)

    stand.variables = refused(kind="MARKED_DELETED", searched=None, candidates=[])
    stand.variables["returnedInput"] = {"number": None, "picked": None}
    page = stand.open("prepare-upd.html")
    page.get_by_label(label).fill(" УТ-000459 ")
    assert stand.sends("УПД готов") == {"number": "УТ-000459", "picked": None}


def test_a_form_of_an_earlier_deployment_still_completes_its_task(stand: Stand) -> None:
    page = stand.open("prepare-upd.html")
    page.evaluate("document.querySelector('deal-form').setAttribute('submits', '')")

    assert stand.sends("УПД готов") == {}


def test_the_upd_form_offers_what_1c_has(stand: Stand) -> None:
    stand.variables = refused(kind="AMBIGUOUS", searched=None, candidates=CANDIDATES)
    page = stand.open("prepare-upd.html")

    page.get_by_label("№ УТ-000458").check()
    assert stand.sends("Выбрать эту") == {"number": "УТ-000458", "picked": "ref-2"}


def test_a_number_that_1c_never_knew_is_corrected_where_it_is_settled(stand: Stand) -> None:
    night = {"kind": "NOT_FOUND", "searched": None, "candidates": CANDIDATES}
    stand.variables = {"numberUnconfirmed": True, "differenceDetails": night}
    page = stand.open("settle-onec.html")

    page.get_by_label("№ УТ-000458").check()
    expect(page.get_by_role("button", name="Взять этот номер")).to_be_visible()
    page.get_by_label("Верный номер из 1С, если в сделке ошибка").fill("УТ-000460")
    assert stand.sends("Проверить ещё раз") == {
        "answer": "recheck",
        "comment": None,
        **NOTHING_OF_ONEC,
        "number": "УТ-000460",
    }


def test_an_acceptance_names_what_was_shown_and_comes_back_with_the_words(stand: Stand) -> None:
    stand.variables = {"differenceText": "Проведение отменено.", "differenceMark": "5f3a"}
    page = stand.open("settle-onec.html")
    page.get_by_role("button", name="Принять как есть…").click()
    page.locator(".deal-panel textarea").fill("Так надо")
    shown = {**NOTHING_OF_ONEC, "differenceSeen": "5f3a"}
    assert stand.sends("Принять как есть") == {"answer": "accepted", "comment": "Так надо", **shown}

    stand.sent.clear()
    typed = {"answer": "accepted", "comment": "Так надо", "number": None, "picked": None}
    stand.variables = {
        "formError": "Пока вы отвечали, в 1С изменилось ещё что-то.",
        "returnedInput": typed,
        "differenceText": "В 1С больше нет такой записи.",
        "differenceMark": "77aa",
    }
    page = stand.open("settle-onec.html")
    expect(page.get_by_text("В 1С больше нет такой записи.")).to_be_visible()
    expect(page.locator(".deal-panel textarea")).to_have_value("Так надо")
    again = stand.sends("Принять как есть")
    assert (again["comment"], again["differenceSeen"]) == ("Так надо", "77aa")


def test_an_acceptance_in_a_form_of_an_earlier_deployment_names_nothing(stand: Stand) -> None:
    stand.variables = {"differenceMark": "5f3a"}
    page = stand.open("settle-onec.html")
    earlier = "answer number picked comment"
    page.evaluate(f"document.querySelector('deal-form').setAttribute('submits', '{earlier}')")

    assert "differenceSeen" not in stand.sends("Проверить ещё раз")


def test_namesakes_are_told_apart_by_what_1c_has(stand: Stand) -> None:
    facts = {"client": "Ромашка ООО, ИНН 7707083893, КПП 770701001", "organisation": "П.И.Т. ООО"}
    rows = [
        {
            **CANDIDATES[0],
            "number": "П-7",
            **facts,
            "code": f"00-0000004{last}",
            "ref": f"ref-{last}",
        }
        for last in (4, 5)
    ]
    stand.variables = refused(kind="AMBIGUOUS", searched=None, candidates=rows)
    page = stand.open("enter-onec-contract.html")

    expect(page.get_by_text("код 00-00000045")).to_be_visible()
    expect(page.get_by_text("ИНН 7707083893, КПП 770701001")).to_have_count(2)
    page.get_by_label("код 00-00000045").check()
    assert stand.sends("Выбрать этот")["picked"] == "ref-5"


def test_a_number_that_1c_knows_is_not_asked_for_again(stand: Stand) -> None:
    stand.variables = {"numberUnconfirmed": False, "differenceDetails": None}
    page = stand.open("settle-onec.html")

    expect(page.get_by_role("button", name="Проверить ещё раз")).to_be_visible()
    expect(page.get_by_label("Верный номер из 1С")).to_have_count(0)


def test_a_contract_of_another_deal_is_confirmed_by_choosing_it(stand: Stand) -> None:
    row = {**CANDIDATES[0], "number": "П-7", "note": "уже указан в сделке D-2026-00007"}
    stand.variables = refused(kind="DUPLICATE", searched=None, candidates=[row])
    stand.open("enter-onec-contract.html")

    assert stand.sends("Выбрать этот") == {
        "answer": "entered",
        "number": "П-7",
        "picked": "ref-1",
        "comment": None,
    }


def test_a_number_is_typed_or_the_deal_goes_back(stand: Stand) -> None:
    page = stand.open("create-realization.html")
    page.get_by_role("button", name="Реализация создана").click()
    expect(page.get_by_label("Номер реализации из 1С")).to_be_focused()
    page.get_by_role("button", name="Вернуть менеджеру…").click()
    page.get_by_role("button", name="Вернуть менеджеру", exact=True).click()
    expect(page.locator(".deal-panel textarea")).to_be_focused()
    assert stand.sent == []

    page.get_by_role("button", name="Назад").click()
    page.get_by_label("Номер реализации из 1С").fill(" УТ-000457 ")
    assert stand.sends("Реализация создана") == {
        "answer": "entered",
        "number": "УТ-000457",
        "picked": None,
        "comment": None,
    }


def test_one_driver_and_only_one(stand: Stand) -> None:
    stand.drivers = [{"login": "driver1", "name": "Сергей Водитель"}]
    stand.variables = {"deliveryReason": "Сломалась машина"}
    page = stand.open("assign-driver.html")
    expect(page.get_by_text("Сломалась машина")).to_be_visible()

    page.get_by_role("button", name="Назначить водителя").click()
    expect(page.get_by_label("Наш водитель")).to_be_focused()
    expect(page.get_by_text("Выберите нашего водителя или впишите")).to_be_visible()

    page.get_by_label("Наш водитель").select_option("driver1")
    page.get_by_label("Водитель перевозчика").fill("Иванов, +7 900 000-00-00, А001АА")
    page.get_by_role("button", name="Назначить водителя").click()
    expect(page.get_by_label("Водитель перевозчика")).to_be_focused()
    assert stand.sent == []

    page.get_by_label("Водитель перевозчика").fill("")
    assert stand.sends("Назначить водителя") == {"driver": "driver1", "carrierDriver": None}


def test_a_driver_can_be_named_when_the_list_is_not_to_be_had(stand: Stand) -> None:
    page = stand.open("assign-driver.html")

    page.get_by_label("Логин нашего водителя").fill("driver2")

    assert stand.sends("Назначить водителя") == {"driver": "driver2", "carrierDriver": None}


def test_a_tracking_number_is_needed(stand: Stand) -> None:
    page = stand.open("enter-tracking.html")
    page.get_by_role("button", name="Передано курьеру").click()
    expect(page.get_by_label("Трек-номер")).to_be_focused()
    assert stand.sent == []

    page.get_by_label("Трек-номер").fill("RA123456789RU")
    assert stand.sends("Передано курьеру") == {"tracking": "RA123456789RU"}


def test_a_direction_is_chosen_where_none_is_known(stand: Stand) -> None:
    page = stand.open("clarify-direction.html")
    page.get_by_role("button", name="Направление уточнено").click()
    expect(page.get_by_label("Направление отгрузки")).to_be_focused()
    assert stand.sent == []

    page.get_by_label("Направление отгрузки").select_option("moscowPickup")
    assert stand.sends("Направление уточнено") == {"shippingDirection": "moscowPickup"}


@pytest.mark.parametrize(("chosen", "sent"), [(None, None), ("moscowPickup", "moscowPickup")])
def test_a_delivery_is_tried_again_the_same_way_or_another(
    stand: Stand, chosen: str | None, sent: str | None
) -> None:
    stand.variables = {"deliveryReason": "Склад закрыт", "deliveryBy": "Сергей Водитель"}
    page = stand.open("replan-delivery.html")
    expect(page.get_by_text("Склад закрыт")).to_be_visible()
    expect(page.get_by_label("Направление отгрузки")).to_have_value("moscowTransport")
    if chosen:
        page.get_by_label("Направление отгрузки").select_option(chosen)

    assert stand.sends("Повторить доставку") == {
        "answer": "again",
        "shippingDirection": sent,
        "reason": None,
    }


def test_a_shipment_is_called_off_with_a_reason(stand: Stand) -> None:
    page = stand.open("replan-delivery.html")
    page.get_by_role("button", name="Отменить отгрузку…").click()
    expect(page.get_by_text("Сделка вернётся на стадию «Условия согласованы»")).to_be_visible()
    page.get_by_role("button", name="Отменить отгрузку", exact=True).click()
    expect(page.locator(".deal-panel textarea")).to_be_focused()
    assert stand.sent == []

    page.locator(".deal-panel textarea").fill("Клиент отказался")
    assert stand.sends("Отменить отгрузку") == {
        "answer": "cancel",
        "shippingDirection": None,
        "reason": "Клиент отказался",
    }


STAGES = [
    a_stage("realization", "Реализация"),
    a_stage("won", "Сделка успешна", "won"),
    a_stage("lost", "Сделка проиграна", "lost"),
]


def test_an_order_in_parts_is_shipped_on_or_closed(stand: Stand) -> None:
    stand.card["stages"] = STAGES
    stand.variables = {"partsShipped": 2}
    page = stand.open("deal-work.html")
    expect(page.get_by_text("Уже отгружено: 2 части заказа.")).to_be_visible()
    expect(page.get_by_role("button", name="Отгрузить следующую часть")).to_be_visible()

    page.get_by_role("button", name="Всё отгружено…").click()

    assert stand.sends("Закрыть как успешную")["wantedStage"] == "won"


def test_nobody_confirms_what_cannot_be_closed_yet(stand: Stand) -> None:
    won = {**STAGES[1], "missing": ["Номер реализации"]}
    stand.card["stages"] = [STAGES[0], won, STAGES[2]]
    page = stand.open("deal-work.html")

    page.get_by_role("button", name="Сделка успешна…").click()

    missing = page.locator(".deal-missing")
    expect(missing).to_have_text("Номер реализации (заполнит другой сотрудник в своей задаче)")
    expect(page.get_by_role("button", name="Закрыть как успешную")).to_have_count(0)
    assert stand.sent == []


def test_a_file_stored_while_the_card_is_being_read_stays_on_the_screen(stand: Stand) -> None:
    stand.card["stages"] = STAGES
    page = stand.open("deal-work.html")
    held: list[tuple[Route, str]] = []
    page.route("**/api/v1/tasks/*", lambda route: held.append((route, json.dumps(stand.card))))

    def attached(code: str) -> Locator:
        content = {"name": f"{code}.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff\xe0"}
        place = page.locator(f"[data-field={code}]")
        place.locator("input[type=file]").set_input_files([content])  # type: ignore[arg-type]
        return place.get_by_role("link")

    def arrived(number: int) -> bool:
        page.wait_for_timeout(50)
        return len(held) >= number

    def answer(number: int) -> None:
        eventually(lambda: arrived(number))
        route, body = held[number - 1]
        route.fulfill(body=body, content_type="application/json")

    expect(attached("ttnFile")).to_be_visible()
    second = attached("receiptFile")
    expect(second).to_be_visible()
    answer(1)
    answer(2)

    expect(page.locator("deal-form.deal-busy")).to_have_count(0)
    expect(second).to_be_visible()


def test_the_next_part_is_a_move_to_realization(stand: Stand) -> None:
    stand.card["stages"] = STAGES
    stand.variables = {"partsShipped": 1}
    stand.open("deal-work.html")

    assert stand.sends("Отгрузить следующую часть") == {
        "wantedStage": "realization",
        "seenVersion": 7,
        "lossReason": None,
        "lossComment": None,
    }


def test_an_order_not_yet_shipped_has_its_usual_buttons(stand: Stand) -> None:
    stand.card["stages"] = STAGES
    page = stand.open("deal-work.html")

    expect(page.get_by_role("button", name="Реализация →")).to_be_visible()
    expect(page.get_by_role("button", name="Сделка успешна…")).to_be_visible()
    expect(page.get_by_text("Уже отгружено")).to_have_count(0)


@pytest.mark.parametrize(
    "form",
    [
        "create-realization",
        "prepare-upd",
        "pick-order",
        "deliver-by-carrier",
        "deliver-own",
        "hand-over",
        "send-to-branch",
        "accept-at-branch",
        "confirm-receipt",
    ],
)
def test_whoever_ships_sees_what_is_ordered(stand: Stand, form: str) -> None:
    page = stand.open(f"{form}.html")

    lines = page.locator(".deal-goods tbody tr")
    expect(lines).to_have_count(2)
    expect(lines.first).to_contain_text("ПЦ-16")
    expect(lines.first).to_contain_text("2 шт.")
    expect(lines.last).to_contain_text("2,5 л")


SHIPPING = [
    "accept-at-branch",
    "assign-driver",
    "clarify-direction",
    "confirm-receipt",
    "create-realization",
    "deliver-by-carrier",
    "deliver-own",
    "enter-tracking",
    "hand-over",
    "override-onec",
    "pick-order",
    "prepare-upd",
    "replan-delivery",
    "send-to-branch",
    "settle-discrepancy",
    "settle-onec",
]


@pytest.mark.parametrize("form", SHIPPING)
def test_a_thumb_finds_every_control_and_nothing_is_cut_off(stand: Stand, form: str) -> None:
    stand.drivers = [{"login": "driver1", "name": "Сергей Водитель"}]
    page = stand.open(f"{form}.html")

    small = page.evaluate(
        """() => [...document.querySelectorAll(
            'deal-form :is(button, label.deal-button, select, textarea, input[type=text])')]
        .filter((control) => control.offsetParent && control.getBoundingClientRect().height < 44)
        .map((control) => control.outerHTML)"""
    )
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('deal-form :is(input, select, textarea)')]
        .filter((control) => !control.labels?.length).map((control) => control.outerHTML)"""
    )
    assert small == []
    assert nameless == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_notes_of_all_pages_are_shown_the_latest_first(stand: Stand) -> None:
    stand.notes = [
        {
            "id": number,
            "kind": "note",
            "text": f"Запись {number}",
            "author": {"login": "manager1", "name": "Мария"},
            "at": "2026-11-26T10:00:00Z",
            "invoiceNumber": None,
            "amount": None,
            "amountText": "",
        }
        for number in range(1, 8)
    ]

    page = stand.open("deal-work.html")

    said = page.locator("deal-form .deal-said", has_text="Запись")
    expect(said).to_have_text([f"Запись {number}" for number in (7, 6, 5, 4, 3)])
    page.get_by_role("button", name="Показать ещё 2 записи").click()
    expect(said).to_have_text([f"Запись {number}" for number in range(7, 0, -1)])
