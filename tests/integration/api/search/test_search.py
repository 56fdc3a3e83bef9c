"""Search of deals and duplicates: what finds a deal, and for whom."""

import pytest

from tests.integration.api.conftest import Office, Person
from tests.support.builders import COMPANY_INN, NOW, a_deal

VALUES = {
    "counterparty": "ООО «Лесоторг Ярило»",
    "inn": COMPANY_INN,
    "contactPhone": "8 (495) 777-11-22",
    "contactEmail": "Snab@Yarilo.ru",
    "contractNumber": "ДП-9017/26",
}


def found(person: Person, text: str) -> dict[str, list[str]]:
    answer = person.get("/search", params={"text": text})
    assert answer.status_code == 200, answer.text
    return {item["id"]: item["matched"] for item in answer.json()["items"]}


@pytest.mark.parametrize(
    ("text", "matched"),
    [
        ("ярило", []),
        ("лесоторг ярил", []),
        (COMPANY_INN, ["ИНН"]),
        ("7712 345671", ["ИНН"]),
        ("+7 495 7771122", ["Телефон"]),
        ("snab@yarilo.RU", ["Электронная почта"]),
        ("дп-9017", []),
    ],
)
@pytest.mark.parametrize("is_open", [True, False])
def test_a_deal_is_found_by_what_people_know_of_it(
    office: Office, text: str, matched: list[str], is_open: bool
) -> None:
    closed = {} if is_open else {"stage": "lost", "closed_at": NOW}
    deal_id = office.keep(a_deal(values=VALUES, **closed))

    assert found(office.person("manager1"), text)[deal_id] == matched


def test_a_deal_is_found_by_its_number_alone_and_by_the_whole_one(office: Office) -> None:
    deal_id = office.a_deal()
    manager = office.person("manager1")

    assert found(manager, deal_id).keys() == {deal_id}
    number = str(int(deal_id.rpartition("-")[2]))
    assert next(iter(found(manager, number).items())) == (deal_id, ["Номер сделки"])


def test_a_machine_is_found_by_its_serial_number(office: Office) -> None:
    deal = a_deal(
        direction="warrantyService",
        stage=office.database.catalog.directions["warrantyService"].first_stage.code,
        manager="engineer1",
        values={"serialNumber": "sn 44-Ы01"},
    )
    deal_id = office.keep(deal)

    assert found(office.person("engineer1"), "SN44-ы01")[deal_id] == ["Серийный номер"]


def test_nobody_finds_what_they_may_not_read(office: Office) -> None:
    deal_id = office.keep(a_deal(values=VALUES))

    for text in ("ярило", COMPANY_INN, "84957771122", "snab@yarilo.ru", "9017", deal_id):
        for login in ("manager2", "engineer1", "serviceHead", "lawyer1"):
            assert deal_id not in found(office.person(login), text)
        assert deal_id in found(office.person("salesHead"), text)


def test_a_text_too_short_says_what_to_do(office: Office) -> None:
    answer = office.person("manager1").get("/search?text=ип").json()

    assert answer == {
        "items": [],
        "more": False,
        "hint": "Введите хотя бы три буквы или цифры подряд.",
    }


def test_duplicates_are_those_one_may_read_with_what_is_the_same(office: Office) -> None:
    deal_id = office.keep(a_deal(values=VALUES))
    typed = {"inn": COMPANY_INN, "phone": "+7 495 777-11-22", "email": "other@yarilo.ru"}

    own = office.person("manager1").post("/deals/duplicates", typed).json()
    strange = office.person("manager2").post("/deals/duplicates", typed).json()

    matched = {item["id"]: item["matched"] for item in own["items"]}
    assert matched[deal_id] == ["ИНН", "Телефон"]
    assert deal_id not in {item["id"] for item in strange["items"]}
    assert own["problems"] == strange["problems"] == []


def test_check_digits_of_the_inn_are_checked_while_typing(office: Office) -> None:
    answer = office.person("manager1").post("/deals/duplicates", {"inn": "7712345672"}).json()

    assert answer["items"] == []
    assert [problem["field"] for problem in answer["problems"]] == ["inn"]
    assert "контрольные цифры не сходятся" in answer["problems"][0]["message"]


def test_whoever_asks_for_duplicates_without_end_is_asked_to_wait(office: Office) -> None:
    office.engine.people["manager9"] = frozenset({"salesManagers"})
    person = office.person("manager9")

    # Two windows may share the requests, so that more than one allowance is needed to be refused.
    answers = [person.post("/deals/duplicates", {}) for _ in range(121)]

    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert all(0 < int(answer.headers["Retry-After"]) <= 60 for answer in refused)
    assert office.person("manager1").post("/deals/duplicates", {}).status_code == 200
