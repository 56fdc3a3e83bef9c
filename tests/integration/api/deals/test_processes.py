"""Processes of a deal: the list, the marked diagram, who may see them, how much is asked for."""

from typing import Any
from xml.etree import ElementTree

import pytest

from tests.integration.api.conftest import Office
from tests.integration.api.engine_stand_in import StandInTask

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True, scope="session")
"""The history is the engine's: the database does not matter."""


def visit(activity: str, kind: str, start: int, end: int | None, **more: Any) -> dict[str, Any]:
    """A row of the engine's history of activities, from one minute to another."""
    return {
        "activityId": activity,
        "activityType": kind,
        "activityName": activity,
        "startTime": f"2026-11-23T12:{start:02}:00.000+0300",
        "endTime": None if end is None else f"2026-11-23T12:{end:02}:00.000+0300",
        "canceled": False,
        "assignee": None,
        "calledProcessInstanceId": None,
        **more,
    }


def with_history(office: Office, deal_id: str) -> tuple[str, str]:
    """A deal at approval. Returns: its main instance and the called one."""
    main, called = f"instance-{deal_id}", f"called-{deal_id}"
    office.engine.visits[main] = [
        visit("StartEvent_DealCreated", "startEvent", 0, 0),
        visit("Task_RegisterProcess", "serviceTask", 0, 1),
        visit("Task_CollectDocuments", "userTask", 1, 9, assignee="manager1"),
        visit("Task_ApproveTerms", "callActivity", 9, None, calledProcessInstanceId=called),
    ]
    office.engine.called[called] = ("new-client-approval", deal_id)
    office.engine.visits[called] = [visit("Task_ReviewTerms", "userTask", 9, None)]
    return main, called


def test_the_list_names_the_processes_of_the_deal(office: Office) -> None:
    deal_id, other = office.a_deal(), office.a_deal()
    main, called = with_history(office, deal_id)
    with_history(office, other)

    items = office.person("manager1").get(f"/deals/{deal_id}/processes").json()["items"]

    assert [(one["id"], one["name"], one["state"], one["callerId"]) for one in items] == [
        (main, "Новый клиент", "running", None),
        (called, "Согласование нового клиента", "running", main),
    ]


def test_the_picture_shows_the_position_and_the_steps(office: Office) -> None:
    deal_id = office.a_deal()
    main, called = with_history(office, deal_id)

    found = office.person("manager1").get(f"/deals/{deal_id}/processes/{main}").json()

    drawing = ElementTree.fromstring(found["svg"])
    halos = {e.get("fill"): e for e in drawing.iter() if e.get("fill-opacity")}
    assert set(halos) == {"#b4540a", "#1d7a3e"}
    steps = [(one["name"], one["person"], one["endedAt"] is None) for one in found["steps"]]
    assert steps == [
        ("Связать процесс со сделкой", None, False),
        ("Собрать документы", {"login": "manager1", "name": "Имя manager1"}, False),
        ("Согласовать условия", None, True),
    ]
    assert found["steps"][-1]["calledId"] == called
    assert found["complete"] is True


def test_a_long_process_says_that_only_the_last_steps_are_shown(office: Office) -> None:
    deal_id = office.a_deal()
    main = f"instance-{deal_id}"
    office.engine.visits[main] = [
        visit("Task_CollectDocuments", "userTask", number % 60, number % 60, assignee=f"m{number}")
        for number in range(501)
    ]

    found = office.person("manager1").get(f"/deals/{deal_id}/processes/{main}").json()

    assert [one["person"]["login"] for one in found["steps"]][::499] == ["m1", "m500"]
    assert found["complete"] is False


def test_the_engine_is_asked_a_constant_number_of_times(office: Office) -> None:
    deal_id = office.a_deal()
    main, _ = with_history(office, deal_id)
    manager = office.person("manager1")
    manager.get(f"/deals/{deal_id}/processes/{main}")
    office.engine.asked.clear()

    manager.get(f"/deals/{deal_id}/processes")
    manager.get(f"/deals/{deal_id}/processes/{main}")

    history = [call for call in office.engine.asked if "/history/" in call or "/xml" in call]
    assert len(history) == 3


def test_strangers_and_foreign_instances_are_not_found(office: Office) -> None:
    deal_id, other = office.a_deal(), office.a_deal()
    main, _ = with_history(office, deal_id)
    foreign, _ = with_history(office, other)
    manager = office.person("manager1")

    assert office.person("manager2").get(f"/deals/{deal_id}/processes").status_code == 404
    assert office.person("manager2").get(f"/deals/{deal_id}/processes/{main}").status_code == 404
    answer = manager.get(f"/deals/{deal_id}/processes/{foreign}")
    assert (answer.status_code, answer.json()["code"]) == (404, "PROCESS_NOT_FOUND")


def test_without_the_engine_it_says_so_in_words(office: Office) -> None:
    deal_id = office.a_deal()
    office.person("manager1").get("/me")
    office.engine.down = True
    try:
        answer = office.person("manager1").get(f"/deals/{deal_id}/processes")
    finally:
        office.engine.down = False

    assert answer.status_code == 503
    assert "повторите через минуту" in answer.json()["detail"]


def test_whoever_has_a_task_of_the_deal_sees_them(office: Office) -> None:
    deal_id = office.a_deal()
    with_history(office, deal_id)
    assert office.person("lawyer1").get(f"/deals/{deal_id}/processes").status_code == 404
    task = StandInTask(f"see-{deal_id}", "Task_ReviewAsLawyer", deal_id, "lawyer1")

    office.engine.tasks.append(task)

    assert office.person("lawyer1").get(f"/deals/{deal_id}/processes").status_code == 200
    office.engine.tasks.remove(task)
