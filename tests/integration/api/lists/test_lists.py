"""Universal lists: permissions, validation, optimistic locking and history of items."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from tests.integration.api.conftest import Office

ITEM = {
    "name": "Тула, своим транспортом",
    "order": 50,
    "attributes": {"branch": "Тула", "route": "ownDelivery", "operator": "onec1"},
}


def a_code() -> str:
    return f"test{uuid.uuid4().hex[:8]}"


def naming(**people: str) -> dict[str, Any]:
    """Request body of an item with these employees."""
    return {**ITEM, "attributes": {**ITEM["attributes"], **people}}  # type: ignore[dict-item]


def at_once(call: Callable[[int], httpx2.Response], times: int) -> list[int]:
    with ThreadPoolExecutor(times) as threads:
        return sorted(answer.status_code for answer in threads.map(call, range(times)))


def test_who_saw_an_older_version_overwrites_nobody(office: Office) -> None:
    admin, place = office.person("admin1"), f"/lists/shippingDirections/items/{a_code()}"
    admin.put(place, ITEM)
    before = admin.seen(place)

    first = admin.put(place, naming(operator="onec2"), headers=before)
    late = admin.put(place, naming(storekeeper="store1"), headers=before)
    lost = admin.put(place, naming(operator="onec2"), headers=before)

    assert (first.status_code, late.status_code) == (200, 412)
    problem = late.json()
    assert (problem["code"], problem["current"]) == ("LIST_ITEM_CHANGED", first.json()["version"])
    assert "Пока вы работали, значение «Тула, своим транспортом» изменили." in problem["detail"]
    assert "откройте то, что записано сейчас" in problem["detail"]
    assert lost.status_code == 200  # sent again after a lost answer: it is so already
    assert first.headers["ETag"] == admin.seen(place)["If-Match"]
    now = admin.get(place).json()["attributes"]
    assert (now["operator"], now.get("storekeeper")) == ("onec2", None)


def test_a_stale_form_hears_of_the_change_and_not_of_a_person_it_names_no_more(
    office: Office,
) -> None:
    admin, place = office.person("admin1"), f"/lists/shippingDirections/items/{a_code()}"
    admin.put(place, ITEM)
    before = admin.seen(place)
    admin.put(place, naming(operator="onec2"), headers=before)
    office.engine.people["onec1"] = frozenset()

    late = admin.put(place, naming(storekeeper="store1"), headers=before)

    assert late.status_code == 412


def test_a_change_without_a_version_is_no_creation(office: Office) -> None:
    admin, place = office.person("admin1"), f"/lists/shippingDirections/items/{a_code()}"
    admin.put(place, ITEM)

    blind = [admin.put(place, naming(operator="onec2")), admin.http.delete(f"/api/v1{place}")]
    taken = admin.put(place, naming(operator="onec2"), headers={"If-None-Match": "*"})

    assert [(one.status_code, one.json()["code"]) for one in blind] == [
        (428, "VERSION_MISSING")
    ] * 2
    assert "If-Match" in blind[0].json()["detail"]
    assert (taken.status_code, taken.json()["code"]) == (412, "LIST_ITEM_EXISTS")
    assert taken.json()["errors"][0]["field"] == "code"
    assert admin.get(place).json()["attributes"]["operator"] == "onec1"


def test_retiring_and_deleting_need_the_version_too(office: Office) -> None:
    admin, place = office.person("admin1"), f"/lists/shippingDirections/items/{a_code()}"
    admin.put(place, ITEM)
    before = admin.seen(place)
    admin.put(place, naming(operator="onec2"), headers=before)

    retired = admin.put(place, {**ITEM, "active": False}, headers=before)
    kept = admin.http.delete(f"/api/v1{place}", headers=before)
    deleted = admin.http.delete(f"/api/v1{place}", headers=admin.seen(place))
    back = admin.put(place, ITEM, headers=before)

    assert [a.status_code for a in (retired, kept, deleted, back)] == [412, 412, 204, 412]
    assert "удалили" in back.json()["detail"]


@pytest.mark.parametrize(
    "headers",
    [
        {"If-Match": "*"},
        {"If-Match": '"1"'},
        {"If-Match": "0123456789abcdef"},
        {"If-None-Match": '"0123456789abcdef"'},
        {"If-None-Match": "*", "If-Match": '"0123456789abcdef"'},
    ],
)
def test_a_version_in_another_form_is_refused(office: Office, headers: dict[str, str]) -> None:
    place = f"/lists/brands/items/{a_code()}"

    answer = office.person("admin1").put(place, {"name": "Марка"}, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (422, "VERSION_INVALID")


@pytest.mark.parametrize("form", ['W/"{}"', '"{}-gzip"'])
def test_a_version_that_a_front_has_marked_as_packed_is_understood(
    office: Office, form: str
) -> None:
    admin, place = office.person("admin1"), f"/lists/brands/items/{a_code()}"
    version = admin.put(place, {"name": "Марка"}).json()["version"]

    seen = {"If-Match": form.format(version)}

    assert admin.put(place, {"name": "Другая"}, headers=seen).status_code == 200


def test_of_two_who_change_or_create_at_once_one_wins(office: Office) -> None:
    admin, place = office.person("admin1"), f"/lists/brands/items/{a_code()}"
    create, new = {"If-None-Match": "*"}, {"name": "Марка"}

    created = at_once(lambda n: admin.put(place, {**new, "order": n}, headers=create), 6)
    seen = admin.seen(place)
    changed = at_once(lambda n: admin.put(place, {**new, "order": 10 + n}, headers=seen), 6)

    assert created[0] == 201
    assert set(created[1:]) <= {409, 412}
    assert changed == [200, *[412] * 5]


def test_the_administrator_adds_changes_and_retires_an_item(office: Office) -> None:
    admin, code = office.person("admin1"), a_code()
    place = f"/lists/shippingDirections/items/{code}"

    added = admin.put(place, ITEM, headers={"If-None-Match": "*"})
    changed = admin.put(place, naming(driver="driver1"), headers=admin.seen(place))
    retired = admin.put(place, {**ITEM, "active": False}, headers=admin.seen(place))

    rows = admin.get("/lists/shippingDirections/history").json()["items"]
    mine = [row for row in rows if row["code"] == code]
    assert [a.status_code for a in (added, changed, retired)] == [201, 200, 200]
    assert admin.get(place).json()["active"] is False
    assert [row["actor"]["login"] for row in mine] == ["admin1"] * 3
    assert mine[1]["new"]["attributes"]["driver"] == "driver1"


def test_the_same_item_again_leaves_no_trace(office: Office) -> None:
    admin, code = office.person("admin1"), a_code()

    place = f"/lists/shippingDirections/items/{code}"
    admin.put(place, ITEM)
    admin.put(place, ITEM, headers=admin.seen(place))

    rows = admin.get("/lists/shippingDirections/history").json()["items"]
    assert len([row for row in rows if row["code"] == code]) == 1


@pytest.mark.parametrize("login", ["manager1", "salesHead", "lawyer1", "driver1"])
def test_others_read_lists_but_do_not_change_them(office: Office, login: str) -> None:
    person = office.person(login)

    read = person.get("/lists/shippingDirections")
    refused = person.put(f"/lists/shippingDirections/items/{a_code()}", ITEM)

    assert read.status_code == 200
    assert read.json()["attributes"][0]["label"]
    assert refused.status_code == 403


def test_people_of_an_item_must_work_in_their_role(office: Office) -> None:
    attributes = {"operator": "driver1", "storekeeper": "nobody", "driver": "driver1", "sky": "1"}

    answer = office.person("admin1").put(
        f"/lists/shippingDirections/items/{a_code()}", {"name": "Тула", "attributes": attributes}
    )

    assert answer.status_code == 422
    assert {e["field"] for e in answer.json()["errors"]} == {"operator", "storekeeper", "sky"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "  "},
        {"name": "а" * 256},
        {"name": "А", "order": -1},
        {"name": "А", "order": 10**30},
        {"name": "А", "active": "yes"},
        {"name": "А", "code": "other"},
        {"name": "А\x00"},
    ],
)
def test_an_item_that_does_not_fit_is_refused(office: Office, body: dict[str, object]) -> None:
    answer = office.person("admin1").put(f"/lists/brands/items/{a_code()}", body)

    assert answer.status_code == 422, answer.text


def test_unknown_lists_and_items_are_not_found(office: Office) -> None:
    admin = office.person("admin1")

    codes = [
        admin.get("/lists/noSuchList").status_code,
        admin.get("/lists/brands/items/noSuchBrand").status_code,
        admin.put("/lists/noSuchList/items/any", {"name": "А"}).status_code,
        admin.get("/lists/noSuchList/history").status_code,
    ]

    assert codes == [404, 404, 404, 404]


def test_a_retired_value_is_not_chosen_again_but_stays_where_it_stands(office: Office) -> None:
    admin, code = office.person("admin1"), a_code()
    manager = office.person("manager1")
    admin.put(f"/lists/brands/items/{code}", {"name": "Марка"})
    deal_id = office.a_deal(brands=[code])
    place = f"/lists/brands/items/{code}"
    admin.put(place, {"name": "Марка", "active": False}, headers=admin.seen(place))

    kept = manager.patch(
        f"/deals/{deal_id}", {"version": 1, "fields": {"brands": [code], "holding": "Сад"}}
    )
    chosen = manager.post("/deals", {"direction": "newClients", "fields": {"brands": [code]}})

    assert kept.status_code == 200
    assert chosen.status_code == 422


def test_everybody_reads_directions_fields_and_who_they_are(office: Office) -> None:
    driver = office.person("driver1")

    me = driver.get("/me").json()
    fields = {field["code"]: field for field in driver.get("/fields").json()["items"]}

    assert me["roles"] == [{"code": "drivers", "name": "Водитель"}]
    assert me["name"] == "Имя driver1"
    assert fields["inn"]["kind"] == "inn"
    assert fields["passportCopy"]["restricted"] is True
    assert len(driver.get("/lists").json()["items"]) > 5


def test_properties_say_what_they_hold(office: Office) -> None:
    head = office.person("driver1").get("/lists/shippingDirections").json()
    about = {attribute["code"]: attribute for attribute in head["attributes"]}

    assert (about["operator"]["kind"], about["operator"]["role"]) == ("person", "onecOperators")
    assert (about["branch"]["kind"], about["validTo"]["kind"]) == ("text", "date")
    assert {"code": "pickup", "name": "Самовывоз"} in about["route"]["choices"]


def test_choices_and_dates_must_be_such(office: Office) -> None:
    wrong = {"route": "byAir", "validFrom": "23.11.2026", "receiver": "driver1"}
    upside_down = {"validFrom": "2026-11-23", "validTo": "2026-11-22"}
    place = f"/lists/shippingDirections/items/{a_code()}"

    answers = [
        office.person("admin1").put(place, {"name": "Тула", "attributes": attributes})
        for attributes in (wrong, upside_down)
    ]

    fields = [{error["field"] for error in a.json()["errors"]} for a in answers]
    assert fields == [set(wrong), {"validTo"}]


def test_an_item_is_retired_although_its_operator_was_dismissed(office: Office) -> None:
    admin, place = office.person("admin1"), f"/lists/shippingDirections/items/{a_code()}"
    admin.put(place, ITEM)
    office.engine.people["onec1"] = frozenset()

    retired = admin.put(place, {**ITEM, "active": False}, headers=admin.seen(place))

    assert retired.status_code == 200
    assert retired.json()["choosable"] is False


def test_an_item_made_by_mistake_is_deleted_and_one_in_use_is_not(office: Office) -> None:
    admin, code = office.person("admin1"), a_code()
    place = f"/lists/brands/items/{code}"
    admin.put(place, {"name": "Марка"})
    deleted = admin.http.delete(f"/api/v1{place}", headers=admin.seen(place))
    gone = admin.get(place)
    admin.put(place, {"name": "Марка"})
    office.a_deal(brands=[code])

    refused = admin.http.delete(f"/api/v1{place}", headers=admin.seen(place))

    changes = [r for r in admin.get("/lists/brands/history").json()["items"] if r["code"] == code]
    assert (deleted.status_code, gone.status_code, refused.status_code) == (204, 404, 409)
    assert "Сделок, где оно стоит или стояло: 1." in refused.json()["detail"]
    assert [row["new"] is None for row in changes] == [False, True, False]


def test_the_driver_of_a_deal_must_be_one(office: Office) -> None:
    manager, body = office.person("manager1"), {"direction": "newClients"}
    created = manager.post("/deals", {**body, "fields": {"driver": "manager1", "inn": "1"}})
    deal_id = office.a_deal(driver="driver1")
    changed = manager.patch(f"/deals/{deal_id}", {"version": 1, "fields": {"driver": "nobody"}})
    office.engine.people["driver1"] = frozenset()
    kept = manager.patch(
        f"/deals/{deal_id}", {"version": 1, "fields": {"driver": "driver1", "holding": "Сад"}}
    )

    assert {e["field"] for e in created.json()["errors"]} == {"driver", "inn"}
    assert (created.status_code, changed.status_code, kept.status_code) == (422, 422, 200)
    assert "не работает в этой роли" in changed.json()["detail"]
    (shown,) = [
        field
        for group in kept.json()["groups"]
        for field in group["fields"]
        if field["code"] == "driver"
    ]
    assert shown["role"] == "drivers"


def test_a_direction_is_offered_its_own_loss_reasons_and_those_of_no_other(
    office: Office,
) -> None:
    admin, code = office.person("admin1"), a_code()
    admin.put(f"/lists/lossReasons/items/{code}", {"name": "Закрылись"})

    def offered(query: str) -> set[str]:
        items = admin.get(f"/lists/lossReasons{query}").json()["items"]
        return {item["code"] for item in items}

    everything, tenders = offered(""), offered("?direction=tenders")
    unknown = admin.get("/lists/lossReasons?direction=nowhere")
    brands = admin.get("/lists/brands?direction=tenders").json()["items"]

    assert {"tenderLost", "other", code} < tenders < everything
    assert not {"claimUnfounded", "notRepairable"} & tenders
    assert len(brands) == len(admin.get("/lists/brands").json()["items"])
    assert (unknown.status_code, unknown.json()["code"]) == (404, "DIRECTION_NOT_FOUND")
