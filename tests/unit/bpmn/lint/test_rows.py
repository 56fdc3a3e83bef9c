"""A wide diagram goes on in rows below; anything less orderly is refused."""

from pathlib import Path

import pytest

from bpmn.lint.rules import check
from bpmn.model.reader import BPMNDI, DC, DI
from tests.support.diagrams.drawn import Drawing, Edit

EXAMPLE = Path(__file__).parents[1] / "example.bpmn"
BREAK = "Flow_ClientFitsYes"
SECOND_ROW = {
    "Gateway_Split",
    "Task_CreateCard",
    "Task_NotifyManager",
    "Gateway_Join",
    "Task_LeadClient",
    "EndEvent_ClientChecked",
    "Flow_CreateCard",
    "Flow_NotifyManager",
    "Flow_CardCreated",
    "Flow_ManagerNotified",
    "Flow_BothDone",
    "Flow_ClientLed",
}
LEFT, DOWN = -725, 440


def wrapped() -> Drawing:
    """The example with everything behind its last gateway in a second row."""
    drawing = Drawing(EXAMPLE)
    _shift(drawing, SECOND_ROW, LEFT, DOWN)
    return drawing.waypoints(
        BREAK, (825, 200), (880, 200), (880, 540), (130, 540), (130, 640), (160, 640)
    )


def _shift(drawing: Drawing, elements: set[str], x: float, y: float) -> None:
    """Move shapes with their labels, and flows."""
    for picture in drawing.root.iter(f"{BPMNDI}BPMNShape", f"{BPMNDI}BPMNEdge"):
        if picture.get("bpmnElement") in elements:
            for place in picture.iter(f"{DC}Bounds", f"{DI}waypoint"):
                place.set("x", str(float(place.get("x")) + x))
                place.set("y", str(float(place.get("y")) + y))


def _row_above(drawing: Drawing) -> None:
    _shift(drawing, SECOND_ROW, 0, -DOWN - 40)  # 40 px above the first row
    drawing.waypoints(BREAK, (825, 200), (880, 200), (880, 60), (130, 60), (130, 160), (160, 160))


def _branch_in_a_row_of_its_own(drawing: Drawing) -> None:
    _shift(drawing, {"EndEvent_ClientRejected"}, -580, 0)
    drawing.waypoints("Flow_ClientFitsNo", (800, 225), (800, 440), (220, 440), (220, 462))


MESSY: list[tuple[str, str, Edit]] = [
    # rule, element it complains about, what is wrong with the second row
    ("left_to_right", BREAK, _row_above),
    (
        "left_to_right",
        BREAK,  # it leads past the beginning of the row
        lambda d: d.move("EndEvent_HeadWarned", -400, 260),
    ),
    (
        "left_to_right",
        BREAK,  # its own row goes on
        lambda d: d.move("EndEvent_ClientRejected", 200, -280),
    ),
    (
        "left_to_right",
        BREAK,  # it wanders up and down
        lambda d: d.waypoints(
            BREAK,
            *((825, 200), (880, 200), (880, 560), (600, 560)),
            *((600, 540), (130, 540), (130, 640), (160, 640)),
        ),
    ),
    (
        "left_to_right",
        BREAK,  # it turns to and fro
        lambda d: d.waypoints(
            BREAK,
            *((825, 200), (880, 200), (880, 530), (300, 530), (300, 540)),
            *((400, 540), (400, 550), (130, 550), (130, 640), (160, 640)),
        ),
    ),
    (
        "left_to_right",
        BREAK,  # it comes in from the right
        lambda d: d.waypoints(BREAK, (825, 200), (880, 200), (880, 640), (210, 640)),
    ),
    (
        "no_crossings",
        BREAK,  # it cuts another branch
        lambda d: d.waypoints(
            BREAK, (825, 200), (880, 200), (880, 440), (130, 440), (130, 640), (160, 640)
        ),
    ),
    ("left_to_right", "Flow_ClientFitsNo", _branch_in_a_row_of_its_own),
    ("happy_path_straight", "Gateway_Join", lambda d: d.move("Task_LeadClient", 0, 50)),
]


def test_a_second_row_keeps_every_rule() -> None:
    assert [str(finding) for finding in check(wrapped().read())] == []


@pytest.mark.parametrize(("rule", "element", "edit"), MESSY)
def test_a_messy_row_is_refused(rule: str, element: str, edit: Edit) -> None:
    drawing = wrapped()

    edit(drawing)

    assert (rule, element) in {(found.rule, found.element) for found in check(drawing.read())}


def test_many_short_rows_are_refused() -> None:
    drawing = wrapped()
    for flow in ("Flow_CardCreated", "Flow_BothDone", "Flow_ClientLed"):
        _begin_row_with_target(drawing, flow)

    found = [one for one in check(drawing.read()) if one.rule == "happy_path_straight"]

    assert [one.element for one in found] == ["EndEvent_ClientChecked"]
    assert "рядов 5" in found[0].message.lower()


def _begin_row_with_target(drawing: Drawing, flow: str) -> None:
    seen = drawing.read()
    ends = seen.flows[flow].source, seen.flows[flow].target
    source, target = (seen.shapes[end].box for end in ends)
    line, below = source.center[1], source.center[1] + 200
    _shift(drawing, {ends[1]}, 160 - target.x, below - target.center[1])
    turns = ((source.right + 20, line), (source.right + 20, line + 100), (130, line + 100))
    drawing.waypoints(flow, (source.right, line), *turns, (130, below), (160, below))
