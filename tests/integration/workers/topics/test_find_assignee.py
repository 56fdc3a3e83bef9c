"""Topic find-assignee with a database: lists, absences, substitutes, both branches."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from db.domain.deals.history import Actor, Cause
from db.domain.people.absences import Absence
from tests.support.builders import a_deal, ready_values
from tests.support.fakes.ports import FakePeople, Office, a_task, an_office
from workers.ports.employees import Employee
from workers.topics.lifecycle import find_assignee

FIND = find_assignee.TOPIC


ROLE = "onecOperators"


DAY = date(2026, 11, 23)


ADMIN = Employee("portal1", "Кирилл Портнов")


def away(person: str, substitute: str | None = None, **given: Any) -> Absence:
    known = Absence(
        id=f"away-{person}",
        person=person,
        substitute=substitute,
        first_day=DAY,
        last_day=date(2026, 11, 30),
        reason="отпуск",
        created_by="portal1",
        created_at=datetime(2026, 11, 20, tzinfo=UTC),
    )
    return replace(known, **given)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    people = {
        role: [Employee(login, login) for login in logins]
        for role, logins in {
            ROLE: ("olga", "dina"),
            "storekeepers": ("stepan", "rustam"),
            "drivers": ("semen", "marat"),
        }.items()
    }
    with an_office(tmp_path, people=FakePeople({**people, "portalAdmins": [ADMIN]})) as office:
        name(office, "moscowTransport", operator="olga", driver="semen")
        name(office, "kazanTransport", operator="dina")
        name(office, "moscowKazan", storekeeper="stepan", receiver="rustam")
        yield office


def name(office: Office, item: str, **attributes: str | None) -> None:
    with office.database.writing() as store:
        known = store.lists.item("shippingDirections", item)
        changed = replace(known, attributes={**known.attributes, **attributes})
        store.lists.put("shippingDirections", changed, Actor("portal1", Cause.API))


def keep(office: Office, **values: object) -> str:
    return office.keep(a_deal(stage="termsApproval", values=ready_values(**values)))


def found(office: Office, deal_id: str, role: str, at: str = "source") -> tuple[str | None, str]:
    task = a_task(deal_id, id=f"{deal_id}-{role}-{at}-{uuid.uuid4()}", role=role, at=at)
    result = office.done(FIND, task)
    return result["assignee"], result["assigneeGroup"]


def alerts(office: Office) -> list[tuple[str, str]]:
    with office.database.reading() as store:
        return [(one.key, one.text) for one in store.notifications.of(ADMIN.login)]


def test_two_directions_have_two_operators_and_each_gets_only_their_own(office: Office) -> None:
    moscow, kazan = keep(office), keep(office, shippingDirection="kazanTransport")

    assert found(office, moscow, ROLE) == ("olga", "portalAdmins")
    assert found(office, kazan, ROLE) == ("dina", "portalAdmins")


def test_the_next_task_goes_to_whoever_the_list_names_now(office: Office) -> None:
    deal_id = keep(office)
    before = found(office, deal_id, ROLE)
    name(office, "moscowTransport", operator="dina", validTo="2020-01-01")

    assert (before[0], found(office, deal_id, ROLE)[0]) == ("olga", "dina")


def test_a_substitute_works_on_the_branchs_own_day(office: Office) -> None:
    deal_id = keep(office)
    with office.database.writing() as store:
        store.absences.add(away("olga", "dina", first_day=date.min, last_day=date.max))

    assert found(office, deal_id, ROLE)[0] == "dina"
    assert alerts(office) == []


def test_both_ends_of_a_transfer(office: Office) -> None:
    deal_id = keep(office, shippingDirection="moscowKazan")

    assert found(office, deal_id, "storekeepers", "source")[0] == "stepan"
    assert found(office, deal_id, "storekeepers", "receiver")[0] == "rustam"


@pytest.mark.parametrize(
    ("values", "expected", "alerted"),
    [
        ({}, ("semen", "portalAdmins"), False),
        ({"driver": "marat"}, ("marat", "portalAdmins"), False),
        ({"carrierDriver": "Иванов, А123ВС"}, (None, "dispatchers"), False),
        ({"driver": "marat", "carrierDriver": "Иванов"}, ("marat", "portalAdmins"), False),
        ({"driver": "dismissed"}, (None, "drivers"), True),
        ({"shippingDirection": "kazanTransport"}, (None, "dispatchers"), True),
    ],
)
def test_who_drives(office: Office, values: Any, expected: Any, alerted: bool) -> None:
    deal_id = keep(office, **values)

    assert found(office, deal_id, "drivers") == expected
    assert bool(alerts(office)) is alerted


def test_the_administrator_hears_once_per_end_and_why(office: Office) -> None:
    name(office, "moscowKazan", receiver="dismissed", storekeeper=None)
    deal_id = keep(office, shippingDirection="moscowKazan")

    for _ in range(2):
        found(office, deal_id, "storekeepers", "source")
        found(office, deal_id, "storekeepers", "receiver")

    told = dict(alerts(office))
    assert set(told) == {"move-0:nobody:storekeepers", "move-0:nobody:storekeepers:receiver"}
    assert "dismissed: уволен или не в роли" in told["move-0:nobody:storekeepers:receiver"]


def test_an_instance_begun_before_the_two_ends_means_the_branch_that_ships(office: Office) -> None:
    deal_id = keep(office)

    assert office.done(FIND, a_task(deal_id, role=ROLE))["assignee"] == "olga"


@pytest.mark.parametrize(
    ("place", "equipment", "engineer"),
    [
        ("moscow", "chainsaw", "ruslan"),
        ("moscow", "drill", "andrey"),
        ("kazan", "chainsaw", "timur"),
        ("ekaterinburg", "drill", None),
        (None, None, None),
    ],
)
def test_an_engineer_is_found_by_workshop_and_type_of_equipment(
    office: Office, place: str | None, equipment: str | None, engineer: str | None
) -> None:
    named_engineers(office)
    values = {"servicePlace": place, "equipmentType": equipment}
    deal_id = a_repair(office, **values)

    person, group = found(office, deal_id, "serviceEngineers")

    assert person == engineer
    assert group == ("portalAdmins" if engineer else "serviceEngineers")
    told = [text for _, text in alerts(office)]
    assert bool(told) is (engineer is None)
    assert all("«Сервисные инженеры»" in text for text in told)


def test_the_substitute_of_an_engineer_gets_the_repair(office: Office) -> None:
    named_engineers(office)
    with office.database.writing() as store:
        store.absences.add(away("ruslan", "andrey"))
    deal_id = a_repair(office, servicePlace="moscow", equipmentType="chainsaw")

    assert found(office, deal_id, "serviceEngineers") == ("andrey", "portalAdmins")


def named_engineers(office: Office) -> None:
    people = ("andrey", "ruslan", "timur")
    office.people.roles["serviceEngineers"] = [Employee(login, login) for login in people]
    named = {"moscow": "andrey", "moscowChainsaws": "ruslan", "kazan": "timur"}
    with office.database.writing() as store:
        for item, engineer in named.items():
            known = store.lists.item("serviceEngineers", item)
            changed = replace(known, attributes={**known.attributes, "engineer": engineer})
            store.lists.put("serviceEngineers", changed, Actor("portal1", Cause.API))


def a_repair(office: Office, **values: str | None) -> str:
    given = {code: value for code, value in values.items() if value is not None}
    return office.keep(
        a_deal(direction="paidService", stage="diagnostics", stage_since=FRIDAY, values=given)
    )


FRIDAY = datetime(2026, 11, 27, 9, tzinfo=UTC)
