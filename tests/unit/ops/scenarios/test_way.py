"""The flows that a history of activities means, and their colors on the coverage page."""

from pathlib import Path
from xml.etree import ElementTree

from bpmn.model.reader import read_diagram
from ops.scenarios.coverage import MISSING, TAKEN, merged, missing, page, summary
from ops.scenarios.way import Passage, Walk, walk

EXAMPLE = read_diagram(Path(__file__).parents[2] / "bpmn" / "example.bpmn")
REFUSED = (
    ("StartEvent_RequestReceived", 0, 0),
    ("Gateway_BeforeCheck", 0, 0),
    ("Task_CheckClient", 0, 5),
    ("Gateway_AfterCheck", 5, 5),
    ("Task_RecordDecision", 5, None),
    ("BoundaryEvent_DecisionRefused", 6, 6),
    ("Gateway_BeforeCheck", 6, 6),
    ("Task_CheckClient", 6, 9),
    ("Gateway_AfterCheck", 9, 9),
    ("Task_RecordDecision", 9, 11),
    ("Gateway_ClientFits", 11, 11),
)
APPROVED = (
    *REFUSED,
    ("Gateway_Split", 11, 11),
    ("Task_CreateCard", 11, 12),
    ("Task_NotifyManager", 11, 14),
    ("Gateway_Join", 12, 14),
    ("Gateway_Join", 14, 14),
    ("Task_LeadClient", 14, 20),
    ("EndEvent_ClientChecked", 20, 20),
)
REJECTED = (*REFUSED, ("EndEvent_ClientRejected", 11, 11))


def history(*entries: tuple[str, int, int | None]) -> list[Passage]:
    def at(second: int | None) -> str | None:
        return None if second is None else f"2026-11-27T10:00:{second:02}.000+0000"

    return [
        Passage(str(number), element, at(entered) or "", at(left))
        for number, (element, entered, left) in enumerate(entries)
    ]


def test_a_refusal_loops_back_and_both_branches_are_taken() -> None:
    gone = walk(EXAMPLE, history(*APPROVED))

    assert gone.taken == {
        "Flow_RequestReceived": 1,
        "Flow_StartCheck": 2,
        "Flow_ClientChecked": 2,
        "Flow_StoreDecision": 2,
        "Flow_DecisionRefused": 1,
        "Flow_DecisionRecorded": 1,
        "Flow_ClientFitsYes": 1,
        "Flow_CreateCard": 1,
        "Flow_NotifyManager": 1,
        "Flow_CardCreated": 1,
        "Flow_ManagerNotified": 1,
        "Flow_BothDone": 1,
        "Flow_ClientLed": 1,
    }
    assert gone.passed["Task_CheckClient"] == 2


def test_a_move_by_hand_leaves_by_its_boundary_event_and_not_by_the_task() -> None:
    gone = walk(
        EXAMPLE,
        history(
            ("Task_CheckClient", 0, None),
            ("BoundaryEvent_StageMoved", 4, 4),
            ("Gateway_AfterCheck", 4, 4),
        ),
    )

    assert gone.taken == {"Flow_StageMoved": 1}


def test_an_element_of_an_earlier_version_is_counted_and_takes_no_flow() -> None:
    gone = walk(EXAMPLE, history(("Task_Removed", 0, 1)))

    assert gone.passed == {"Task_Removed": 1}
    assert not gone.taken


def test_the_page_colors_every_flow_and_counts_those_taken() -> None:
    first, second = walk(EXAMPLE, history(*APPROVED)), walk(EXAMPLE, history(*REJECTED))
    gone = merged([{EXAMPLE.id: first}, {EXAMPLE.id: second}])
    diagrams = {EXAMPLE.id: EXAMPLE}

    text = page(diagrams, gone, ["<b>Первый</b>", "Второй"])

    assert missing(EXAMPLE, gone) == ["Flow_CheckOverdue", "Flow_HeadWarned", "Flow_StageMoved"]
    assert "&lt;b&gt;Первый&lt;/b&gt;" in text
    svg = text[text.index("<svg") : text.index("</svg>") + 6]
    picture = list(ElementTree.fromstring(svg).iter())
    colors = [one.get("stroke") for one in picture if one.get("stroke-width") == "7"]
    assert colors.count(MISSING) == 3
    assert colors.count(TAKEN) == len(EXAMPLE.flows) - 3
    labels = ["".join(one.itertext()) for one in picture if one.tag.endswith("text")]
    assert labels.count("4") == 3, "started, checked and stored twice by each of two deals"
    assert list(summary(diagrams, gone)) == [
        f"{EXAMPLE.id}: стрелок пройдено {len(EXAMPLE.flows) - 3} из {len(EXAMPLE.flows)}"
    ]


def test_a_diagram_that_no_scenario_enters_is_red() -> None:
    assert missing(EXAMPLE, {}) == sorted(EXAMPLE.flows)
    assert TAKEN not in page({EXAMPLE.id: EXAMPLE}, {}, []).split("<svg", 1)[1]


def test_walks_add_up() -> None:
    one = Walk()
    one.add(walk(EXAMPLE, history(*REJECTED)))
    one.add(walk(EXAMPLE, history(*REJECTED)))

    assert one.taken["Flow_ClientFitsNo"] == 2
