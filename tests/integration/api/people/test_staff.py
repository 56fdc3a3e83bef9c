"""Accounts of employees: created, changed, deactivated and given new passwords over HTTP."""

import logging
import re
import uuid
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from api.people.staff import new_password
from bpmn.camunda.client.records import Person
from tests.integration.api.conftest import Office

POLICY = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])(?=.*[-!?]).{10,}")


def body(**given: Any) -> dict[str, Any]:
    return {
        "firstName": "Пётр",
        "lastName": "Новиков",
        "email": "novikov@example.ru",
        "roles": ["drivers"],
        **given,
    }


def a_login() -> str:
    return f"n{uuid.uuid4().hex[:8]}"


def added(office: Office, **given: Any) -> tuple[str, str]:
    """Add an employee. Returns: login and password."""
    login = a_login()
    answer = office.person("admin1").post("/people", body(login=login, **given))
    assert answer.status_code == 201, answer.text
    return login, answer.json()["password"]


def status(office: Office, login: str, password: str) -> int:
    address = f"{office.url}/api/v1/me"
    return httpx2.get(address, auth=(login, password), timeout=30).status_code


def listed(office: Office, login: str) -> dict[str, Any]:
    items = office.person("admin1").get("/people").json()["items"]
    (found,) = [one for one in items if one["login"] == login]
    return dict(found)


def test_a_new_employee_logs_in_with_the_roles(office: Office) -> None:
    login, password = added(office, roles=["drivers", "storekeepers"])

    assert POLICY.fullmatch(password)
    assert office.engine.passwords[login] == password
    assert status(office, login, password) == 200
    found = listed(office, login)
    assert found["name"] == "Пётр Новиков"
    assert found["email"] == "novikov@example.ru"
    assert [role["code"] for role in found["roles"]] == ["storekeepers", "drivers"]


def test_everybody_sees_the_name_of_a_new_employee_and_a_changed_name_at_once(
    office: Office,
) -> None:
    office.person("admin1").get("/me")  # names are known, and kept for a minute

    login, password = added(office)
    with httpx2.Client(base_url=f"{office.url}/api/v1", auth=(login, password)) as newcomer:
        first = newcomer.get("/me").json()["name"]
        office.person("admin1").put(f"/people/{login}", body(lastName="Иной"))
        second = newcomer.get("/me").json()["name"]

    assert (first, second) == ("Пётр Новиков", "Пётр Иной")


def test_a_login_is_taken_once_whatever_its_letters(office: Office) -> None:
    login, password = added(office)

    again = office.person("admin1").post("/people", body(login=login.upper()))

    assert again.status_code == 422
    assert [one["field"] for one in again.json()["errors"]] == ["login"]
    assert office.engine.passwords[login] == password


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"roles": ["kings"]}, "roles"),
        ({"login": "svcOther"}, "login"),
        ({"email": "nowhere"}, "body.email"),
        ({"roles": []}, "body.roles"),
        ({"firstName": "  "}, "body.firstName"),
        ({"login": "Пётр"}, "body.login"),
    ],
)
def test_a_wrong_value_is_refused_at_its_field(
    office: Office, given: dict[str, Any], field: str
) -> None:
    answer = office.person("admin1").post("/people", body(**{"login": a_login(), **given}))

    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_roles_are_set_as_they_shall_be_and_a_repeat_changes_nothing(office: Office) -> None:
    login, password = added(office)
    admin, wanted = office.person("admin1"), body(lastName="Иной", roles=["lawyers"])
    office.engine.people[login] |= {"strangers"}  # a group that is no role stays

    first = admin.put(f"/people/{login}", wanted)
    asked = len(office.engine.asked)
    second = admin.put(f"/people/{login}", wanted)

    assert (first.status_code, second.json()) == (200, first.json())
    changes = [one for one in office.engine.asked[asked:] if one.startswith(("PUT", "DELETE"))]
    assert changes == []
    assert office.engine.people[login] == {"lawyers", "strangers"}
    assert status(office, login, password) == 200
    assert listed(office, login)["name"] == "Пётр Иной"


def test_whoever_is_deactivated_cannot_log_in_any_more(office: Office) -> None:
    login, password = added(office)
    assert status(office, login, password) == 200

    answers = [office.person("admin1").post(f"/people/{login}/deactivate") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert status(office, login, password) == 401
    assert office.engine.people[login] == frozenset()
    assert listed(office, login)["roles"] == []


def test_a_new_password_replaces_the_old_one(office: Office) -> None:
    login, old = added(office)
    assert status(office, login, old) == 200

    new = office.person("admin1").post(f"/people/{login}/password").json()["password"]

    assert new != old
    assert status(office, login, old) == 401
    assert status(office, login, new) == 200


def test_a_password_is_neither_logged_nor_stored(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    login, first = added(office)
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    answer = office.person("admin1").post(f"/people/{login}/password", headers=headers)
    second = answer.json()["password"]

    assert answer.headers["Cache-Control"] == "no-store"
    for password in (first, second):
        assert password not in caplog.text
    with office.database.reading() as store:
        session = store._session
        stored = [
            str(row)
            for table in ("idempotency", "notifications", "mails")
            for row in session.execute(text(f"SELECT * FROM {table}"))
        ]
    assert any(login in row for row in stored)  # the administrators are told
    assert not any(password in row for password in (first, second) for row in stored)


def test_an_administrator_keeps_the_own_role(office: Office) -> None:
    admin = office.person("admin1")

    answers = [
        admin.put("/people/admin1", body(roles=["drivers"])),
        admin.post("/people/admin1/deactivate"),
    ]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert "portalAdmins" in office.engine.people["admin1"]


@pytest.mark.parametrize("group", ["camunda-admin", "operaton-admin"])
def test_administrators_of_the_engine_are_left_alone(office: Office, group: str) -> None:
    login = a_login()
    office.engine.people[login] = frozenset({group, "portalAdmins"})
    admin = office.person("admin1")

    answers = [
        admin.put(f"/people/{login}", body()),
        admin.post(f"/people/{login}/deactivate"),
        admin.post(f"/people/{login}/password"),
    ]

    assert [answer.status_code for answer in answers] == [409] * 3
    assert login not in office.engine.passwords
    assert listed(office, login)["isProtected"] is True


@pytest.mark.parametrize("login", ["svcApi", "nobodyAtAll"])
def test_accounts_of_programs_are_not_found(office: Office, login: str) -> None:
    office.engine.people["svcApi"] = frozenset()

    answer = office.person("admin1").post(f"/people/{login}/password")

    assert answer.status_code == 404
    assert "svcApi" not in office.person("admin1").get("/people").text


def test_a_password_fits_the_policy_and_holds_no_name() -> None:
    person = Person("a", "В", "k", "x@y.ru")

    passwords = {new_password(person) for _ in range(200)}

    assert len(passwords) == 200
    assert all(POLICY.fullmatch(one) for one in passwords)
    assert not any(set("aAkK") & set(one) for one in passwords)
