"""Reading .bpmn files: what is found in them, and what a broken file says."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bpmn.model.elements import Box, Event, InvalidDiagram, Listener
from bpmn.model.reader import parse_diagram, read_diagram
from tests.support.diagrams.drawn import Drawing

EXAMPLE = Path(__file__).parents[1] / "example.bpmn"


def test_a_user_task_tells_who_does_it_what_they_hand_in_and_by_which_form() -> None:
    task = read_diagram(EXAMPLE).nodes["Task_CheckClient"]

    assert (task.kind, task.name, task.form) == (
        "userTask",
        "Проверить клиента",
        "check-client.html",
    )
    assert task.candidate_groups == ("lawyers",)
    assert task.inputs == {
        "decision": "${null}",
        "decidedBy": "${null}",
        "moveVersion": "${nextMove}",
    }
    assert task.outputs == (
        ("checkDecision", "${decision}"),
        ("checkDecidedBy", "${decidedBy}"),
    )
    assert Listener("task", "complete", "${task.setVariable('decidedBy', currentUser())}") in (
        task.listeners
    )
    assert task.documentation == "Проверьте клиента."


def test_an_external_task_tells_its_topic_and_its_boundary_events() -> None:
    diagram = read_diagram(EXAMPLE)

    task = diagram.nodes["Task_RecordDecision"]

    assert task.topic == "record-decision"
    assert [event.event for event in diagram.boundaries(task)] == [Event("error")]
    assert diagram.topics == {"record-decision", "create-card", "notify"}


def test_events_tell_what_they_wait_for_and_whether_they_interrupt() -> None:
    nodes = read_diagram(EXAMPLE).nodes

    overdue, moved = nodes["BoundaryEvent_CheckOverdue"], nodes["BoundaryEvent_StageMoved"]

    assert overdue.event == Event("timer", timer="${escalateAt}", timer_kind="timeDate")
    assert not overdue.is_interrupting
    assert moved.event == Event("message", "StageMoved")
    assert moved.is_interrupting


def test_flows_and_pictures_are_found_by_id() -> None:
    diagram = read_diagram(EXAMPLE)

    yes, no = diagram.flows["Flow_ClientFitsYes"], diagram.flows["Flow_ClientFitsNo"]

    assert (yes.name, yes.condition, yes.is_default) == ("Да", "${approved}", False)
    assert (no.name, no.condition, no.is_default) == ("Нет", None, True)
    assert diagram.shapes["Task_CheckClient"].box == Box(360, 160, 100, 80)
    assert diagram.edges["Flow_StartCheck"].points == ((305, 200), (360, 200))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (b"<bpmn", "broken.bpmn:1: это не XML"),
        (b"<html/>", "broken.bpmn:1: это не схема BPMN"),
        (
            b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>\n<x>&e;</x>',
            "уберите <!DOCTYPE",
        ),
        (
            b'<d:definitions xmlns:d="http://www.omg.org/spec/BPMN/20100524/MODEL"/>',
            "процессов 0; рисуйте один процесс в файле",
        ),
    ],
)
def test_a_file_that_is_no_diagram_says_where_and_why(source: bytes, message: str) -> None:
    with pytest.raises(InvalidDiagram) as broken:
        parse_diagram(source, Path("broken.bpmn"))

    assert message in str(broken.value)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda d: d.set("Flow_StartCheck", targetRef="Task_Gone"), "ведёт к 'Task_Gone'"),
        (lambda d: d.set("Task_CreateCard", id="Task_NotifyManager"), "занят дважды"),
        (
            lambda d: d.drop("Task_CheckClient"),
            "BoundaryEvent_CheckOverdue ни к чему не прикреплено",
        ),
    ],
)
def test_a_diagram_that_does_not_hold_together_is_refused(
    edit: Callable[[Drawing], object], message: str
) -> None:
    drawing = Drawing(EXAMPLE)

    edit(drawing)

    with pytest.raises(InvalidDiagram, match=message):
        drawing.read()
