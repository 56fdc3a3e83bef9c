"""Rules for the drawing: direction, straight happy path, no crossings or overlaps."""

from collections.abc import Iterator
from itertools import combinations
from math import ceil

from bpmn.lint.finding import Violation
from bpmn.lint.rules.geometry import (
    cross,
    is_straight,
    leads_back,
    passes_through,
    run_together,
    segments,
    touches,
)
from bpmn.lint.rules.rows import MOST_ROWS, happy_path
from bpmn.model.elements import Box, Diagram, Edge, Flow, Node, NodeShape
from bpmn.model.lettering import PADDING, TASK_SIZE, text_box, width_of

SIZES = {"Task": (100, 80), "callActivity": (100, 80), "Gateway": (50, 50), "Event": (36, 36)}
STEP = 20  # pixels by which a task may be wider than the standard
SCREEN = 1840
"""Pixels of a full-HD screen that are left between the margins of a picture and a scroll bar."""


def everything_drawn(diagram: Diagram) -> Iterator[Violation]:
    """Each element of the process is drawn, and nothing else is."""
    for node in diagram.nodes.values():
        if node.id not in diagram.shapes:
            yield node.id, "не нарисован; поместите его на схему"
        elif node.name and _labeled_outside(node.kind) and not diagram.shapes[node.id].label:
            yield node.id, "у подписи нет места; сдвиньте её один раз в редакторе"
    for flow in diagram.flows.values():
        if flow.id not in diagram.edges:
            yield flow.id, "стрелка не нарисована; соедините элементы заново"
    drawn = {**diagram.shapes, **diagram.edges}
    known = diagram.nodes.keys() | diagram.flows.keys() | diagram.artifacts
    for element in sorted(drawn.keys() - known):
        yield element, "нарисован, но в процессе его нет; удалите со схемы"


def standard_sizes(diagram: Diagram) -> Iterator[Violation]:
    """Symbols have standard sizes: task 100×80, gateway 50×50, event 36×36.

    A task may be wider for a word of its label that would be cut, by steps of 20.
    """
    for kind, shape in _boxes(diagram):
        wanted = next((size for end, size in SIZES.items() if kind.endswith(end)), None)
        size = (shape.box.width, shape.box.height)
        if wanted and size not in (wanted, _for_words(diagram.nodes[shape.element], wanted)):
            yield shape.element, f"необычный размер; сделайте {wanted[0]}×{wanted[1]}"


def _for_words(node: Node, size: tuple[int, int]) -> tuple[int, int]:
    """The size of a symbol with room for the longest word of its label."""
    if node.kind.endswith(("Event", "Gateway")):
        return size
    longest = max((width_of(word, TASK_SIZE) for word in node.name.split()), default=0)
    missing = longest + 2 * PADDING + 1 - size[0]
    return size[0] + max(0, ceil(missing / STEP)) * STEP, size[1]


def positive_coordinates(diagram: Diagram) -> Iterator[Violation]:
    """Coordinates are not negative."""
    for shape in diagram.shapes.values():
        if shape.box.x < 0 or shape.box.y < 0:
            yield shape.element, "лежит вне страницы; сдвиньте схему вправо и вниз"


def left_to_right(diagram: Diagram) -> Iterator[Violation]:
    """Flows run from left to right, except in loops and to the next row of the happy path."""
    breaks = happy_path(diagram).breaks
    for flow, edge in _flows(diagram):
        source, target = diagram.shapes[flow.source].box, diagram.shapes[flow.target].box
        backwards = target.center[0] < source.center[0] and flow not in breaks
        if backwards and not leads_back(diagram, flow.source, flow.target):
            yield flow.id, f"ведёт влево к {flow.target}; поставьте его правее {flow.source}"
        if edge.points[0][0] <= source.x and edge.points[1][0] < source.x:
            yield flow.id, f"выходит из {flow.source} слева; выведите справа, сверху или снизу"
        if edge.points[-1][0] >= target.right and edge.points[-2][0] > target.right:
            yield flow.id, f"входит в {flow.target} справа; введите слева, сверху или снизу"


def happy_path_straight(diagram: Diagram) -> Iterator[Violation]:
    """The happy path is one horizontal line from the start event to an end event.

    A wide diagram continues it in at most `MOST_ROWS` rows: from the last element of a row one flow
    leads down and back to the first element of the next row.
    """
    path = happy_path(diagram)
    if path.is_whole or path.end is None:
        return
    if path.rows > MOST_ROWS:
        yield (
            path.end.id,
            f"рядов {path.rows}, удобно читать до {MOST_ROWS}; вынесите часть в вызываемый процесс",
        )
    else:
        yield (
            path.end.id,
            "прямая линия от начала здесь рвётся; поставьте следующий шаг правее или начните им "
            "ряд ниже: он там первый, стрелка к нему от последнего шага идёт вниз и влево",
        )


def right_angles(diagram: Diagram) -> Iterator[Violation]:
    """Flows have horizontal and vertical segments only."""
    for flow, edge in _flows(diagram):
        if not all(is_straight(segment) for segment in segments(edge)):
            yield flow.id, "стрелка идёт наискось; ведите под прямым углом"


def flows_touch_their_ends(diagram: Diagram) -> Iterator[Violation]:
    """A flow starts and ends at the shapes that it connects."""
    for flow, edge in _flows(diagram):
        ends = ((flow.source, edge.points[0]), (flow.target, edge.points[-1]))
        for element, point in ends:
            if not touches(point, diagram.shapes[element].box):
                yield flow.id, f"не касается {element}; соедините заново"


def no_crossings(diagram: Diagram) -> Iterator[Violation]:
    """Flows do not cross or overlap, except where they merge into one target."""
    for (flow, edge), (other, other_edge) in combinations(_flows(diagram), 2):
        pieces = [(a, b) for a in segments(edge) for b in segments(other_edge)]
        if any(cross(a, b) for a, b in pieces):
            yield flow.id, f"пересекает {other.id}; разведите"
        elif flow.target != other.target and any(run_together(a, b) for a, b in pieces):
            yield flow.id, f"лежит на {other.id}; разведите"


def flows_avoid_shapes(diagram: Diagram) -> Iterator[Violation]:
    """A flow does not pass over other elements."""
    for flow, edge in _flows(diagram):
        own = {flow.source, flow.target, diagram.nodes[flow.source].attached_to}
        for kind, shape in _boxes(diagram):
            if shape.element in own or kind == "subProcess":
                continue
            if any(passes_through(segment, shape.box) for segment in segments(edge)):
                yield flow.id, f"проходит по {shape.element}; обведите"


def no_overlaps(diagram: Diagram) -> Iterator[Violation]:
    """Elements do not overlap, except boundary events and contents of a sub-process."""
    shapes = [shape for _, shape in _boxes(diagram)]
    for one, other in combinations(shapes, 2):
        a, b = diagram.nodes[one.element], diagram.nodes[other.element]
        belongs = a.attached_to == b.id or b.attached_to == a.id
        inside = a.scope == b.id or b.scope == a.id
        if one.box.overlaps(other.box) and not belongs and not inside:
            yield one.element, f"лежит на {other.element}; раздвиньте"


def labels_readable(diagram: Diagram) -> Iterator[Violation]:
    """The texts of labels do not overlap others, elements or flows, measured in Arial on every
    computer."""
    labels = dict(_labels(diagram))
    for (one, box), (other, other_box) in combinations(labels.items(), 2):
        if box.overlaps(other_box):
            yield one, f"подпись лежит на подписи {other}; сдвиньте одну"
    for element, box in labels.items():
        for kind, shape in _boxes(diagram):
            if kind != "subProcess" and shape.box.overlaps(box):
                yield element, f"подпись лежит на {shape.element}; сдвиньте её"
        for flow, edge in _flows(diagram):
            if any(passes_through(segment, box) for segment in segments(edge)):
                yield element, f"подпись лежит на стрелке {flow.id}; сдвиньте её"


def _labeled_outside(kind: str) -> bool:
    return kind.endswith(("Event", "Gateway"))


def _boxes(diagram: Diagram) -> Iterator[tuple[str, NodeShape]]:
    """Yield kind and shape of each drawn node."""
    for shape in diagram.shapes.values():
        if node := diagram.nodes.get(shape.element):
            yield node.kind, shape


def _flows(diagram: Diagram) -> Iterator[tuple[Flow, Edge]]:
    """Yield the flows with both ends drawn and at least two points."""
    for edge in diagram.edges.values():
        flow = diagram.flows.get(edge.element)
        if flow and len(edge.points) > 1 and {flow.source, flow.target} <= diagram.shapes.keys():
            yield flow, edge


def _labels(diagram: Diagram) -> Iterator[tuple[str, Box]]:
    for shape in diagram.shapes.values():
        if shape.label and (node := diagram.nodes.get(shape.element)) and node.name:
            yield shape.element, text_box(shape.label, node.name)
    for edge in diagram.edges.values():
        flow = diagram.flows.get(edge.element)
        if edge.label and flow and flow.name:
            yield edge.element, text_box(edge.label, flow.name)


def fits_the_screen(diagram: Diagram) -> Iterator[Violation]:
    """The drawing is at most `SCREEN` pixels wide, so that it is read without scrolling."""
    boxes = [box for shape in diagram.shapes.values() for box in (shape.box, shape.label) if box]
    ends = [x for edge in diagram.edges.values() for x, _ in edge.points]
    left = min([*(box.x for box in boxes), *ends], default=0)
    width = max([*(box.right for box in boxes), *ends], default=0) - left
    if width > SCREEN:
        yield (
            diagram.id,
            f"ширина {width:.0f}, на экран помещается {SCREEN}; продолжите главный путь рядом ниже "
            "или вынесите часть в вызываемый процесс",
        )


RULES = (
    everything_drawn,
    standard_sizes,
    positive_coordinates,
    left_to_right,
    happy_path_straight,
    right_angles,
    flows_touch_their_ends,
    no_crossings,
    flows_avoid_shapes,
    no_overlaps,
    labels_readable,
)
WARNINGS = (fits_the_screen,)
"""Rules whose findings do not forbid a deployment."""
