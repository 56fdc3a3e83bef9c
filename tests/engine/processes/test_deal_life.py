"""Stage moves by form and by API, losing, on every task of a manager; overdue tasks."""

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bpmn.camunda.client.rest import Engine
from bpmn.camunda.client.values import instant
from bpmn.model.diagrams import DIRECTORY
from bpmn.model.reader import read_diagram
from db.catalog.loading import load_catalog
from ops.demo.scenario import Story
from ops.heat.numbers import measure
from tests.support.suite.running import PASSWORD, RunningSuite
from tests.support.waiting import eventually

pytestmark = pytest.mark.engine


@pytest.fixture
def story(suite: RunningSuite) -> Story:
    return Story(suite.url, PASSWORD, suite.onec, lambda _: None, people=suite.people)


def begin(story: Story, direction: str, **fields: object) -> str:
    """A deal of another direction, with its manager's first task."""
    body = {"direction": direction, "fields": {"subject": "Газонокосилка", **fields}}
    answer = story("manager").api("POST", "/deals", json=body)
    answer.raise_for_status()
    story.deal_id = answer.json()["id"]
    story("manager").task(story.deal_id, "Task_WorkDeal")
    return story.deal_id


def move(story: Story, stage: str) -> None:
    path = f"/deals/{story.deal_id}/stage"
    story("manager").api("POST", path, json={"stage": stage}).raise_for_status()


def task_id(story: Story, key: str) -> str:
    return str(story("manager").task(story.deal_id, key)["id"])


def replaced(story: Story, key: str, old: str) -> str:
    """Another task of the same kind waits instead of the old one."""

    def fresh() -> str | None:
        found = task_id(story, key)
        return found if found != old else None

    return eventually(fresh)


def gone(suite: RunningSuite, deal_id: str) -> bool:
    return not suite.engine.root_instances(deal_id)


def make_overdue(suite: RunningSuite, story: Story, part: str, key: str) -> None:
    """Move the due date of the task to a minute ago instead of waiting for days."""
    task = story(part).task(story.deal_id, key)
    changed = {
        **suite.engine.get(f"/task/{task['id']}"),
        "due": instant(datetime.now(UTC) - timedelta(minutes=1)),
    }
    suite.engine.put(f"/task/{task['id']}", changed)


def told_of(suite: RunningSuite, login: str, deal_id: str) -> list[str]:
    """Notifications of an employee about a deal."""
    items = suite(login).api("GET", "/notifications").json()["items"]
    return [item["text"] for item in items if item["dealId"] == deal_id]


def test_a_fourteenth_direction_lives_by_one_file(suite: RunningSuite, story: Story) -> None:
    deal_id = begin(story, "rental")
    first = task_id(story, "Task_WorkDeal")

    story.stage_wanted("Task_WorkDeal", "rented")
    returned = replaced(story, "Task_WorkDeal", first)
    story.fill(counterparty="ООО «Сад»").raise_for_status()
    story.stage_wanted("Task_WorkDeal", "rented")
    story.stage_is("rented")
    second = replaced(story, "Task_WorkDeal", returned)
    move(story, "returned")

    eventually(lambda: gone(suite, deal_id))
    assert second
    assert story.card()["outcome"] == "won"


def test_a_move_by_form_and_by_api_is_the_same_thing(suite: RunningSuite, story: Story) -> None:
    begin(story, "rental", counterparty="ООО «Сад»")
    first = task_id(story, "Task_WorkDeal")

    move(story, "rented")
    move(story, "rented")

    replaced(story, "Task_WorkDeal", first)
    stages = story("manager").api("GET", f"/deals/{story.deal_id}/history").json()["items"]
    assert [row["new"] for row in stages if row["kind"] == "stage"] == ["rented"]


def test_a_stale_form_comes_back_without_moving_the_deal(story: Story) -> None:
    begin(story, "rental", counterparty="ООО «Сад»")
    first = task_id(story, "Task_WorkDeal")
    seen = story.card()["version"]
    story.fill(limit="100.00").raise_for_status()

    story("manager").do(story.deal_id, "Task_WorkDeal", wantedStage="rented", seenVersion=seen)

    again = replaced(story, "Task_WorkDeal", first)
    answer = story("manager").engine("GET", f"/task/{again}/form-variables").json()
    assert answer["formErrorCode"]["value"] == "DEAL_CHANGED"
    assert "Лимит" in answer["formError"]["value"]
    assert story.card()["stage"]["code"] == "asked"


def test_a_deal_lost_in_its_form_and_one_lost_by_the_api(suite: RunningSuite, story: Story) -> None:
    by_form = begin(story, "rental")
    story.stage_wanted("Task_WorkDeal", "lost", lossReason="price", lossComment="")
    eventually(lambda: gone(suite, by_form))
    by_api = begin(story, "retailSales")

    body = {"reason": "noResponse", "comment": ""}
    story("manager").api("POST", f"/deals/{by_api}/lost", json=body).raise_for_status()

    eventually(lambda: gone(suite, by_api))
    assert suite.engine.tasks(business_key=by_api) == []
    twin = suite.engine.start("deal", by_api, {})
    eventually(lambda: twin not in {i.id for i in suite.engine.root_instances(by_api)})


def test_a_second_process_of_an_open_deal_ends_itself(suite: RunningSuite, story: Story) -> None:
    deal_id = begin(story, "rental")

    twin = suite.engine.start("deal", deal_id, {})

    eventually(lambda: twin not in {i.id for i in suite.engine.root_instances(deal_id)})
    assert len(suite.engine.root_instances(deal_id)) == 1


def test_overdue_tasks_are_told_to_the_head_of_their_role_once(
    suite: RunningSuite, story: Story
) -> None:
    deal_id = begin(story, "rental")
    make_overdue(suite, story, "manager", "Task_WorkDeal")
    eventually(lambda: told_of(suite, "head1", deal_id))
    assert [t.key for t in suite.engine.tasks(business_key=deal_id)] == ["Task_WorkDeal"]

    approved = until_review(story)
    make_overdue(suite, story, "head", "Task_ReviewTerms")
    eventually(lambda: told_of(suite, "director1", approved))

    assert len(told_of(suite, "head1", deal_id)) == 1
    assert len(told_of(suite, "director1", approved)) == 1


def until_review(story: Story) -> str:
    story.until_approval()
    task_id(story, "Task_ReviewTerms")
    return story.deal_id


def until_renegotiation(story: Story) -> str:
    story.until_approval()
    story.decides("head", "Task_ReviewTerms", "rejected", "Дорого")
    return task_id(story, "Task_RenegotiateTerms")


def until_leading(story: Story) -> str:
    story.until_operator()
    number = f"П-{story.deal_id[-5:]}"
    story.contract_in_onec(number)
    story.number_entered(number)
    story.contract_drafted()
    return task_id(story, "Task_LeadClient")


Way = Callable[[Story], str]


def begun(story: Story) -> str:
    story.request_arrives()
    return task_id(story, "Task_CollectDocuments")


@pytest.mark.parametrize(
    ("way", "key"),
    [
        (begun, "Task_CollectDocuments"),
        (until_renegotiation, "Task_RenegotiateTerms"),
        (until_leading, "Task_LeadClient"),
    ],
)
def test_each_task_of_the_manager_refuses_and_follows_the_api(
    suite: RunningSuite, story: Story, way: Way, key: str
) -> None:
    first = way(story)

    story.stage_wanted(key, "lost")
    second = replaced(story, key, first)
    body = {"stage": "collectingDocuments" if key == "Task_CollectDocuments" else "realization"}
    if key == "Task_RenegotiateTerms":
        body = {"stage": "termsApproval"}
    path = f"/deals/{story.deal_id}/stage"
    story("manager").api("POST", path, json=body).raise_for_status()

    eventually(lambda: second not in {t.id for t in suite.engine.tasks(business_key=story.deal_id)})
    story.stage_is(body["stage"])


def test_the_accountant_and_the_lawyer_get_their_silence_back(story: Story) -> None:
    story.until_approval()
    story.decides("head", "Task_ReviewTerms", "approved")
    for part, key in (("accountant", "Task_DecideContract"), ("lawyer", "Task_CheckClient")):
        task = story(part).task(story.deal_id, key)
        story(part).claim(task)
        story(part).submit(task, decision="maybe").raise_for_status()
        eventually(
            lambda part=part, key=key, old=task["id"]: (  # type: ignore[misc]
                story(part).task(story.deal_id, key)["id"] != old
            )
        )
        story.decides(part, key, "approved")


def test_leading_a_client_goes_on_until_the_deal_is_closed(
    suite: RunningSuite, story: Story
) -> None:
    first = until_leading(story)

    story("manager").do(story.deal_id, "Task_LeadClient")
    replaced(story, "Task_LeadClient", first)
    story.stage_wanted("Task_LeadClient", "lost", lossReason="price", lossComment="Ушли")

    eventually(lambda: gone(suite, story.deal_id))
    assert story.card()["outcome"] == "lost"


def test_losing_while_collecting_closes_the_deal(suite: RunningSuite, story: Story) -> None:
    story.request_arrives()

    story.stage_wanted("Task_CollectDocuments", "lost", lossReason="notTarget", lossComment="")

    eventually(lambda: gone(suite, story.deal_id))


def test_no_open_deal_is_without_a_next_step(suite: RunningSuite, story: Story) -> None:
    story.until_operator()

    answer = suite("portal1").api("GET", "/deals-without-next-step")

    assert answer.status_code == 200, answer.text
    assert answer.json()["items"] == []


def test_a_colleague_cannot_finish_a_task_that_somebody_took(
    suite: RunningSuite, story: Story
) -> None:
    story.until_approval()
    story.decides("head", "Task_ReviewTerms", "approved")
    story.decides("accountant", "Task_DecideContract", "approved")
    task = story("lawyer").task(story.deal_id, "Task_CheckClient")
    story("lawyer").claim(task)

    refused = suite("lawyer2").submit(task, decision="approved")

    assert refused.status_code == 409, refused.text
    assert "взял другой" in refused.json()["message"]
    story("lawyer").submit(task, decision="approved").raise_for_status()


def test_each_operator_sees_the_tasks_of_their_own_directions_only(
    suite: RunningSuite, story: Story
) -> None:
    story.until_operator()
    task = story("operator").task(story.deal_id, "Task_EnterOnecContract")

    for attempt in (
        suite("onecKazan").engine("GET", f"/task/{task['id']}"),
        suite("onecKazan").submit(task, answer="entered", number="1", comment=""),
    ):
        assert attempt.status_code in (403, 404, 409)
    assert task["assignee"] == "onecMoscow"


def test_the_numbers_of_a_diagram_count_who_stands_there_and_what_was_refused(
    suite: RunningSuite, story: Story
) -> None:
    begin(story, "rental", counterparty="ООО «Сад»")
    first = task_id(story, "Task_WorkDeal")
    seen = story.card()["version"]
    story.fill(limit="100.00").raise_for_status()
    before = datetime.now(UTC)
    story("manager").do(story.deal_id, "Task_WorkDeal", wantedStage="rented", seenVersion=seen)
    replaced(story, "Task_WorkDeal", first)

    diagram = read_diagram(DIRECTORY / "deal.bpmn")
    with contextlib.closing(
        Engine(suite.engine.url, "svcWorker", suite.secrets["worker"])
    ) as worker:
        (found,) = measure(worker, [diagram], load_catalog(), (), before).diagrams

    heat = {one.element: one for one in found.activities}
    assert heat["Task_WorkDeal"].standing >= 1
    assert heat["Task_WorkDeal"].passed >= 1
    assert heat["Task_WorkDeal"].median is not None
    assert heat["Task_UpdateDealStage"].refused >= 1
    assert heat["Task_UpdateDealStage"].refused <= heat["Task_UpdateDealStage"].passed
