"""Updates of deal fields: atomic, against an expected version, with every invalid field named."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from db.store.database import connect
from tests.integration.api.conftest import Office
from tests.integration.api.deals.test_deals import fields_of
from tests.support.builders import COMPANY_INN, COMPANY_OGRN, ENTREPRENEUR_INN, a_deal, a_ready_deal


def test_a_change_without_a_version_is_asked_for_one(office: Office) -> None:
    deal_id = office.a_deal()

    answer = office.person("manager1").patch(f"/deals/{deal_id}", {"fields": {"limit": "1"}})

    assert answer.status_code == 428
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.json()["code"] == "VERSION_MISSING"


@pytest.mark.parametrize("where", ["header", "body"])
def test_the_version_may_come_in_if_match_or_in_the_body(office: Office, where: str) -> None:
    deal_id = office.a_deal()
    headers = {"If-Match": '"1"'} if where == "header" else {}
    body: dict[str, Any] = {"fields": {"limit": 250000}}

    if where == "body":
        body["version"] = 1
    answer = office.person("manager1").patch(f"/deals/{deal_id}", body, headers=headers)

    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"2"'
    assert fields_of(answer.json())["limit"]["value"] == "250000.00"
    assert ("field", "limit", None, "250000.00") in office.history(deal_id)


@pytest.mark.parametrize("header", ["7", "*", '"1", "2"', '"x"', ""])
def test_an_if_match_that_names_no_version_is_refused(office: Office, header: str) -> None:
    deal_id = office.a_deal()

    answer = office.person("manager1").patch(
        f"/deals/{deal_id}", {"fields": {}}, headers={"If-Match": header}
    )

    assert answer.status_code == 422


def test_a_stale_version_is_refused_with_what_changed_meanwhile(office: Office) -> None:
    deal_id, manager = office.a_deal(), office.person("manager1")
    manager.patch(f"/deals/{deal_id}", {"version": 1, "fields": {"limit": "5", "holding": "А"}})

    answer = manager.patch(f"/deals/{deal_id}", {"version": 1, "fields": {"limit": "9"}})

    problem = answer.json()
    assert answer.status_code == 412
    assert problem["code"] == "DEAL_CHANGED"
    assert (problem["seen"], problem["current"]) == (1, 2)
    assert set(problem["changed"]) == {"Лимит", "Холдинг"}


def test_of_two_changes_at_once_one_wins_and_one_is_told(office: Office) -> None:
    deal_id = office.a_deal()
    manager = office.person("manager1")

    def change(limit: str) -> int:
        body = {"version": 1, "fields": {"limit": limit}}
        return manager.patch(f"/deals/{deal_id}", body).status_code

    with ThreadPoolExecutor(2) as threads:
        answers = sorted(threads.map(change, ["100", "200"]))

    limits = [row for row in office.history(deal_id) if row[1] == "limit"]
    assert answers == [200, 412]
    assert len(limits) == 1


WRONG: list[tuple[str, object]] = [
    ("inn", "1234567890"),
    ("inn", 7712345671.5),
    ("inn", ["7712345671"]),
    ("ogrn", "1111111111111"),
    ("kpp", "12"),
    ("limit", "-1"),
    ("limit", "1.001"),
    ("limit", "1e400"),
    ("limit", 1.5),
    ("limit", True),
    ("limit", "много"),
    ("limit", 10**13),
    ("markupGroup", "cheapest"),
    ("markupGroup", 1),
    ("brands", "makita"),
    ("brands", ["noSuchBrand"]),
    ("temporaryPeriod", {"from": "2026-12-31", "to": "2026-12-01"}),
    ("temporaryPeriod", {"from": "2026-12-31"}),
    ("temporaryPeriod", "2026-12-31"),
    ("shopCount", 0),
    ("shopCount", "три"),
    ("signerIsDirector", "да"),
    ("contactEmail", "нет"),
    ("contactPhone", "позвони"),
    ("counterparty", "я" * 501),
    ("counterparty", {"name": "ООО"}),
    ("contractNumber", "Д-1"),
    ("reliabilityCheckedBy", "manager1"),
    ("lossReason", "price"),
    ("companyCard", "file.pdf"),
    ("contractFile", "file.pdf"),
    ("tenderNumber", "1"),
    ("noSuchField", 1),
    ("version", 5),
    ("stage", "won"),
]


@pytest.mark.parametrize(("code", "value"), WRONG, ids=lambda part: str(part)[:24])
def test_a_value_that_does_not_fit_is_named_and_nothing_is_kept(
    office: Office, code: str, value: object
) -> None:
    deal_id = office.a_deal()
    fields = {"comments": "это верно", "businessFormat": "retail", code: value}

    answer = office.person("manager1").patch(f"/deals/{deal_id}", {"version": 1, "fields": fields})

    problem = answer.json()
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in problem["errors"]] == [code]
    assert problem["errors"][0]["message"]
    assert office.person("manager1").get(f"/deals/{deal_id}").json()["version"] == 1


def test_every_bad_field_is_named_in_one_answer(office: Office) -> None:
    deal_id = office.a_deal()
    fields = {"inn": "1", "ogrn": "2", "limit": "-3", "zzz": 4, "holding": "верный"}

    answer = office.person("manager1").patch(f"/deals/{deal_id}", {"version": 1, "fields": fields})

    assert {error["field"] for error in answer.json()["errors"]} == {"inn", "ogrn", "limit", "zzz"}
    assert [row[0] for row in office.history(deal_id)] == ["created"]


def test_values_that_contradict_each_other_are_refused(office: Office) -> None:
    deal_id = office.a_deal(inn=ENTREPRENEUR_INN)

    answer = office.person("manager1").patch(
        f"/deals/{deal_id}", {"version": 1, "fields": {"ogrn": COMPANY_OGRN}}
    )

    assert answer.status_code == 422


def test_null_and_blank_empty_a_field_and_the_same_value_leaves_no_trace(office: Office) -> None:
    deal_id, manager = office.a_deal(inn=COMPANY_INN, holding="Сад"), office.person("manager1")

    same = manager.patch(f"/deals/{deal_id}", {"version": 1, "fields": {"inn": COMPANY_INN}})
    emptied = manager.patch(
        f"/deals/{deal_id}", {"version": 1, "fields": {"inn": None, "holding": "  "}}
    )

    assert same.json()["version"] == 1
    assert emptied.json()["version"] == 2
    assert fields_of(emptied.json())["inn"]["value"] is None
    assert ("field", "holding", "Сад", None) in office.history(deal_id)


def test_who_checked_the_client_and_when_is_signed_by_the_system(office: Office) -> None:
    deal_id, manager = office.a_deal(), office.person("manager1")

    checked = manager.patch(
        f"/deals/{deal_id}", {"version": 1, "fields": {"reliabilityVerdict": "reliable"}}
    )
    withdrawn = manager.patch(
        f"/deals/{deal_id}", {"version": 2, "fields": {"reliabilityVerdict": None}}
    )

    fields = fields_of(checked.json())
    assert fields["reliabilityCheckedBy"]["value"] == "manager1"
    assert fields["reliabilityCheckedBy"]["text"] == "Имя manager1"
    assert fields["reliabilityCheckedAt"]["value"]
    assert fields_of(withdrawn.json())["reliabilityCheckedBy"]["value"] is None


def test_terms_are_locked_while_they_are_approved(office: Office) -> None:
    deal_id = office.keep(a_ready_deal(stage="termsApproval"))

    answer = office.person("manager1").patch(
        f"/deals/{deal_id}", {"version": 1, "fields": {"limit": "999"}}
    )

    assert answer.status_code == 409
    assert answer.json()["code"] == "FIELDS_LOCKED"
    assert answer.json()["fields"] == ["limit"]


def test_a_closed_deal_is_not_changed(office: Office) -> None:
    deal_id = office.keep(a_deal(stage="lost", closed_at=a_deal().created_at))

    answer = office.person("manager1").patch(
        f"/deals/{deal_id}", {"version": 1, "fields": {"holding": "Сад"}}
    )

    assert answer.status_code == 409
    assert answer.json()["code"] == "DEAL_CLOSED"


@pytest.mark.parametrize("statement", ["UPDATE history SET actor = 'x'", "DELETE FROM history"])
def test_the_database_itself_refuses_to_rewrite_history(office: Office, statement: str) -> None:
    office.a_deal()

    database = connect(office.database_url)
    with pytest.raises(DBAPIError, match="append-only"), database.begin() as connection:
        connection.execute(text(statement))

    database.dispose()


def test_history_pages_say_what_changed_in_words(office: Office) -> None:
    deal_id, manager = office.a_deal(), office.person("manager1")
    fields = {"limit": "1500000", "markupGroup": "wholesale"}
    manager.patch(f"/deals/{deal_id}", {"version": 1, "fields": fields})
    manager.post(f"/deals/{deal_id}/stage", {"stage": "collectingDocuments"})

    items, place = [], f"/api/v1/deals/{deal_id}/history?limit=2"
    while place:
        page = manager.http.get(place).json()
        items += page["items"]
        place = page["next"]

    told = {item["label"]: (item["oldText"], item["newText"]) for item in items}
    assert told["Лимит"] == ("", "1\u00a0500\u00a0000\u00a0₽")
    assert told["Группа наценки"] == ("", "Опт")
    assert told["Стадия"] == ("Новый клиент", "Сбор документов")
    assert {item["actor"]["name"] for item in items} == {"Имя manager1"}
    assert {item["cause"] for item in items} == {"api"}


def test_goods_are_kept_with_their_history_and_as_they_were(office: Office) -> None:
    saw = {"article": "ПЦ-16", "name": "Пила", "quantity": "2", "price": "8 990,50"}
    deal_id, manager = office.a_deal(goods=[saw]), office.person("manager1")
    created = manager.get(f"/deals/{deal_id}/history").json()["items"][-1]["at"]
    more = [{**saw, "quantity": 3}, {"name": "Масло", "quantity": "2,5", "unit": "л"}]

    answer = manager.patch(f"/deals/{deal_id}", {"version": 1, "fields": {"goods": more}})

    goods = fields_of(answer.json())["goods"]
    assert [(one["quantity"], one["price"]) for one in goods["value"]] == [
        ("3", "8990.50"),
        ("2.5", None),
    ]
    assert goods["text"].replace("\u00a0", " ") == "2 позиции на 26 971,50 ₽, без цены: 1"
    told = manager.get(f"/deals/{deal_id}/history").json()["items"][-1]
    assert told["oldText"].replace("\u00a0", " ") == "1 позиция на 17 981 ₽"
    assert told["newText"].endswith("(добавлено: Масло, 2,5 л; ПЦ-16 Пила: 2 шт. → 3 шт.)")
    then = manager.get(f"/deals/{deal_id}", params={"at": created}).json()
    assert [one["quantity"] for one in fields_of(then)["goods"]["value"]] == ["2"]
    same = manager.patch(f"/deals/{deal_id}", {"version": 2, "fields": {"goods": more}})
    assert same.json()["version"] == 2


def test_wrong_goods_are_refused_with_their_lines_and_locked_while_they_ship(
    office: Office,
) -> None:
    deal_id, manager = office.a_deal(), office.person("manager1")
    wrong = {"version": 1, "fields": {"goods": [{"name": "Пила", "quantity": "0"}] * 301}}
    assert manager.patch(f"/deals/{deal_id}", wrong).status_code == 422
    wrong = {"version": 1, "fields": {"goods": [{"name": "Пила", "quantity": "0"}]}}
    refusal = manager.patch(f"/deals/{deal_id}", wrong)
    assert refusal.status_code == 422
    assert refusal.json()["errors"][0]["message"].startswith("Строка 1: укажите количество")
    shipping = office.keep(a_ready_deal(stage="assembly"))

    locked = manager.patch(
        f"/deals/{shipping}",
        {"version": 1, "fields": {"goods": [{"name": "Пила", "quantity": "1"}]}},
    )

    assert (locked.status_code, locked.json()["code"]) == (409, "FIELDS_LOCKED")
