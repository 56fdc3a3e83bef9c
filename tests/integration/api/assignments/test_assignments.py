"""Assignee preview, absences, review and reassignment of open tasks."""

import uuid
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from db.domain.clock import BUSINESS_ZONE, today
from db.domain.shipping.delivery import DIRECTION
from tests.integration.api.conftest import Office
from tests.integration.api.engine_stand_in import StandInTask
from tests.support.builders import a_deal, ready_values

KEY = "Task_EnterOnecContract"
ITEM = {"branch": "Тула", "route": "branchTransfer", "onward": "pickup"}
OPERATOR = "onecOperators"


@pytest.fixture
def office(office: Office) -> Iterator[Office]:
    """An application without absences."""
    office.engine.people["gone1"] = frozenset()
    yield office
    for row in office.person("admin1").get("/absences").json()["items"]:
        office.person("admin1").post(f"/absences/{row['id']}/cancel")


def a_direction(office: Office, **people: str | None) -> str:
    code = f"test{uuid.uuid4().hex[:8]}"
    name_people(office, code, **people)
    return code


def name_people(office: Office, code: str, **people: str | None) -> None:
    body = {"name": "Тула, через филиал", "attributes": {**ITEM, **people}}
    admin, place = office.person("admin1"), f"/lists/shippingDirections/items/{code}"
    is_new = admin.get(place).status_code == 404
    answer = admin.put(place, body, headers={} if is_new else admin.seen(place))
    assert answer.status_code in (200, 201), answer.text


def a_task(office: Office, direction: str, assignee: str | None, **given: Any) -> StandInTask:
    """An open task of a new deal with this shipping direction."""
    deal_id = office.keep(
        a_deal(stage="termsApproval", values=ready_values(**{DIRECTION: direction}))
    )
    known = {"process": "new-client-approval", "groups": ("portalAdmins",), **given}
    task = StandInTask(
        f"task-{deal_id}", KEY, deal_id, assignee, name="Завести контрагента", **known
    )
    office.engine.tasks.append(task)
    return task


def away(office: Office, person: str, substitute: str | None = None, **given: Any) -> Any:
    body = {
        "person": person,
        "substitute": substitute,
        "firstDay": today().isoformat(),
        "lastDay": (today() + timedelta(days=7)).isoformat(),
        **given,
    }
    return office.person("admin1").post("/absences", body)


def would_get(office: Office, code: str, login: str = "manager1", **query: str) -> dict[str, Any]:
    place = f"/lists/shippingDirections/items/{code}/assignees"
    answer = office.person(login).get(place, params=query)
    assert answer.status_code == 200, answer.text
    return {row["attribute"]: row for row in answer.json()["items"]}


def review(office: Office, **query: str) -> list[dict[str, Any]]:
    return list(office.person("admin1").get("/assignments/review", params=query).json()["items"])


def reassign(office: Office, **body: Any) -> list[tuple[str, str | None]]:
    answer = office.person("admin1").post("/assignments/reassign", body)
    assert answer.status_code == 200, answer.text
    return [
        (row["outcome"], row["person"] and row["person"]["login"]) for row in answer.json()["items"]
    ]


def assignments(office: Office, deal_id: str) -> list[tuple[Any, Any]]:
    rows = office.history(deal_id)
    return [(old, new) for kind, _, old, new in rows if kind == "assignment"]


def test_the_preview_tells_who_gets_a_task_and_why(office: Office) -> None:
    code = a_direction(office, operator="onec1", storekeeper="store1")
    away(office, "onec1", "onec2")

    now = would_get(office, code)
    later = would_get(office, code, on=(date.today() + timedelta(days=30)).isoformat())

    assert (now["operator"]["named"]["login"], now["operator"]["person"]["login"]) == (
        "onec1",
        "onec2",
    )
    assert now["operator"]["text"].startswith("замещение: Имя onec1 в отъезде до ")
    assert later["operator"]["text"] == "назначен"
    assert (now["receiver"]["person"], now["receiver"]["at"]) == (None, "receiver")
    assert now["driver"]["group"]["code"] == "dispatchers"
    assert now["driver"]["text"] == "не назначен"


@pytest.fixture
def evening(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """21:00 in Moscow: in Novosibirsk it is 1:00 of the next day."""
    evening = datetime.combine(today() + timedelta(days=30), time(21), BUSINESS_ZONE)
    monkeypatch.setattr("api.assignments.reassignment.now", lambda: evening)
    monkeypatch.setattr("api.assignments.routes.now", lambda: evening)
    return evening


@pytest.mark.parametrize(("branch", "gets"), [("Новосибирск", "onec2"), ("Москва", "onec1")])
def test_a_leave_begins_when_the_day_begins_at_the_branch(
    office: Office, evening: datetime, branch: str, gets: str
) -> None:
    code = a_direction(office, branch=branch, operator="onec1")
    task = a_task(office, code, "onec3")
    tomorrow = (evening.date() + timedelta(days=1)).isoformat()
    assert away(office, "onec1", "onec2", firstDay=tomorrow, lastDay=tomorrow).status_code == 201

    previewed = would_get(office, code)["operator"]["person"]["login"]
    (listed,) = review(office, direction=code)
    moved = reassign(office, direction=code, role=OPERATOR)

    assert (previewed, listed["wouldBe"]["login"], task.assignee) == (gets, gets, gets)
    assert moved == [("done", gets)]


def test_absences_are_read_by_all_and_cancelled_once(office: Office) -> None:
    added = away(office, "onec1", "onec2", reason="Отпуск").json()
    seen = office.person("driver1").get("/absences").json()["items"]

    place = f"/absences/{added['id']}/cancel"
    first, again = (office.person("admin1").post(place).json() for _ in range(2))

    assert added["inForce"] is True
    assert added["id"] in {row["id"] for row in seen}
    assert first == again
    assert (first["inForce"], first["cancelledBy"]["login"]) == (False, "admin1")
    assert office.person("admin1").post("/absences/unknown/cancel").status_code == 404


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"person": "nobody"}, "person"),
        ({"person": "svcApi"}, "person"),
        ({"substitute": "onec1"}, "substitute"),
        ({"lastDay": "2020-01-01", "firstDay": "2019-01-01"}, "lastDay"),
        ({"lastDay": "2020-01-01"}, "lastDay"),
        ({"firstDay": "23.11.2026"}, "body.firstDay"),
        ({"firstDay": 1}, "body.firstDay"),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused(office: Office, given: Any, field: str) -> None:
    answer = away(office, **{"person": "onec1", **given})

    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]


def test_nobody_is_away_twice_at_once(office: Office) -> None:
    away(office, "onec1")

    assert away(office, "onec1").status_code == 422
    assert away(office, "onec2").status_code == 201


def test_active_people_of_a_role_are_there_to_choose_from(office: Office) -> None:
    people = office.person("manager1").get(f"/roles/{OPERATOR}/people").json()["items"]

    assert [one["login"] for one in people] == ["onec1", "onec2", "onec3"]
    assert office.person("manager1").get("/roles/noSuchRole/people").status_code == 404


def test_a_changed_operator_keeps_the_open_task_until_the_administrator_moves_it(
    office: Office,
) -> None:
    code = a_direction(office, operator="onec1")
    task = a_task(office, code, "onec1")
    before = review(office, direction=code)
    name_people(office, code, operator="onec2")

    (listed,) = review(office, direction=code)
    kept = task.assignee
    moved = reassign(office, tasks=[{"id": task.id, "to": "onec2", "seen": "onec1"}])
    again = reassign(office, tasks=[{"id": task.id, "to": "onec2", "seen": "onec1"}])

    assert (before, kept) == ([], "onec1")
    assert (listed["now"]["login"], listed["wouldBe"]["login"], listed["why"]) == (
        "onec1",
        "onec2",
        "назначен",
    )
    assert moved == again == [("done", "onec2")]
    assert task.assignee == "onec2"
    assert assignments(office, task.deal) == [("onec1", "onec2")]
    assert review(office, direction=code) == []
    with office.reading() as store:
        told = [one.text for one in store.notifications.of("onec2") if one.deal_id == task.deal]
    assert "Вам передана задача «Завести контрагента»" in told[0]


def test_all_tasks_of_a_direction_move_at_once_and_others_stay(office: Office) -> None:
    code, other = a_direction(office, operator="onec2"), a_direction(office, operator="onec3")
    tasks = [a_task(office, code, "onec1") for _ in range(3)]
    foreign = a_task(office, other, "onec1")

    moved = reassign(office, direction=code, role=OPERATOR)
    again = reassign(office, direction=code, role=OPERATOR)

    assert moved == [("done", "onec2")] * 3
    assert again == []
    assert {task.assignee for task in tasks} == {"onec2"}
    assert foreign.assignee == "onec1"


def test_a_task_goes_back_to_the_group_and_whoever_takes_it_keeps_it(office: Office) -> None:
    code = a_direction(office, operator=None)
    task = a_task(office, code, "onec1")

    back = reassign(office, tasks=[{"id": task.id, "to": None}])
    free = (task.assignee, task.groups)
    task.assignee = "onec3"

    assert back == [("done", None)]
    assert free == (None, ("portalAdmins", OPERATOR))
    assert review(office, direction=code) == []


def test_a_dismissed_persons_tasks_are_in_the_review(office: Office) -> None:
    code = a_direction(office, operator="onec1")
    office.engine.people["onec1"] = frozenset()
    a_task(office, code, "onec1")

    (listed,) = review(office, direction=code)

    assert (listed["wouldBe"], listed["why"]) == (None, "Имя onec1: уволен или не в роли")


def test_each_task_has_an_outcome_of_its_own(office: Office) -> None:
    code = a_direction(office, operator="onec2")
    good, taken = a_task(office, code, "onec1"), a_task(office, code, "onec3")
    manual = a_task(office, code, "manager1", process="new-client")
    ids = [good.id, taken.id, manual.id, "no-such-task"]
    by_rule = [{"id": task_id, "seen": "onec1"} for task_id in ids]

    outcomes = reassign(office, tasks=[*by_rule, {"id": good.id, "to": "store1"}])

    assert outcomes == [
        ("done", "onec2"),
        ("changed", None),
        ("refused", "manager1"),
        ("changed", None),
        ("refused", "onec2"),
    ]
    assert assignments(office, taken.deal) == []


@pytest.mark.parametrize("body", [{}, {"tasks": []}, {"tasks": [{"id": "t"}], "role": OPERATOR}])
def test_what_to_reassign_is_said_in_one_way(office: Office, body: dict[str, Any]) -> None:
    assert office.person("admin1").post("/assignments/reassign", body).status_code == 422


def test_the_history_of_a_deal_names_both_people(office: Office) -> None:
    code = a_direction(office, operator="onec2")
    task = a_task(office, code, "onec1")
    reassign(office, tasks=[{"id": task.id}])

    rows = office.person("admin1").get(f"/deals/{task.deal}/history").json()["items"]

    (row,) = [row for row in rows if row["kind"] == "assignment"]
    assert (row["label"], row["oldText"], row["newText"]) == (
        "Исполнитель задачи",
        "Имя onec1",
        "Имя onec2",
    )
    assert row["actor"]["login"] == "admin1"


def test_a_repeated_request_moves_nothing_that_moved_on_since(office: Office) -> None:
    code = a_direction(office, operator="onec2")
    task = a_task(office, code, "onec1")
    key = {"Idempotency-Key": uuid.uuid4().hex}
    body, admin = {"tasks": [{"id": task.id}]}, office.person("admin1")

    first = admin.post("/assignments/reassign", body, headers=key)
    task.assignee = "onec3"
    again = admin.post("/assignments/reassign", body, headers=key)

    assert first.json() == again.json()
    assert task.assignee == "onec3"


def test_nobody_is_missed_where_the_route_needs_nobody(office: Office) -> None:
    pickup = a_direction(office, operator="onec1", storekeeper="store1", route="pickup")
    driven = a_direction(office, operator="onec1", storekeeper="store1", route="ownDelivery")

    missed = {
        code: [name for name, row in would_get(office, code).items() if row["alerts"]]
        for code in (pickup, driven)
    }

    assert missed == {pickup: [], driven: ["driver"]}
