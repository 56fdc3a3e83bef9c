"""1C is silent for long: the number is kept, an authorised person decides, the night checks."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from ops.demo.scenario import Story, a_number
from ops.scenarios.timers import ran_out
from tests.engine.processes.fulfillment import (
    a_story,
    change_in_onec,
    fire,
    form,
    history,
    reconcile,
    refused,
    won,
)
from tests.support.suite.running import RunningSuite
from tests.support.waiting import eventually

pytestmark = pytest.mark.engine

KEY, PROBE = "Task_DecideOverride", "BoundaryEvent_OnecProbeDue"
SETTLE = "Task_SettleDiscrepancy"
PATIENT = 120.0
"""Seconds: after three failures in a row the worker leaves 1C alone for half a minute."""


@pytest.fixture(autouse=True)
def mended(suite: RunningSuite) -> Iterator[None]:
    yield
    throw(suite)


def throw(suite: RunningSuite, **faults: Any) -> None:
    url = f"{suite.onec}/_simulator/faults"
    requests.put(url, json=faults, timeout=10).raise_for_status()


def decide(story: Story, answer: str | None, comment: str | None = None) -> None:
    story("administrator").do(story.deal_id, KEY, answer=answer, comment=comment)


def test_a_shipment_goes_on_with_an_unverified_number_that_the_night_confirms(
    suite: RunningSuite,
) -> None:
    story = a_story(suite)
    story.until_agreed()
    story.order_placed()
    number = story.realization_in_onec()
    throw(suite, instead="unavailable")

    story.realization_entered(number)
    fire(suite, story, "BoundaryEvent_OnecSilent")
    task = story("administrator").task(story.deal_id, KEY)
    seen = form(story, "administrator", task)
    assert (seen["enteredNumber"], seen["enteredBy"]) == (number, "onecMoscow")
    decide(story, None)
    refused(story, "administrator", KEY, "ANSWER_MISSING")
    decide(story, "override", " ")
    refused(story, "administrator", KEY, "COMMENT_MISSING")
    decide(story, "retry")
    fire(suite, story, "BoundaryEvent_OnecSilent")
    decide(story, "override", "1С обновляют до утра, машина ждёт")
    story.stage_is("assembly")

    told = history(story, "number")[-1]
    assert (told["new"]["number"], told["new"]["verified"]) == (number, False)
    assert (told["actor"]["login"], told["new"]["reason"]) == (
        "portal1",
        "1С обновляют до утра, машина ждёт",
    )
    throw(suite)
    assert "принятых без проверки: " in eventually(lambda: reconcile(suite), PATIENT)
    told = history(story, "number")[-1]
    assert (told["new"]["number"], told["new"]["verified"]) == (number, True)
    story.order_prepared()
    story.delivers("driver", "Task_DeliverByCarrier", "ttnFile")
    won(suite, story)


def ends(suite: RunningSuite, story: Story, activity: str) -> int:
    """How often the deal's override came to this end."""
    found = suite.engine.get("/history/activity-instance", activityId=activity)
    deals = suite.engine.get(
        "/history/process-instance",
        processInstanceBusinessKey=story.deal_id,
        processDefinitionKey="onec-override",
    )
    ours = {one["id"] for one in deals}
    return sum(one["processInstanceId"] in ours for one in found)


def test_1c_that_answers_again_ends_the_wait_and_the_number_is_checked(suite: RunningSuite) -> None:
    story = a_story(suite)
    story.until_agreed()
    story.order_placed()
    number = story.realization_in_onec()
    throw(suite, instead="unavailable")
    story.realization_entered(number)
    fire(suite, story, "BoundaryEvent_OnecSilent")
    decide(story, "override", " ")
    refused(story, "administrator", KEY, "COMMENT_MISSING")

    fire(suite, story, PROBE)
    eventually(lambda: ends(suite, story, "EndEvent_OnecStillSilent") == 1)
    refused(story, "administrator", KEY, "COMMENT_MISSING")  # what was said to her is still there
    throw(suite)

    def answered() -> bool:
        ran_out(suite.engine, story.deal_id, PROBE)
        return ends(suite, story, "EndEvent_OnecAnswers") == 1

    eventually(answered, PATIENT)
    story.stage_is("assembly")
    assert suite.engine.tasks(business_key=story.deal_id, key=KEY) == []
    told = [row["new"] for row in history(story, "number") if row["new"]["number"] == number]
    assert [one["verified"] for one in told] == [True]


def is_asked(suite: RunningSuite, story: Story) -> bool:
    """1C was asked just now and has not answered for a second."""
    ran_out(suite.engine, story.deal_id, PROBE)
    time.sleep(1)
    asked = suite.engine.get("/external-task", topicName="probe-onec")
    deals = suite.engine.business_keys(one["processInstanceId"] for one in asked)
    return story.deal_id in deals.values()


def test_a_number_taken_while_1c_is_being_asked_stays_taken(suite: RunningSuite) -> None:
    story = a_story(suite)
    story.until_agreed()
    story.order_placed()
    number = story.realization_in_onec()
    throw(suite, instead="unavailable")
    story.realization_entered(number)
    fire(suite, story, "BoundaryEvent_OnecSilent")
    story("administrator").task(story.deal_id, KEY)
    throw(suite, delay_seconds=8)

    eventually(lambda: is_asked(suite, story), PATIENT)
    decide(story, "override", "1С отвечает через раз")

    story.stage_is("assembly")
    told = history(story, "number")[-1]
    assert (told["new"]["number"], told["new"]["verified"]) == (number, False)
    assert ends(suite, story, "EndEvent_NumberTaken") == 1
    assert ends(suite, story, "EndEvent_OnecAnswers") == 0


def test_a_number_mistyped_while_1c_was_silent_is_corrected_after_the_night(
    suite: RunningSuite,
) -> None:
    story = a_story(suite)
    story.until_agreed()
    story.order_placed()
    number = story.realization_in_onec()
    throw(suite, instead="unavailable")
    story.realization_entered(f"{number}7")  # nearer to it than to any other number
    fire(suite, story, "BoundaryEvent_OnecSilent")
    decide(story, "override", "Машина ждёт")
    story.stage_is("assembly")
    throw(suite)
    eventually(lambda: reconcile(suite), PATIENT)

    task = story("operator").task(story.deal_id, SETTLE)
    seen = form(story, "operator", task)
    assert seen["numberUnconfirmed"] is True
    assert number in seen["differenceDetails"]
    story("operator").do(story.deal_id, SETTLE, answer="recheck", comment=None)
    task = refused(story, "operator", SETTLE, "ONEC_NUMBER_REFUSED")
    assert number in form(story, "operator", task)["formDetails"]
    corrected = {"answer": "recheck", "number": number, "picked": None, "comment": None}
    story("operator").do(story.deal_id, SETTLE, **corrected)

    eventually(lambda: story.value_of("shipmentNumber") == number, PATIENT)
    told = history(story, "number")[-1]
    assert (told["new"]["number"], told["new"]["verified"]) == (number, True)
    running = {"businessKey": story.deal_id, "processDefinitionKey": "onec-discrepancy"}
    eventually(lambda: not suite.engine.get("/process-instance", **running))


def test_a_contract_number_waits_for_the_same_decision(suite: RunningSuite) -> None:
    story = a_story(suite)
    story.until_operator()
    number = a_number("П")
    story.contract_in_onec(number)
    throw(suite, instead="unavailable")

    entered = {"answer": "entered", "number": number, "picked": None, "comment": ""}
    story("operator").do(story.deal_id, "Task_EnterOnecContract", **entered)
    fire(suite, story, "BoundaryEvent_OnecSilent")
    decide(story, "retry")
    fire(suite, story, "BoundaryEvent_OnecSilent")
    decide(story, "override", "Договор подписан, 1С чинят")

    story("lawyer").task(story.deal_id, "Task_DraftContract")
    assert story.value_of("contractNumber") == number
    throw(suite)


def test_a_shipment_deleted_in_1c_later_is_its_operators_task(suite: RunningSuite) -> None:
    story = a_story(suite)
    story.until_prepared()
    number = str(story.value_of("shipmentNumber"))
    change_in_onec(suite, number, DeletionMark=True)

    assert "задач: 1" in eventually(lambda: reconcile(suite), PATIENT)
    task = story("operator").task(story.deal_id, "Task_SettleDiscrepancy")
    assert task["assignee"] == "onecMoscow"
    assert "пометка на удаление" in form(story, "operator", task)["differenceText"]
    assert "задач: 0" in reconcile(suite)
    change_in_onec(suite, number, DeletionMark=False)
    key = change_in_onec(suite, number)
    url = f"{suite.onec}/_simulator/rows/Document_РеализацияТоваровУслуг/{key}/post"
    requests.post(url, timeout=10).raise_for_status()
    story("operator").do(story.deal_id, "Task_SettleDiscrepancy", answer="recheck", comment=None)

    eventually(
        lambda: not suite.engine.tasks(business_key=story.deal_id, key="Task_SettleDiscrepancy")
    )
    states = ["markedDeleted", "verified"]
    eventually(lambda: [row["new"]["state"] for row in history(story, "onec")] == states)
