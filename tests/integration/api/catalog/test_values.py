"""Choice values of all fields of a direction in one response."""

from db.domain.catalog import ListItem
from db.domain.deals.history import Actor, Cause
from tests.integration.api.conftest import Office

ADMIN = Actor("admin1", Cause.API)


def test_the_values_are_those_of_the_lists_and_roles_of_the_fields(office: Office) -> None:
    with office.database.writing() as store:
        store.lists.put("brands", ListItem("goneBrand", "Ушедшая", active=False), ADMIN)
    caller = office.person("manager1")
    found = caller.get("/directions/newClients/values").json()

    catalog = office.database.catalog
    fields = [catalog.fields[code] for code in catalog.directions["newClients"].fields]
    assert set(found["lists"]) == {field.list for field in fields if field.list}
    assert set(found["people"]) == {field.role for field in fields if field.role}
    for code, items in found["lists"].items():
        listed = caller.get(f"/lists/{code}").json()["items"]
        assert items == [
            {"code": one["code"], "name": one["name"]} for one in listed if one["active"]
        ]
    assert "goneBrand" not in {item["code"] for item in found["lists"]["brands"]}
    for role, people in found["people"].items():
        assert people == caller.get(f"/roles/{role}/people").json()["items"]


def test_a_direction_that_is_not_there_is_named(office: Office) -> None:
    answer = office.person("manager1").get("/directions/nowhere/values")

    assert answer.status_code == 404
    assert answer.json()["code"] == "DIRECTION_NOT_FOUND"
    assert "Выберите направление" in answer.json()["detail"]
