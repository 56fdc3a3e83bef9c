"""Load per person, overdue tasks, and handing over the work of somebody who leaves."""

import uuid
from typing import Any

import pytest

from tests.integration.api.conftest import Office
from tests.integration.api.engine_stand_in import StandInTask
from tests.integration.api.tasks.test_queue import APPROVAL, CHECK, WORK, at
from tests.support.builders import a_deal

WHY = "Увольняется"


def somebody(office: Office, role: str | None = "salesManagers") -> str:
    """An employee of the test's own."""
    login = f"p{uuid.uuid4().hex[:8]}"
    office.engine.people[login] = frozenset({role} if role else ())
    return login


def led_by(office: Office, manager: str, count: int = 1, **given: Any) -> list[str]:
    return [office.keep(a_deal(manager=manager, **given)) for _ in range(count)]


def a_task(office: Office, deal: str, key: str = CHECK, **given: Any) -> StandInTask:
    process = "new-client" if key == WORK else APPROVAL
    task = StandInTask(f"t{uuid.uuid4().hex[:8]}", key, deal, process=process, **given)
    office.engine.tasks.append(task)
    return task


def load_of(office: Office, login: str, who: str = "salesHead") -> dict[str, Any] | None:
    people = office.person(who).get("/workload").json()["people"]
    return next((one for one in people if one["person"]["login"] == login), None)


def hand_over(office: Office, login: str, to: str, who: str = "salesHead") -> dict[str, Any]:
    answer = office.person(who).post(f"/people/{login}/handover", {"to": to, "reason": WHY})
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


def changes(office: Office, deal: str, kind: str) -> list[tuple[Any, Any]]:
    return [(old, new) for each, _, old, new in office.history(deal) if each == kind]


def test_the_load_counts_deals_tasks_and_what_is_late(office: Office) -> None:
    manager = somebody(office)
    first, second = led_by(office, manager, 2, values={"limit": "10.50"})
    late = a_task(office, first, WORK, assignee=manager, due=at(-1), name="Собрать документы")
    a_task(office, second, WORK, assignee=manager, due=at(5))
    a_task(office, second, groups=("lawyers",), due=at(-2))

    load = office.person("salesHead").get("/workload").json()

    own = load_of(office, manager)
    assert own is not None
    assert (own["deals"], own["amountText"]) == (2, "21\u00a0₽")
    assert (own["tasks"], own["overdue"]) == (2, 1)
    assert [role["code"] for role in own["roles"]] == ["salesManagers"]
    (lawyers,) = [one for one in load["groups"] if one["role"]["code"] == "lawyers"]
    assert (lawyers["tasks"], lawyers["overdue"]) == (1, 1)
    assert load["overdueCount"] == 2
    (shown,) = [one for one in load["overdue"] if one["id"] == late.id]
    assert (shown["deal"]["code"], shown["person"]["login"]) == (first, manager)


def test_a_head_sees_the_own_directions_only(office: Office) -> None:
    manager = somebody(office)
    (deal,) = led_by(office, manager)
    a_task(office, deal, WORK, assignee=manager, due=at(-1))

    assert load_of(office, manager, "serviceHead") is None
    assert load_of(office, manager, "admin1") is not None
    assert office.person("serviceHead").get("/workload").json()["overdueCount"] == 0


def test_an_absence_is_shown_at_the_load(office: Office) -> None:
    manager = somebody(office)
    absence = {"person": manager, "firstDay": "2020-01-01", "lastDay": "2199-12-31"}
    assert office.person("admin1").post("/absences", absence).status_code == 201

    own = load_of(office, manager)

    assert own is not None
    assert own["awayUntil"] == "2199-12-31"


def test_everything_of_a_person_goes_to_another_once(office: Office) -> None:
    leaver, heir = somebody(office), somebody(office)
    deals = led_by(office, leaver, 3)
    preview = office.person("salesHead").get(f"/people/{leaver}/handover?to={heir}").json()

    done = hand_over(office, leaver, heir)
    again = hand_over(office, leaver, heir)

    assert [(one["direction"]["code"], one["deals"], one["fits"]) for one in preview["deals"]] == [
        ("newClients", 3, True)
    ]
    assert (done["deals"], done["left"], done["refused"]) == (3, 0, [])
    assert (again["deals"], again["left"], again["refused"]) == (0, 0, [])
    for deal in deals:
        assert changes(office, deal, "manager") == [(leaver, heir)]
    told = office.person(heir).get("/notifications").json()["items"]
    assert [WHY in one["text"] for one in told] == [True]


def test_a_preview_changes_nothing(office: Office) -> None:
    leaver, heir = somebody(office), somebody(office)
    (deal,) = led_by(office, leaver)

    office.person("salesHead").get(f"/people/{leaver}/handover?to={heir}")

    assert changes(office, deal, "manager") == []


def test_deals_stay_where_the_role_does_not_fit(office: Office) -> None:
    leaver, lawyer = somebody(office), somebody(office, "lawyers")
    (deal,) = led_by(office, leaver)

    done = hand_over(office, leaver, lawyer)

    assert done["deals"] == 0
    assert "Менеджер по продажам" in done["refused"][0]
    assert changes(office, deal, "manager") == []


def test_tasks_go_to_the_heir_or_back_to_their_group(office: Office) -> None:
    leaver, lawyer, accountant = (
        somebody(office, role) for role in ("lawyers", "lawyers", "deputyChiefAccountants")
    )
    first, second = led_by(office, somebody(office), 2)
    fits = a_task(office, first, assignee=leaver, groups=("lawyers",))

    done = hand_over(office, leaver, lawyer, "admin1")

    assert (done["tasks"], done["returned"]) == (1, 0)
    assert fits.assignee == lawyer
    assert changes(office, first, "assignment") == [(leaver, {"person": lawyer, "reason": WHY})]

    other = a_task(office, second, assignee=leaver)
    back = hand_over(office, leaver, accountant, "admin1")

    assert (back["tasks"], back["returned"]) == (0, 1)
    assert (other.assignee, other.groups) == (None, ("lawyers",))
    assert hand_over(office, leaver, accountant, "admin1")["returned"] == 0


def test_a_head_leaves_tasks_of_other_departments_alone(office: Office) -> None:
    leaver, heir = somebody(office, "lawyers"), somebody(office, "lawyers")
    (deal,) = led_by(office, somebody(office))
    task = a_task(office, deal, assignee=leaver)

    done = hand_over(office, leaver, heir, "salesHead")

    assert (done["tasks"], task.assignee) == (0, leaver)


def test_the_managers_task_follows_its_deal(office: Office) -> None:
    leaver, heir = somebody(office), somebody(office)
    (deal,) = led_by(office, leaver)
    a_task(office, deal, WORK, assignee=leaver)

    done = hand_over(office, leaver, heir)

    assert (done["deals"], done["tasks"]) == (1, 0)
    assert changes(office, deal, "assignment") == []


def test_a_task_that_the_engine_refuses_leaves_no_record(office: Office) -> None:
    leaver, heir = somebody(office, "lawyers"), somebody(office, "lawyers")
    (deal,) = led_by(office, somebody(office))
    task = a_task(office, deal, assignee=leaver)
    office.engine.refuses_assignment = True

    done = hand_over(office, leaver, heir, "admin1")

    office.engine.refuses_assignment = False
    assert (done["tasks"], len(done["refused"])) == (0, 1)
    assert changes(office, deal, "assignment") == []
    assert hand_over(office, leaver, heir, "admin1")["tasks"] == 1
    assert task.assignee == heir


def test_the_work_of_somebody_who_has_no_role_any_more_is_handed_over(office: Office) -> None:
    leaver, heir = somebody(office), somebody(office)
    led_by(office, leaver, 2)
    office.engine.people[leaver] = frozenset()

    own = load_of(office, leaver)

    assert own is not None
    assert own["roles"] == []
    assert hand_over(office, leaver, heir)["deals"] == 2


@pytest.mark.parametrize("to", ["leaver", "nobodyKnown", "dismissed"])
def test_the_heir_must_be_another_person_who_works_here(office: Office, to: str) -> None:
    leaver, dismissed = somebody(office), somebody(office, None)
    known = {"leaver": leaver, "dismissed": dismissed}

    answer = office.person("salesHead").post(
        f"/people/{leaver}/handover", {"to": known.get(to, to), "reason": WHY}
    )

    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == ["to"]


def test_a_reason_is_needed(office: Office) -> None:
    answer = office.person("salesHead").post("/people/a1/handover", {"to": "b1", "reason": "  "})

    assert answer.status_code == 422


def test_the_preview_names_the_lists_that_name_the_person(office: Office) -> None:
    item = office.person("admin1").get("/lists/shippingDirections/items/moscowPickup").json()
    login = somebody(office, "storekeepers")
    body = {
        "name": item["name"],
        "active": True,
        "order": item["order"],
        "attributes": {**item["attributes"], "storekeeper": login},
    }
    seen = office.person("admin1").seen("/lists/shippingDirections/items/moscowPickup")
    place = "/lists/shippingDirections/items/moscowPickup"
    assert office.person("admin1").put(place, body, headers=seen).status_code == 200

    preview = office.person("admin1").get(f"/people/{login}/handover").json()

    assert preview["lists"] == [f"Направления отгрузки: {item['name']} (Кладовщик)"]
