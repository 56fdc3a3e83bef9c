"""The picture of a diagram: complete, well-formed, safe to show on a page."""

from pathlib import Path
from xml.etree import ElementTree

from lxml.etree import SubElement  # type: ignore[import-untyped]

from bpmn.model.picture import PLUS, draw
from bpmn.model.reader import BPMN, read_diagram
from tests.support.diagrams.drawn import Drawing

EXAMPLE = Path(__file__).parents[1] / "example.bpmn"
SVG = "{http://www.w3.org/2000/svg}"


def test_everything_of_the_diagram_is_on_the_picture() -> None:
    diagram = read_diagram(EXAMPLE)

    picture = ElementTree.fromstring(draw(diagram))

    drawn = {element.get("data-element") for element in picture.iter()} - {None}
    assert drawn == set(diagram.nodes) | set(diagram.flows)


def test_labels_are_broken_into_lines_and_complete() -> None:
    picture = ElementTree.fromstring(draw(read_diagram(EXAMPLE)))

    texts = [" ".join(span.text or "" for span in text) for text in picture.iter(f"{SVG}text")]

    assert "Решение не принято" in texts
    assert "Предупредить руководителя" in texts


def test_a_marked_element_gets_a_halo_and_the_others_none() -> None:
    diagram = read_diagram(EXAMPLE)

    plain, marked = draw(diagram), draw(diagram, {"Task_CheckClient": "#2e7d32"})

    assert "#2e7d32" not in plain
    assert marked.count("#2e7d32") == 2  # fill and border of one halo


def test_an_end_that_ends_everything_is_filled() -> None:
    waiting = Drawing(EXAMPLE)
    ending = Drawing(EXAMPLE)
    SubElement(ending.find("EndEvent_ClientChecked"), f"{BPMN}terminateEventDefinition")

    plain, filled = (draw(drawing.read()).count("<circle") for drawing in (waiting, ending))

    assert filled == plain + 1


def test_names_written_by_modelers_cannot_become_markup() -> None:
    drawing = Drawing(EXAMPLE).set("Task_CheckClient", name="Проверить <script>x</script> & Ко")

    picture = draw(drawing.read())

    assert "<script>" not in picture
    assert "&lt;script&gt;" in picture


def test_default_flows_have_a_slash_and_others_none() -> None:
    diagram = read_diagram(EXAMPLE)

    picture = ElementTree.fromstring(draw(diagram))

    slashed = {one.get("data-element") for one in picture.iter() if one.get("marker-start")}
    assert slashed == {flow.id for flow in diagram.flows.values() if flow.is_default}
    assert slashed


def test_call_activities_have_a_plus() -> None:
    drawing = Drawing(EXAMPLE)
    drawing.find("Task_CheckClient").tag = f"{BPMN}callActivity"

    called, plain = draw(drawing.read()), draw(read_diagram(EXAMPLE))

    assert called.count(PLUS) == plain.count(PLUS) + 1


def test_a_badge_stands_on_its_flow() -> None:
    diagram = read_diagram(EXAMPLE)

    picture = draw(diagram, badges={"Flow_StartCheck": "<17>"})

    assert "&lt;17&gt;" in picture
    assert picture.count("<rect") == draw(diagram).count("<rect") + 1
