"""The forms of a new product: what they show and refuse, and exactly what their buttons send."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.support.form_stand import Stand, a_card, a_field, a_file, a_stage, a_window

pytestmark = pytest.mark.browser

SIZES = {"desk": (1440, 900), "phone": (390, 844)}
SIMILAR = {
    "onecAsked": True,
    "items": [
        {
            "code": "00-00000017",
            "name": "Пила цепная P.I.T. GCS52",
            "manufacturer": "P.I.T.",
            "article": "GCS52-C3",
            "deleted": False,
            "same": ["article", "name"],
        },
        {
            "code": "00-00000003",
            "name": "Пила цепная GCS46 (не использовать)",
            "manufacturer": "P.I.T.",
            "article": "GCS46",
            "deleted": True,
            "same": ["name"],
        },
    ],
    "deals": [
        {
            "deal": "D-2026-00007",
            "name": "Пила <b>цепная</b>",
            "manufacturer": "P.I.T.",
            "article": "",
            "stage": "В ассортименте",
            "same": ["barcode"],
        }
    ],
}


def a_product() -> dict[str, Any]:
    """What GET /tasks/{id} gives for a new product."""
    card = a_card()
    card["deal"]["direction"] = {"code": "newProduct", "name": "Согласование нового товара"}
    card["deal"]["stage"] = {"code": "duplicateCheck", "name": "Проверка дублей"}
    empty: dict[str, Any] = {"value": None}
    identity = [
        a_field("productName", "Наименование товара", "Пила цепная P.I.T. GCS52-C3"),
        a_field("manufacturer", "Производитель", "P.I.T."),
        a_field("manufacturerCode", "Артикул производителя", "GCS52-C3"),
        a_field("barcode", "Штрихкод", "6941556200528"),
    ]
    product = [
        a_field("productCategory", "Категория", "Пилы цепные", "list"),
        a_field("supplier", "Поставщик", "P.I.T. Tools Ltd"),
        a_field("retailPrice", "Рекомендованная розничная цена", "19 990,00", "money"),
        a_field("firstPurchaseAmount", "Сумма первой закупки", "690 000,00", "money"),
    ]
    trial = [
        a_field("trialOrderNumber", "Номер заказа поставщику", "", **empty),
        a_field("trialQuantity", "Пробный заказ, шт.", "", "integer", **empty),
        a_field("trialDueOn", "Подвести итоги не позднее", "", "date", **empty),
        a_field("trialSold", "Продано за пробный период, шт.", "", "integer", **empty),
        a_field("trialResult", "Итоги пробного заказа", "", "longText", **empty),
    ]
    card["deal"]["groups"] = [
        {"code": "productIdentity", "label": "Название и коды товара", "fields": identity},
        {"code": "product", "label": "Товар", "fields": product},
        {"code": "trial", "label": "Пробный заказ", "fields": trial},
    ]
    card["deal"]["files"] = [a_file("certificateFile")]
    return {**card, "fileFields": [], "earlierRepairs": []}


@pytest.fixture(params=SIZES)
def stand(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Stand]:
    """A desk, and the phone of a manager on the road."""
    with a_window(chromium, *SIZES[request.param]) as page:
        yield Stand(page, card=a_product(), variables={"similarProducts": SIMILAR})
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def values_of(sent: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(sent["values"]))


def test_similar_products_are_compared_before_the_answer(stand: Stand) -> None:
    page = stand.open("check-duplicates.html")

    similar = page.get_by_role("region", name="Похожие товары")
    expect(similar).to_contain_text("Код 00-00000017")
    expect(similar).to_contain_text("тот же артикул, похожее название")
    expect(similar).to_contain_text("помечен на удаление")
    expect(similar).to_contain_text("Пила <b>цепная</b>")
    expect(page.get_by_text("1С не ответила")).to_have_count(0)
    assert stand.sends("Товар новый, на экспертизу") == {
        "answer": "unique",
        "values": None,
        "reason": None,
    }


def test_a_duplicate_is_named(stand: Stand) -> None:
    page = stand.open("check-duplicates.html")
    page.get_by_role("button", name="Такой товар уже есть…").click()

    page.get_by_role("button", name="Такой товар уже есть", exact=True).click()
    expect(page.get_by_text("Напишите, какой товар уже есть")).to_be_visible()
    assert stand.sent == []

    page.get_by_label("Какой товар уже есть: артикул или код в 1С").fill("00-00000017")
    sent = stand.sends("Такой товар уже есть")
    assert (sent["answer"], sent["reason"]) == ("duplicate", "00-00000017")


def test_a_silent_1c_is_said_and_asked_again(stand: Stand) -> None:
    stand.variables = {"similarProducts": {"onecAsked": False, "items": [], "deals": []}}

    page = stand.open("check-duplicates.html")

    expect(page.get_by_text("1С не ответила")).to_be_visible()
    expect(page.get_by_text("В других сделках похожих товаров нет.")).to_be_visible()
    assert stand.sends("Искать ещё раз")["answer"] == "again"


def test_a_trial_order_needs_its_fields(stand: Stand) -> None:
    page = stand.open("place-trial.html")

    page.get_by_role("button", name="Заказ размещён").click()
    expect(page.get_by_text("Заполните поле.")).to_have_count(3)
    assert stand.sent == []

    page.get_by_label("Номер заказа поставщику").fill("ЗП-118")
    page.get_by_label("Пробный заказ, шт.").fill("30")
    page.get_by_label("Подвести итоги не позднее").fill("2099-03-31")
    assert values_of(stand.sends("Заказ размещён")) == {
        "trialOrderNumber": "ЗП-118",
        "trialQuantity": 30,
        "trialDueOn": "2099-03-31",
    }


def test_a_trial_is_assessed_prolonged_or_fails(stand: Stand) -> None:
    page = stand.open("assess-trial.html")
    page.get_by_role("button", name="В ассортимент").click()
    expect(page.get_by_text("Заполните поле.")).to_have_count(2)

    page.get_by_label("Продано за пробный период, шт.").fill("0")
    page.get_by_label("Итоги пробного заказа").fill("Не берут")
    page.get_by_role("button", name="Отклонить товар…").click()
    page.get_by_label("Почему товар не берём").fill("Дороже соседей")
    sent = stand.sends("Отклонить товар")
    assert (sent["answer"], sent["reason"]) == ("rejected", "Дороже соседей")
    assert values_of(sent) == {"trialSold": 0, "trialResult": "Не берут"}


def test_the_operator_enters_a_code_or_chooses_one(stand: Stand) -> None:
    row = {"number": "00-00000017", "date": None, "organisation": "", "amount": None}
    client = "Пила цепная P.I.T. GCS52, артикул GCS52-C3, P.I.T."
    row |= {"ref": "r-1", "code": "00-00000017", "client": client, "warehouse": "", "note": ""}
    details = {"candidates": [row], "searched": {"number": "17", "client": "", "since": None}}
    stand.variables = {"formError": "В 1С несколько таких позиций.", "formDetails": details}

    page = stand.open("create-item.html")

    expect(page.get_by_text("артикул GCS52-C3")).to_be_visible()
    codes = page.get_by_role("region", name="Название и коды товара")
    expect(codes).to_contain_text("6941556200528")
    page.get_by_label("Код номенклатуры из 1С").fill("17")
    sent = stand.sends("Выбрать эту")
    assert (sent["answer"], sent["picked"]) == ("entered", "r-1")


def test_the_operator_asks_to_correct_a_typo(stand: Stand) -> None:
    page = stand.open("create-item.html")

    page.get_by_role("button", name="Исправить карточку…").click()
    expect(page.get_by_text("Согласование остаётся в силе.")).to_be_visible()
    page.get_by_role("button", name="Исправить карточку", exact=True).click()
    expect(page.get_by_text("Напишите, что исправить")).to_be_visible()
    page.get_by_label("Что исправить в названии или кодах").fill("В артикуле опечатка")
    sent = stand.sends("Исправить карточку")
    assert (sent["answer"], sent["comment"]) == ("correct", "В артикуле опечатка")


def test_the_manager_reads_what_to_correct(stand: Stand) -> None:
    stand.variables = {"operatorComment": "В артикуле опечатка"}
    for field in stand.card["deal"]["groups"][0]["fields"]:
        field["editable"] = field["kind"] == "text"

    page = stand.open("correct-product.html")

    expect(page.get_by_text("Оператор 1С просит исправить карточку")).to_be_visible()
    expect(page.get_by_text("В артикуле опечатка")).to_be_visible()
    expect(page.get_by_label("Артикул производителя")).to_be_visible()
    assert stand.sends("Карточка исправлена") == {}


def test_barcodes_that_1c_hides_are_said(stand: Stand) -> None:
    stand.variables = {
        "similarProducts": {"onecAsked": True, "barcodesAsked": False, "items": [], "deals": []}
    }

    page = stand.open("check-duplicates.html")

    expect(page.get_by_text("Штрихкоды 1С не прочитаны")).to_be_visible()
    expect(page.get_by_text("1С не ответила")).to_have_count(0)


def test_an_application_leaves_out_what_others_fill(stand: Stand) -> None:
    stand.card["stages"] = [
        a_stage("duplicateCheck", "Проверка дублей"),
        a_stage("rejected", "Отклонён", "lost"),
    ]
    for group in stand.card["deal"]["groups"]:
        for field in group["fields"]:
            field["editable"] = field["kind"] == "text"

    page = stand.open("prepare-product.html")

    expect(page.get_by_label("Артикул производителя")).to_be_visible()
    expect(page.get_by_label("Продано за пробный период, шт.")).to_have_count(0)
    sent = stand.sends("Проверка дублей →")
    assert (sent["wantedStage"], sent["seenVersion"]) == ("duplicateCheck", 7)
