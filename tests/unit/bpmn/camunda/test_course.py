"""The course of a process: position, passed and canceled elements, flows that were taken."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bpmn.camunda.client.records import Passage
from bpmn.camunda.course import Mark, course_of
from bpmn.model.reader import read_diagram

EXAMPLE = read_diagram(Path(__file__).parents[1] / "example.bpmn")
BEGIN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def visit(activity: str, start: int, end: int | None = None, *, canceled: bool = False) -> Passage:
    """A visit from one minute to another; without an end it goes on."""
    return Passage(
        activity=activity,
        kind=EXAMPLE.nodes[activity].kind if activity in EXAMPLE.nodes else "userTask",
        name="",
        started_at=BEGIN + timedelta(minutes=start),
        ended_at=None if end is None else BEGIN + timedelta(minutes=end),
        canceled=canceled,
    )


def test_the_position_and_the_way_to_it_are_marked() -> None:
    course = course_of(
        EXAMPLE,
        [
            visit("StartEvent_RequestReceived", 0, 0),
            visit("Gateway_BeforeCheck", 0, 0),
            visit("Task_CheckClient", 0, 5),
            visit("Gateway_AfterCheck", 5, 5),
            visit("Task_RecordDecision", 5),
        ],
    )

    assert course.nodes["Task_CheckClient"] is Mark.PASSED
    assert course.nodes["Task_RecordDecision"] is Mark.CURRENT
    assert "Gateway_ClientFits" not in course.nodes
    assert course.flows == {
        "Flow_RequestReceived",
        "Flow_StartCheck",
        "Flow_ClientChecked",
        "Flow_StoreDecision",
    }


def test_of_two_ways_into_a_step_the_one_just_left_was_taken() -> None:
    first = [
        visit("StartEvent_RequestReceived", 0, 0),
        visit("Gateway_BeforeCheck", 0, 0),
        visit("Task_CheckClient", 0, 5, canceled=True),
        visit("BoundaryEvent_StageMoved", 5, 5),
    ]

    moved = course_of(EXAMPLE, [*first, visit("Gateway_AfterCheck", 5, 5)])

    assert moved.nodes["Task_CheckClient"] is Mark.CANCELED
    assert "Flow_StageMoved" in moved.flows
    assert "Flow_ClientChecked" not in moved.flows


def test_a_step_entered_again_is_the_position() -> None:
    again = course_of(
        EXAMPLE,
        [
            visit("Task_CheckClient", 0),
            visit("Task_CheckClient", 1, 2, canceled=True),
            visit("Task_OfAnotherVersion", 3, 4),
        ],
    )

    assert again.nodes == {"Task_CheckClient": Mark.CURRENT}
    assert again.flows == frozenset()
