"""A new client on the real engine, sentence by sentence of the requirements (A9–A26)."""

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from ops.demo.scenario import Story
from ops.demo.waiting import PATIENCE, Stuck
from tests.support.engine.harness import Tasklist, historic_instances
from tests.support.suite.running import PASSWORD, RunningSuite
from tests.support.waiting import eventually

pytestmark = pytest.mark.engine

TellStory = Callable[[], Story]


@pytest.fixture
def story(suite: RunningSuite) -> Story:
    return Story(suite.url, PASSWORD, suite.onec, lambda _: None, people=suite.people)


@pytest.fixture
def onec_works(suite: RunningSuite) -> Iterator[None]:
    """Whatever a test breaks in 1C is mended after it."""
    yield
    requests.put(f"{suite.onec}/_simulator/faults", json={}, timeout=10).raise_for_status()


def open_tasks(suite: RunningSuite, deal_id: str) -> list[str]:
    return sorted(task.key for task in suite.engine.tasks(business_key=deal_id))


def history(story: Story, kind: str) -> list[dict[str, Any]]:
    rows = story("manager").api("GET", f"/deals/{story.deal_id}/history").json()["items"]
    return [row for row in rows if row["kind"] == kind]


def rounds(story: Story) -> list[dict[str, Any]]:
    answer = story("manager").api("GET", f"/deals/{story.deal_id}/approvals").json()
    return list(answer["rounds"])


def returned(story: Story, part: str, key: str, code: str) -> dict[str, Any]:
    """The task came back to the same person with the reason."""

    def back() -> dict[str, Any] | None:
        task = story(part).task(story.deal_id, key)
        answer = story(part).engine("GET", f"/task/{task['id']}/form-variables")
        variables = answer.json() if answer.ok else {}
        said = variables.get("formErrorCode", {}).get("value")
        return task if said == code else None

    return eventually(back)


def test_a_partial_card_is_saved_and_approval_refused_with_everything_missing(story: Story) -> None:
    story.request_arrives()
    story.fill(inn=story.company[0]).raise_for_status()
    story.stage_wanted("Task_CollectDocuments", "collectingDocuments")
    story.stage_is("collectingDocuments")

    story.stage_wanted("Task_CollectDocuments", "termsApproval")
    returned(story, "manager", "Task_CollectDocuments", "FIELDS_MISSING")

    refused = story("manager").api(
        "POST", f"/deals/{story.deal_id}/stage", json={"stage": "termsApproval"}
    )
    assert refused.status_code == 409
    missing = {code for row in refused.json()["missing"] for code in row["fields"]}
    assert {
        "ogrn",
        "companyCard",
        "signatureCard",
        "passportCopy",
        "limit",
        "shippingRegion",
    } <= missing
    assert "inn" not in missing


def test_stages_outside_the_matrix_and_system_stages_are_refused(story: Story) -> None:
    story.request_arrives()

    for stage in ("termsAgreed", "won"):
        refused = story("manager").api(
            "POST", f"/deals/{story.deal_id}/stage", json={"stage": stage}
        )
        assert refused.status_code == 409, refused.text
        assert [row["code"] for row in refused.json()["allowed"]] == ["collectingDocuments", "lost"]


def test_two_moves_at_once_start_one_approval(suite: RunningSuite, story: Story) -> None:
    story.request_arrives()
    story.documents_collected()
    story("manager").api(
        "POST", f"/deals/{story.deal_id}/stage", json={"stage": "collectingDocuments"}
    ).raise_for_status()
    story.stage_is("collectingDocuments")
    codes: list[int] = []

    def press() -> None:
        url = f"{story.url}/api/v1/deals/{story.deal_id}/stage"
        answer = requests.post(
            url, json={"stage": "termsApproval"}, auth=("manager1", PASSWORD), timeout=30
        )
        codes.append(answer.status_code)

    presses = [threading.Thread(target=press) for _ in range(4)]
    for thread in presses:
        thread.start()
    for thread in presses:
        thread.join()

    assert set(codes) <= {200, 409, 412}
    assert 200 in codes
    story("head").task(story.deal_id, "Task_ReviewTerms")
    assert len(rounds(story)) == 1
    assert open_tasks(suite, story.deal_id) == ["Task_ReviewTerms"]


def test_only_the_head_of_sales_sees_the_first_task(suite: RunningSuite, story: Story) -> None:
    story.until_approval()
    task = story("head").task(story.deal_id, "Task_ReviewTerms")

    for login in ("accountant1", "lawyer1", "onecMoscow", "manager2", "portal1"):
        answer = suite(login).engine("GET", f"/task/{task['id']}")
        assert answer.status_code in (403, 404), login


def test_the_head_changes_terms_and_nothing_else(story: Story) -> None:
    story.until_approval()
    edits = {
        "limit": "1000000.00",
        "markupGroup": "wholesale",
        "inn": "5001007322",
        "paymentTerms": "x",
    }

    story.decides("head", "Task_ReviewTerms", "approved", edits=json.dumps(edits))
    story("accountant").task(story.deal_id, "Task_DecideContract")

    decision = rounds(story)[0]["decisions"][0]
    assert [change["code"] for change in decision["changed"]] == ["limit"]
    changed = [row for row in history(story, "field") if row["actor"]["login"] == "head1"]
    assert [(r["subject"], r["old"], r["new"]) for r in changed] == [
        ("limit", "1500000.00", "1000000.00")
    ]


@pytest.mark.parametrize("comment", ["", "   ", "\u200b\u200b", " ... "])
def test_a_rejection_without_a_reason_comes_back(story: Story, comment: str) -> None:
    story.until_approval()

    story("head").do(story.deal_id, "Task_ReviewTerms", decision="rejected", comment=comment)

    task = returned(story, "head", "Task_ReviewTerms", "COMMENT_MISSING")
    assert task["assignee"] == "head1"
    assert rounds(story)[0]["decisions"] == []


def test_silence_and_forged_variables_never_count_as_yes(suite: RunningSuite, story: Story) -> None:
    story.until_approval()
    forged = {"approved": True, "headDecision": "approved", "decidedBy": "director1"}

    task = story("head").task(story.deal_id, "Task_ReviewTerms")
    story("head").claim(task)

    at_the_door = story("head").submit(task, **forged)
    past_the_door = Tasklist(suite.state["addresses"]["engine"], "head1", PASSWORD)
    past_the_door.complete(task["id"], forged).raise_for_status()

    assert at_the_door.status_code in (400, 403, 422), at_the_door.text
    returned(story, "head", "Task_ReviewTerms", "DECISION_MISSING")
    story.decides("head", "Task_ReviewTerms", "approved")
    story("accountant").do(story.deal_id, "Task_DecideContract")
    returned(story, "accountant", "Task_DecideContract", "DECISION_MISSING")
    assert [d["person"]["login"] for d in rounds(story)[0]["decisions"]] == ["head1"]


@pytest.mark.parametrize("refuser", ["head", "accountant", "lawyer"])
def test_a_rejection_ends_the_round_and_tells_the_manager(
    suite: RunningSuite, story: Story, refuser: str
) -> None:
    story.until_approval()
    steps = {
        "head": "Task_ReviewTerms",
        "accountant": "Task_DecideContract",
        "lawyer": "Task_CheckClient",
    }
    for part, key in steps.items():
        if part == refuser:
            story.decides(part, key, "rejected", "Есть судебные дела")
            break
        story.decides(part, key, "approved")

    task = story("manager").task(story.deal_id, "Task_RenegotiateTerms")

    assert open_tasks(suite, story.deal_id) == ["Task_RenegotiateTerms"]
    assert story.card()["stage"]["code"] == "collectingDocuments"
    shown = story("manager").api("GET", f"/tasks/{task['id']}").json()["approval"]["rejection"]
    assert shown["comment"] == "Есть судебные дела"
    assert shown["step"] == refuser
    assert shown["roleName"]
    story.stage_wanted(
        "Task_RenegotiateTerms", "lost", lossReason="termsNotAgreed", lossComment="Не договорились"
    )
    story.stage_is("lost")
    eventually(lambda: not suite.engine.root_instances(story.deal_id))
    assert open_tasks(suite, story.deal_id) == []


def test_a_new_round_starts_from_the_head_and_leaves_the_old_one_alone(story: Story) -> None:
    story.until_approval()
    story.decides("head", "Task_ReviewTerms", "approved")
    story.decides("accountant", "Task_DecideContract", "rejected", "Слишком велик лимит")
    story("manager").task(story.deal_id, "Task_RenegotiateTerms")
    before = rounds(story)[0]

    story.approval_requested("Task_RenegotiateTerms")
    story("head").task(story.deal_id, "Task_ReviewTerms")

    now = rounds(story)
    assert [r["number"] for r in now] == [1, 2]
    assert now[0] == before
    assert now[1]["decisions"] == []


def test_losing_without_a_reason_comes_back(story: Story) -> None:
    story.request_arrives()

    story.stage_wanted("Task_CollectDocuments", "lost")

    returned(story, "manager", "Task_CollectDocuments", "REASON_MISSING")


def test_a_deal_lost_by_the_api_in_the_middle_of_approval_ends_everything(
    suite: RunningSuite, story: Story
) -> None:
    story.until_approval()
    body = {"reason": "noResponse", "comment": "Клиент пропал"}

    story("manager").api("POST", f"/deals/{story.deal_id}/lost", json=body).raise_for_status()

    eventually(lambda: not suite.engine.root_instances(story.deal_id))
    assert open_tasks(suite, story.deal_id) == []
    assert rounds(story)[0]["state"] == "withdrawn"
    assert story.card()["stage"]["code"] == "lost"


@pytest.mark.usefixtures("onec_works")
def test_an_unknown_number_comes_back_to_the_same_operator(story: Story) -> None:
    story.until_operator()

    for number in ("", "НЕТ-ТАКОГО-1"):
        story("operator").do(
            story.deal_id, "Task_EnterOnecContract", answer="entered", number=number, comment=""
        )
        code = "ONEC_NUMBER_REFUSED" if number else "NUMBER_MISSING"
        task = returned(story, "operator", "Task_EnterOnecContract", code)
        assert task["assignee"] == "onecMoscow"
    story.contract_in_onec("П-77001")
    story.number_entered("п-77001 ")
    found = [row for row in history(story, "field") if row["subject"] == "contractNumber"]
    assert [(row["new"], row["actor"]["login"]) for row in found] == [("П-77001", "onecMoscow")]


@pytest.mark.usefixtures("onec_works")
def test_a_silent_1c_delays_the_number_and_loses_nothing(suite: RunningSuite, story: Story) -> None:
    story.until_operator()
    number = f"П-{uuid.uuid4().hex[:6]}"
    story.contract_in_onec(number)
    requests.put(f"{suite.onec}/_simulator/faults", json={"instead": "unavailable"}, timeout=10)

    story("operator").do(
        story.deal_id, "Task_EnterOnecContract", answer="entered", number=number, comment=""
    )
    with pytest.raises(Stuck):
        story("lawyer").task(story.deal_id, "Task_DraftContract", patience=3)
    requests.put(f"{suite.onec}/_simulator/faults", json={}, timeout=10).raise_for_status()

    story("lawyer").task(story.deal_id, "Task_DraftContract", patience=PATIENCE * 2)


def test_wrong_requisites_go_to_the_manager_and_approvals_stay(story: Story) -> None:
    story.until_operator()
    story("operator").do(
        story.deal_id, "Task_EnterOnecContract", answer="returned", number="", comment="КПП неверен"
    )
    task = story("manager").task(story.deal_id, "Task_CorrectRequisites")

    locked = story.fill(limit="9000000.00")
    fixed = story.fill(kpp="774301001")

    assert locked.status_code == 409
    assert fixed.status_code == 200, fixed.text
    story("manager").submit(task).raise_for_status()
    story("operator").task(story.deal_id, "Task_EnterOnecContract")
    assert story.fill(kpp="774301002").status_code == 409
    assert len(rounds(story)[0]["decisions"]) == 3


def test_a_correction_that_empties_the_card_comes_back(story: Story) -> None:
    story.until_operator()
    story("operator").do(
        story.deal_id,
        "Task_EnterOnecContract",
        answer="returned",
        number="",
        comment="Проверьте ИНН",
    )
    story("manager").task(story.deal_id, "Task_CorrectRequisites")
    story.fill(inn=None).raise_for_status()

    story("manager").do(story.deal_id, "Task_CorrectRequisites")

    returned(story, "manager", "Task_CorrectRequisites", "FIELDS_MISSING")


def test_the_contract_cannot_be_finished_without_its_file(
    suite: RunningSuite, story: Story
) -> None:
    story.until_operator()
    number = f"П-{uuid.uuid4().hex[:6]}"
    story.contract_in_onec(number)
    story.number_entered(number)

    for file_id in ("", str(uuid.uuid4())):
        story("lawyer").do(story.deal_id, "Task_DraftContract", fileId=file_id)
        returned(story, "lawyer", "Task_DraftContract", "DOCUMENT_MISSING")
    assert story.card()["stage"]["code"] == "termsApproval"
    story.contract_drafted()
    story.stage_is("termsAgreed")
    story("manager").task(story.deal_id, "Task_LeadClient")

    files = story("manager").api("GET", f"/deals/{story.deal_id}/files").json()["items"]
    contract = next(f for f in files if f["field"] == "contractFile")
    assert len(contract["sha256"]) == 64
    told = story("manager").api("GET", "/notifications").json()["items"]
    assert len([n for n in told if n["dealId"] == story.deal_id and "огласован" in n["text"]]) == 1


def test_nobody_approves_a_deal_of_their_own(suite: RunningSuite, story: Story) -> None:
    story.until_approval()
    suite.engine.put("/group/salesManagers/members/head1", {})
    body = {"manager": "head1"}
    path = f"/deals/{story.deal_id}/manager"
    eventually(lambda: story("head").api("POST", path, json=body).status_code == 200)

    story.decides("head", "Task_ReviewTerms", "approved")

    task = returned(story, "head", "Task_ReviewTerms", "FOUR_EYES")
    assert task["assignee"] is None
    shown = story("head").api("GET", f"/deals/{story.deal_id}/approvals").json()
    assert shown["rounds"][0]["decisions"] == []


def test_a_second_instance_of_a_deal_ends_itself(suite: RunningSuite, story: Story) -> None:
    story.request_arrives()

    twin = suite.engine.start("new-client", story.deal_id, {})

    eventually(
        lambda: (
            [i.id for i in suite.engine.root_instances(story.deal_id)] != []
            and twin not in [i.id for i in suite.engine.root_instances(story.deal_id)]
        )
    )
    assert open_tasks(suite, story.deal_id) == ["Task_CollectDocuments"]


def test_decisions_outlive_the_engines_own_history(suite: RunningSuite, story: Story) -> None:
    story.until_approval()
    story.decides("head", "Task_ReviewTerms", "rejected", "Нет истории оплат")
    story.stage_wanted("Task_RenegotiateTerms", "lost", lossReason="unreliable", lossComment="")
    eventually(lambda: not suite.engine.root_instances(story.deal_id))
    before = rounds(story)

    for past in historic_instances(suite.engine, story.deal_id):
        suite.engine.delete(f"/history/process-instance/{past['id']}")

    assert historic_instances(suite.engine, story.deal_id) == []
    assert rounds(story) == before
    assert before[0]["decisions"][0]["comment"] == "Нет истории оплат"
