"""Creating, listing and reading deals; giving a deal to another manager."""

from typing import Any

import pytest

from tests.integration.api.conftest import Office
from tests.integration.api.engine_stand_in import StandInTask
from tests.support.builders import COMPANY_INN, a_deal, a_ready_deal


def fields_of(card: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Fields of a deal response by code."""
    return {f["code"]: f for group in card["groups"] for f in group["fields"]}


def test_a_manager_creates_a_deal_and_its_process_is_asked_for_in_the_same_breath(
    office: Office,
) -> None:
    body = {"direction": "newClients", "fields": {"counterparty": "ООО «Сад»", "limit": "1 500,5"}}

    answer = office.person("manager1").post("/deals", body)

    card = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/deals/{card['id']}"
    assert answer.headers["ETag"] == '"1"'
    assert card["title"] == f"{card['id']} ООО «Сад»"
    assert card["stage"]["code"] == "newClient"
    assert card["manager"] == {"login": "manager1", "name": "Имя manager1"}
    assert card["awaitsEngine"] is True
    assert fields_of(card)["limit"]["value"] == "1500.50"
    assert fields_of(card)["limit"]["text"] == "1\u00a0500,50\u00a0₽"
    assert office.outbox(card["id"]) == [{"process": "new-client", "variables": {}}]


def test_every_direction_takes_a_deal(office: Office) -> None:
    directions = office.person("manager1").get("/directions").json()["items"]
    office.engine.people["everything"] = frozenset({d["managers"]["code"] for d in directions})

    made = [
        office.person("everything").post("/deals", {"direction": d["code"]}) for d in directions
    ]

    assert len(directions) == 13
    assert [answer.status_code for answer in made] == [201] * 13


def test_all_that_is_wrong_with_a_new_deal_is_said_at_once(office: Office) -> None:
    fields = {"inn": "123", "limit": "-5", "nonsense": 1}
    body = {"direction": "newClients", "fields": fields, "manager": "lawyer1"}

    answer = office.person("salesHead").post("/deals", body)

    wrong = {error["field"] for error in answer.json()["errors"]}
    assert answer.status_code == 422
    assert wrong == {"manager", "inn", "limit", "nonsense"}


def test_a_head_creates_deals_for_managers_only(office: Office) -> None:
    head = office.person("salesHead")

    given = head.post("/deals", {"direction": "newClients", "manager": "manager2"})
    missing = head.post("/deals", {"direction": "newClients"})

    assert given.json()["manager"]["login"] == "manager2"
    assert missing.status_code == 422


def test_nobody_creates_deals_of_a_direction_they_do_not_work_in(office: Office) -> None:
    refused = [
        office.person(login).post("/deals", {"direction": "newClients"}).status_code
        for login in ("lawyer1", "engineer1", "admin1", "serviceHead")
    ]

    assert refused == [403, 403, 403, 403]


def test_an_unknown_direction_is_named(office: Office) -> None:
    answer = office.person("manager1").post("/deals", {"direction": "moonTrade"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "direction"


def test_a_deal_is_not_found_by_people_who_have_nothing_to_do_with_it(office: Office) -> None:
    deal_id = office.a_deal()

    seen = {
        login: office.person(login).get(f"/deals/{deal_id}").status_code
        for login in ("manager1", "manager2", "salesHead", "serviceHead", "lawyer1", "admin1")
    }

    assert seen == {
        "manager1": 200,
        "manager2": 404,
        "salesHead": 200,
        "serviceHead": 404,
        "lawyer1": 404,
        "admin1": 200,
    }


def test_an_open_task_opens_the_deal_and_a_done_one_keeps_it_open(office: Office) -> None:
    deal_id = office.a_deal()
    office.engine.tasks = [StandInTask("t1", "Task_CheckClient", deal_id, groups=("lawyers",))]
    office.engine.past = [(deal_id, "onec1")]

    lawyer = office.person("lawyer1").get(f"/deals/{deal_id}")
    operator = office.person("onec1").get(f"/deals/{deal_id}")
    driver = office.person("driver1").get(f"/deals/{deal_id}")

    assert [a.status_code for a in (lawyer, operator, driver)] == [200, 200, 404]
    assert not any(f["editable"] for f in fields_of(lawyer.json()).values())


def test_a_list_holds_only_what_the_caller_may_see(office: Office) -> None:
    mine, other = office.a_deal("manager1"), office.a_deal("manager2")
    office.engine.tasks = [StandInTask("t1", "Task_CheckClient", other, groups=("lawyers",))]

    def ids(login: str) -> set[str]:
        items = office.person(login).get("/deals", params={"limit": 200}).json()["items"]
        return {item["id"] for item in items}

    assert mine in ids("manager1")
    assert other not in ids("manager1")
    assert {mine, other} <= ids("salesHead")
    assert {mine, other} <= ids("admin1")
    assert ids("lawyer1") == {other}
    assert ids("serviceHead").isdisjoint({mine, other})
    assert ids("driver1") == set()


def test_deals_are_found_by_words_requisites_stage_and_openness(office: Office) -> None:
    found = office.keep(
        a_ready_deal(values={"counterparty": "ООО «Лунный камень»", "inn": COMPANY_INN})
    )
    closed = office.keep(
        a_deal(stage="lost", closed_at=a_deal().created_at, values={"counterparty": "Лунный свет"})
    )
    admin = office.person("admin1")

    def ids(**conditions: str) -> set[str]:
        answer = admin.get("/deals", params={"limit": "200", **conditions})
        assert answer.status_code == 200, answer.text
        return {item["id"] for item in answer.json()["items"]}

    assert ids(text="лунный КАМЕНЬ") == {found}
    assert ids(text="лунный", open="true") == {found}
    assert ids(text="лунный", open="false") == {closed}
    assert ids(text="лунный", stage="lost") == {closed}
    assert found in ids(inn=COMPANY_INN, direction="newClients", manager="manager1")
    assert ids(text="лунный", direction="tenders") == set()
    assert ids(text="100%_") == set()


def test_pages_follow_each_other_without_gaps_or_repeats(office: Office) -> None:
    office.engine.people["pager"] = frozenset({"salesManagers"})
    made = [office.a_deal("pager") for _ in range(7)]
    pager = office.person("pager")

    seen, place = [], "/api/v1/deals?limit=3&direction=newClients"
    pages = 0
    while place:
        page = pager.http.get(place).json()
        seen += [item["id"] for item in page["items"]]
        place, pages = page["next"], pages + 1

    assert seen == made[::-1]
    assert pages == 3


@pytest.mark.parametrize("words", ["ъ", "ип ёж", "--- %%%", "а-б_в"])
def test_words_that_no_index_can_find_are_refused(office: Office, words: str) -> None:
    person = office.person("admin1")

    refused = person.get("/deals", params={"text": words})

    assert refused.status_code == 422
    assert "три буквы или цифры подряд" in refused.text
    for allowed in (f"{words} ёлка", "777", " "):
        assert person.get("/deals", params={"text": allowed}).status_code == 200


def test_a_page_is_never_larger_than_two_hundred(office: Office) -> None:
    answer = office.person("admin1").get("/deals", params={"limit": 1_000_000})

    assert answer.status_code == 422


def test_the_engine_down_keeps_managers_at_work_and_lets_no_stranger_in(office: Office) -> None:
    deal_id = office.a_deal()
    manager, head = office.person("manager1"), office.person("salesHead")
    lawyer = office.person("lawyer1")
    for person in (manager, head, lawyer):
        person.get("/me")
    office.engine.down = True

    seen = [p.get(f"/deals/{deal_id}").status_code for p in (manager, head, lawyer)]

    assert seen == [200, 200, 503]


def test_a_deal_for_a_known_manager_is_taken_while_the_engine_is_down(office: Office) -> None:
    office.a_deal()
    head = office.person("salesHead")
    body = {"direction": "newClients", "manager": "manager1", "fields": {}}
    before = head.post("/deals", body)
    office.engine.down = True

    meanwhile = head.post("/deals", body)
    stranger = head.post("/deals", {**body, "manager": "lawyer1"})

    assert (before.status_code, meanwhile.status_code) == (201, 201)
    assert meanwhile.json()["awaitsEngine"]
    assert stranger.status_code == 422


def test_a_head_gives_a_deal_to_another_manager_and_the_process_is_told(office: Office) -> None:
    deal_id = office.a_deal("manager1")
    office.engine.past = [(deal_id, "manager1")]
    head = office.person("salesHead")

    given = head.post(f"/deals/{deal_id}/manager", {"manager": "manager2"})
    again = head.post(f"/deals/{deal_id}/manager", {"manager": "manager2"})

    assert given.status_code == again.status_code == 200
    assert given.json()["manager"]["login"] == "manager2"
    assert office.person("manager1").get(f"/deals/{deal_id}").status_code == 404
    assert office.person("manager2").get(f"/deals/{deal_id}").status_code == 200
    assert office.outbox(deal_id)[1:] == [{"message": "StageMoved", "moveVersion": 1}]
    assert ("manager", "", "manager1", "manager2") in office.history(deal_id)


def test_a_deal_goes_only_to_people_who_lead_such_deals(office: Office) -> None:
    deal_id = office.a_deal("manager1")

    wrong = office.person("salesHead").post(f"/deals/{deal_id}/manager", {"manager": "driver1"})
    not_head = office.person("manager1").post(f"/deals/{deal_id}/manager", {"manager": "manager2"})

    assert wrong.status_code == 422
    assert not_head.status_code == 403


def test_a_head_who_took_the_managers_task_may_write(office: Office) -> None:
    deal_id = office.a_deal("manager1")
    head = office.person("salesHead")
    change = {"version": 1, "fields": {"comments": "Проверил сам."}}

    before = head.patch(f"/deals/{deal_id}", change)
    office.engine.tasks = [
        StandInTask("t1", "Task_CollectDocuments", deal_id, "salesHead", ("salesHeads",))
    ]
    after = head.patch(f"/deals/{deal_id}", change)

    assert (before.status_code, after.status_code) == (403, 200)
