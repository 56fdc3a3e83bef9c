"""A contract changes in 1C later: the nightly pass finds it, a lawyer settles it, once."""

import uuid
from datetime import UTC, date, datetime
from typing import Any

import pytest
import requests

from bpmn.lint.worker_contracts import ONEC_DISCREPANCY, SIDE_KEY, SIDE_VERSION, START_VARIABLES
from db.catalog import load_catalog
from db.domain.onec.bindings import Binding, BindingKind, BindingState
from db.store.database import Database
from ops.demo.scenario import Story
from tests.engine.processes.fulfillment import reconcile
from tests.support.engine.harness import shown
from tests.support.suite.running import PASSWORD, RunningSuite
from tests.support.waiting import eventually
from workers.services.onec.discrepancies import side_key

pytestmark = pytest.mark.engine

SETTLE = "Task_SettleDiscrepancy"
CONTRACTS = "Catalog_ДоговорыКонтрагентов"


@pytest.fixture
def story(suite: RunningSuite) -> Story:
    return Story(suite.url, PASSWORD, suite.onec, lambda _: None, people=suite.people)


def bound_contract(suite: RunningSuite, story: Story) -> Binding:
    """A new deal with a contract in 1C, as after the operator's task."""
    story.request_arrives()
    inn, _ = story.company
    body = {"inn": inn, "name": story.name, "number": f"Р-{uuid.uuid4().hex[:6]}"}
    row = requests.post(f"{suite.onec}/_simulator/contracts", json=body, timeout=10).json()
    binding = Binding(
        id=str(uuid.uuid4()),
        deal_id=story.deal_id,
        kind=BindingKind.CONTRACT,
        run=0,
        infobase="main",
        ref_key=row["contract"],
        number=row["number"],
        number_entered=row["number"],
        code=row["code"],
        date=date.today(),
        counterparty_ref=row["counterparty"],
        organisation="",
        data_version="",
        state=BindingState.VERIFIED,
        verified_at=datetime.now(UTC),
        verified_by="onecMoscow",
    )
    database = Database(f"sqlite:///{suite.data / 'deals.sqlite3'}", load_catalog(demo=True))
    with database.writing() as store:
        store.bindings.put(binding)
    database.close()
    return binding


def changed(suite: RunningSuite, binding: Binding, **values: Any) -> None:
    url = f"{suite.onec}/_simulator/rows/{CONTRACTS}/{binding.ref_key}"
    requests.patch(url, json=values, timeout=10).raise_for_status()


def running(suite: RunningSuite, story: Story) -> list[str]:
    key = {"businessKey": story.deal_id, "processDefinitionKey": ONEC_DISCREPANCY}
    return [row["id"] for row in suite.engine.get("/process-instance", **key)]


def seen_by_form(story: Story, task: dict[str, Any], *names: str) -> list[object]:
    url = f"/task/{task['id']}/form-variables?deserializeValues=false"
    answer = story("lawyer").engine("GET", url)
    answer.raise_for_status()
    return [shown(answer.json()[name]) for name in names]


def back(suite: RunningSuite, story: Story, old: dict[str, Any]) -> dict[str, Any]:
    """Another task of the same kind, the lawyer's at once."""

    def again() -> dict[str, Any] | None:
        found = suite.engine.tasks(business_key=story.deal_id, key=SETTLE)
        return {"id": found[0].id} if found and found[0].id != old["id"] else None

    task = eventually(again)
    held = suite.engine.task(task["id"])
    assert held is not None
    assert held.assignee == "lawyer1"
    return task


def answer(
    story: Story, task: dict[str, Any], said: str, comment: str | None = None, **more: str
) -> None:
    given = {"answer": said, "comment": comment or "", **more}
    story("lawyer").submit(task, **given).raise_for_status()


def form_says(story: Story, task: dict[str, Any], words: str) -> bool:
    return words in str(seen_by_form(story, task, "differenceText")[0])


def test_a_contract_marked_for_deletion_is_a_lawyers_task_until_it_is_mended(
    suite: RunningSuite, story: Story
) -> None:
    binding = bound_contract(suite, story)
    changed(suite, binding, DeletionMark=True)

    assert "задач: 1" in reconcile(suite)
    task = story("lawyer").task(story.deal_id, SETTLE)
    variables: dict[str, Any] = dict.fromkeys(START_VARIABLES[ONEC_DISCREPANCY])
    variables |= {SIDE_KEY: side_key(binding.id), SIDE_VERSION: 1}
    twin = suite.engine.start(ONEC_DISCREPANCY, story.deal_id, variables)
    eventually(lambda: twin not in running(suite, story))

    kind, number, text = seen_by_form(story, task, "kindName", "onecNumber", "differenceText")
    assert (kind, number) == ("Договор", binding.number)
    assert "пометка на удаление" in str(text)
    assert "задач: 0" in reconcile(suite)

    story("lawyer").claim(task)
    answer(story, task, "recheck")
    second = back(suite, story, task)
    answer(story, second, "accepted", " . ")
    third = back(suite, story, second)
    assert "причина останется в сделке" in str(seen_by_form(story, third, "formError")[0])
    changed(suite, binding, DeletionMark=False)
    answer(story, third, "recheck")

    eventually(lambda: not running(suite, story))
    assert "задач: 0" in reconcile(suite)
    rows = story("manager").api("GET", f"/deals/{story.deal_id}/history").json()["items"]
    states = [row["new"]["state"] for row in rows if row["kind"] == "onec"]
    assert sorted(states) == ["markedDeleted", "verified"]


def test_the_open_task_follows_1c_and_an_answer_to_what_was_shown_before_comes_back(
    suite: RunningSuite, story: Story
) -> None:
    binding = bound_contract(suite, story)
    changed(suite, binding, Номер=f"{binding.number}-1")
    assert "задач: 1" in reconcile(suite)
    task = story("lawyer").task(story.deal_id, SETTLE)
    story("lawyer").claim(task)
    text, seen = seen_by_form(story, task, "differenceText", "differenceMark")
    assert "изменён" in str(text)

    changed(suite, binding, DeletionMark=True)
    assert "Обновлено открытых задач: 1" in reconcile(suite)
    eventually(lambda: form_says(story, task, "пометка на удаление"))
    held = suite.engine.task(task["id"])
    assert held is not None
    assert held.assignee == "lawyer1"
    assert form_says(story, task, "изменён")

    answer(story, task, "accepted", "Так надо", differenceSeen=str(seen))
    again = back(suite, story, task)
    error, typed = seen_by_form(story, again, "formError", "returnedInput")
    assert "изменилось" in str(error)
    assert "Так надо" in str(typed)

    changed(suite, binding, DeletionMark=False, Номер=binding.number)
    assert "задач: 0" in reconcile(suite)
    eventually(lambda: not running(suite, story))
    assert not suite.engine.tasks(business_key=story.deal_id, key=SETTLE)


def test_an_accepted_difference_is_no_task_again(suite: RunningSuite, story: Story) -> None:
    binding = bound_contract(suite, story)
    changed(suite, binding, DeletionMark=True)
    reconcile(suite)

    story("lawyer").do(story.deal_id, SETTLE, answer="accepted", comment="Договор закрыт")

    eventually(lambda: not running(suite, story))
    assert "задач: 0" in reconcile(suite)
    notes = story("manager").api("GET", f"/deals/{story.deal_id}/notes").json()["items"]
    assert [note["text"] for note in notes] == ["Расхождение с 1С принято: Договор закрыт"]
