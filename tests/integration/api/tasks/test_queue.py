"""The queue of a person: what waits, in which order, and handing tasks over."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from db.domain.approval.rounds import RoundState
from tests.integration.api.conftest import Office
from tests.integration.api.engine_stand_in import StandInTask
from tests.integration.api.tasks.test_tasks import a_round
from tests.support.builders import a_ready_deal

CHECK, REVIEW, PICK, WORK = (
    "Task_CheckClient",
    "Task_ReviewTerms",
    "Task_PickOrder",
    "Task_CollectDocuments",
)
APPROVAL = "new-client-approval"


def at(hours: float) -> str:
    when = datetime.now(UTC) + timedelta(hours=hours)
    return f"{when:%Y-%m-%dT%H:%M:%S}.000+0000"


def a_check(office: Office, hours: float = 24, **given: Any) -> StandInTask:
    """A lawyer's task of a deal of its own, due in some hours."""
    deal_id = office.keep(a_ready_deal())
    task = StandInTask(
        f"task-{uuid.uuid4().hex[:8]}",
        CHECK,
        deal_id,
        groups=("lawyers", "portalAdmins"),
        name="Проверить клиента",
        process=APPROVAL,
        due=at(hours),
        **given,
    )
    office.engine.tasks.append(task)
    return task


def colleague(office: Office, login: str, role: str) -> None:
    office.engine.people[login] = frozenset({role})


def history(office: Office, deal_id: str) -> list[tuple[str, Any, Any]]:
    return [
        (subject, old, new)
        for kind, subject, old, new in office.history(deal_id)
        if kind == "assignment"
    ]


def test_the_queue_shows_what_each_task_is_about_overdue_first(office: Office) -> None:
    later, late, mine = a_check(office, 48), a_check(office, -2), a_check(office, 1)
    mine.assignee = "lawyer1"
    a_round(office, mine.deal, 1, RoundState.REJECTED)
    a_round(office, mine.deal, 2, RoundState.OPEN)
    strangers = a_check(office, assignee="somebodyElse")

    queue = office.person("lawyer1").get("/tasks").json()

    assert [item["id"] for item in queue["items"]] == [late.id, mine.id, later.id]
    assert strangers.id not in str(queue)
    assert queue["counts"] == {"mine": 1, "group": 2, "overdue": 1}
    assert [item["overdue"] for item in queue["items"]] == [True, False, False]
    item = queue["items"][1]
    assert item["mine"] is True
    assert item["canReturn"] is True
    assert [role["code"] for role in item["groups"]] == ["lawyers"]
    deal = item["deal"]
    assert deal["id"] == mine.deal
    assert deal["client"] == "ООО «Садовый мир»"
    assert deal["direction"]["name"] == "Новые клиенты"
    assert deal["amount"] == "500\u00a0000\u00a0₽"
    assert deal["round"] == 2


@pytest.mark.parametrize("login", ["driver1", "manager2"])
def test_nobody_sees_the_tasks_of_others(office: Office, login: str) -> None:
    task = a_check(office, assignee="lawyer1")
    person = office.person(login)

    assert person.get("/tasks").json() == {
        "items": [],
        "counts": {"mine": 0, "group": 0, "overdue": 0},
    }
    for action in ("return", "delegate"):
        body = {"person": login, "reason": "Хочу себе"} if action == "delegate" else {}
        assert person.post(f"/tasks/{task.id}/{action}", body).status_code == 404
    assert person.get(f"/tasks/{task.id}/colleagues").status_code == 404
    assert task.assignee == "lawyer1"


def test_a_queue_costs_the_same_for_one_task_and_for_many(office: Office) -> None:
    statements: list[str] = []

    def note(_: object, __: object, statement: str, *rest: object) -> None:
        statements.append(statement)

    def cost() -> tuple[int, int]:
        found = []
        for _ in range(3):  # a login and the people's names are read anew now and then
            statements.clear()
            office.engine.asked.clear()
            assert office.person("lawyer1").get("/tasks").status_code == 200
            selects = sum(one.startswith("SELECT") for one in statements)
            found.append((selects, len(office.engine.asked)))
        return min(found)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        a_check(office, assignee="lawyer1")
        a_check(office)
        few = cost()
        for hours in range(20):
            a_check(office, hours, assignee="lawyer1" if hours % 2 else None)
        many = cost()
    finally:
        event.remove(Engine, "before_cursor_execute", note)

    assert many == few
    assert many[1] <= 4


def test_a_taken_task_is_given_back_to_its_group(office: Office) -> None:
    task = a_check(office, assignee="lawyer1")

    answers = [office.person("lawyer1").post(f"/tasks/{task.id}/return") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert task.assignee is None
    assert history(office, task.deal) == [(CHECK, "lawyer1", None)]


def test_a_task_of_the_manager_cannot_be_given_back(office: Office) -> None:
    deal_id = office.keep(a_ready_deal())
    office.engine.tasks = [StandInTask("task-work", WORK, deal_id, "manager1", ("salesHeads",))]

    answer = office.person("manager1").post("/tasks/task-work/return")

    assert answer.status_code == 409
    assert "Передайте её коллеге" in answer.json()["detail"]
    assert office.engine.tasks[0].assignee == "manager1"
    assert history(office, deal_id) == []


def test_a_task_is_given_to_a_colleague_with_the_reason_in_the_history(office: Office) -> None:
    task = a_check(office, assignee="lawyer1")
    colleague(office, "lawyer2", "lawyers")
    lawyer, place = office.person("lawyer1"), f"/tasks/{task.id}"
    body = {"person": "lawyer2", "reason": "Уезжаю к клиенту"}
    key = {"Idempotency-Key": uuid.uuid4().hex}

    known = lawyer.get(f"{place}/colleagues").json()["items"]
    answers = [lawyer.post(f"{place}/delegate", body, headers=key) for _ in range(2)]

    assert [(one["login"], one["role"]) for one in known] == [("lawyer2", "Юрист")]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert task.assignee == "lawyer2"
    new = {"person": "lawyer2", "reason": "Уезжаю к клиенту"}
    assert history(office, task.deal) == [(CHECK, "lawyer1", new)]
    told = office.person("lawyer2").get("/notifications").json()["items"]
    assert [one["text"] for one in told if one["dealId"] == task.deal] == [
        "Имя lawyer1 передаёт вам задачу «Проверить клиента»: Уезжаю к клиенту"
    ]
    rows = office.person("salesHead").get(f"/deals/{task.deal}/history").json()["items"]
    assert rows[-1]["newText"].endswith("lawyer2: Уезжаю к клиенту")


@pytest.mark.parametrize("person", ["driver1", "nobody9"])
def test_a_task_is_not_given_to_somebody_outside_its_role(office: Office, person: str) -> None:
    task = a_check(office, assignee="lawyer1")
    body = {"person": person, "reason": "Пусть сделает"}

    answer = office.person("lawyer1").post(f"/tasks/{task.id}/delegate", body)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "person"
    assert task.assignee == "lawyer1"
    assert history(office, task.deal) == []


def test_a_task_that_ends_meanwhile_leaves_no_record(office: Office) -> None:
    task = a_check(office, assignee="lawyer1")
    colleague(office, "lawyer2", "lawyers")
    office.engine.refuses_assignment = True
    try:
        body = {"person": "lawyer2", "reason": "Уезжаю"}
        answer = office.person("lawyer1").post(f"/tasks/{task.id}/delegate", body)
    finally:
        office.engine.refuses_assignment = False

    assert answer.status_code == 409
    assert history(office, task.deal) == []


def test_without_the_engine_the_queue_says_so(office: Office) -> None:
    office.person("lawyer1").get("/me")
    office.engine.down = True

    answer = office.person("lawyer1").get("/tasks")

    assert answer.status_code == 503
