"""Lists of deals: orders, export, saved filters, and giving several deals away at once."""

import csv
import io
import uuid
from datetime import timedelta
from typing import Any

import pytest

from tests.integration.api.conftest import Office, Person
from tests.support.builders import NOW, a_deal

LIST = "/deals?direction=claims&manager={}"


@pytest.fixture
def claims(office: Office) -> dict[str, str]:
    """Open deals of a manager of their own, by the sum of the claim."""
    login = f"seller{uuid.uuid4().hex[:8]}"
    office.engine.people[login] = frozenset({"salesManagers"})
    sums = {"200.00": 3, "100.00": 1, "": 0, "1000.50": 2}
    found = {"login": login}
    for amount, hours in sums.items():
        deal = a_deal(
            direction="claims",
            stage="registered",
            manager=login,
            stage_since=NOW + timedelta(hours=hours),
            values={"claimAmount": amount} if amount else {},
        )
        found[amount] = office.keep(deal)
    return found


def all_pages(person: Person, path: str) -> list[str]:
    found: list[str] = []
    more: str | None = path
    while more:
        answer = person.get(more).json()
        found += [item["id"] for item in answer["items"]]
        more = answer["next"] and answer["next"].removeprefix("/api/v1")
    return found


@pytest.mark.parametrize("limit", [1, 3, 50])
@pytest.mark.parametrize("login", ["salesHead", None])
def test_open_deals_are_sorted_by_sum_or_by_waiting_time(
    office: Office, claims: dict[str, str], login: str | None, limit: int
) -> None:
    person = office.person(login or claims["login"])
    path = f"{LIST.format(claims['login'])}&limit={limit}"

    by_sum = all_pages(person, f"{path}&sort=amount")
    by_age = all_pages(person, f"{path}&sort=waiting")

    assert by_sum == [claims[amount] for amount in ("1000.50", "200.00", "100.00", "")]
    assert by_age == [claims[amount] for amount in ("", "100.00", "1000.50", "200.00")]


def test_an_order_that_does_not_fit_is_refused(office: Office) -> None:
    manager = office.person("manager1")

    for query in (
        "sort=amount&open=false",
        "sort=colour",
        "sort=amount&after=D-2026-00001",
        "after=1-1",
    ):
        assert manager.get(f"/deals?{query}").status_code == 422


def exported(person: Person, query: str) -> list[list[str]]:
    answer = person.get(f"/deals/export?{query}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    text = answer.content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def test_the_export_has_the_whole_list_and_nothing_else(
    office: Office, claims: dict[str, str]
) -> None:
    query = f"direction=claims&manager={claims['login']}&sort=amount"

    heads, *rows = exported(office.person("salesHead"), query)

    assert heads[:3] == ["Номер", "Клиент", "ИНН"]
    assert [row[0] for row in rows] == [claims[s] for s in ("1000.50", "200.00", "100.00", "")]
    assert [row[7] for row in rows] == ["1000,50", "200,00", "100,00", ""]
    assert claims["login"] in rows[0][8]
    assert exported(office.person("manager2"), query) == [heads]
    assert office.person("driver1").get("/deals/export").status_code == 200


@pytest.mark.parametrize("sign", ["=", "+", "-", "@"])
def test_a_spreadsheet_runs_nothing_of_an_export(office: Office, sign: str) -> None:
    text = f'{sign}HYPERLINK("http://evil.example";"x")'
    deal_id = office.keep(a_deal(values={"counterparty": text}))

    rows = exported(office.person("manager1"), "direction=newClients")

    assert next(row for row in rows if row[0] == deal_id)[1] == f"'{text}"


def test_a_head_gives_several_deals_away_and_hears_of_each(
    office: Office, claims: dict[str, str]
) -> None:
    head = office.person("salesHead")
    closed = office.keep(
        a_deal(direction="claims", stage="rejected", manager=claims["login"], closed_at=NOW)
    )
    service = office.keep(a_deal(direction="paidService", stage=first(office), manager="engineer1"))
    seen = [{"id": claims["200.00"], "version": 1}, {"id": claims["100.00"], "version": 9}]
    seen += [{"id": each, "version": 1} for each in (closed, service, "D-2026-99999")]
    body: dict[str, Any] = {"deals": seen, "manager": "manager2"}

    answer = head.post("/deals/reassign", body, headers={"Idempotency-Key": claims["login"]})
    again = head.post("/deals/reassign", body, headers={"Idempotency-Key": claims["login"]})

    reasons = {item["id"]: item["reason"] for item in answer.json()["items"]}
    assert reasons[claims["200.00"]] is None
    assert "изменили" in reasons[claims["100.00"]]
    assert reasons[closed]
    assert reasons[service] is not None
    assert reasons[service].replace(service, "") == reasons["D-2026-99999"].replace(
        "D-2026-99999", ""
    )
    assert again.json() == answer.json()
    changed = office.history(claims["200.00"])
    assert [row for row in changed if row[0] == "manager"] == [
        ("manager", "", claims["login"], "manager2")
    ]
    assert len(office.outbox(claims["200.00"])) == 1


def first(office: Office) -> str:
    return office.database.catalog.directions["paidService"].first_stage.code


def test_deals_go_to_people_of_the_direction_only(office: Office, claims: dict[str, str]) -> None:
    body: dict[str, Any] = {
        "deals": [{"id": claims["200.00"], "version": 1}],
        "manager": "lawyer1",
    }

    refused = office.person("salesHead").post("/deals/reassign", body).json()
    forbidden = office.person(claims["login"]).post("/deals/reassign", body)

    assert "менеджера этого направления" in refused["items"][0]["reason"]
    assert forbidden.status_code == 403
    for bad in ({**body, "deals": []}, {**body, "deals": body["deals"] * 101}):
        assert office.person("salesHead").post("/deals/reassign", bad).status_code == 422


def test_saved_filters_are_ones_own_and_replaced_by_name(office: Office) -> None:
    office.engine.people["saver1"] = frozenset({"salesManagers"})
    saver, other = office.person("saver1"), office.person("manager2")
    saver.post("/saved-views", {"name": "Крупные", "query": {"sort": "amount"}})

    view = saver.post("/saved-views", {"name": "Крупные", "query": {"sort": "waiting"}}).json()

    assert saver.get("/saved-views").json()["items"] == [
        {"id": view["id"], "name": "Крупные", "query": {"sort": "waiting"}}
    ]
    assert view["id"] not in {one["id"] for one in other.get("/saved-views").json()["items"]}
    assert other.http.delete(f"/api/v1/saved-views/{view['id']}").status_code == 204
    assert len(saver.get("/saved-views").json()["items"]) == 1
    assert saver.http.delete(f"/api/v1/saved-views/{view['id']}").status_code == 204
    assert saver.get("/saved-views").json()["items"] == []
    bad = saver.post("/saved-views", {"name": "x", "query": {"color": "red"}})
    assert bad.status_code == 422


def test_a_person_saves_fifty_filters_at_most(office: Office) -> None:
    office.engine.people["saver2"] = frozenset({"salesManagers"})
    saver = office.person("saver2")

    statuses = [
        saver.post("/saved-views", {"name": f"Отбор {n}", "query": {}}).status_code
        for n in range(51)
    ]

    assert statuses == [201] * 50 + [409]
    replaced = saver.post("/saved-views", {"name": "Отбор 1", "query": {}})
    assert replaced.status_code == 201
