"""SVG rendering of a diagram, with the positions of its BPMNDI part."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import pairwise
from math import dist

from bpmn.model.elements import Box, Diagram, Edge, Node, NodeShape
from bpmn.model.lettering import (
    LABEL_SIZE,
    LABEL_WIDTH,
    LINE_HEIGHT,
    PADDING,
    TASK_SIZE,
    width_of,
    wrap,
)

MARGIN = 30  # pixels around the drawing
INK, PAPER = "#22242a", "#ffffff"
FONT = 'font-family="Arial, Liberation Sans, sans-serif"'
PERSON = "M6,7 a4,4 0 1,1 8,0 a4,4 0 1,1 -8,0 M3,19 v-3 a5,5 0 0,1 5,-5 h4 a5,5 0 0,1 5,5 v3 z"
GEAR = (
    "M10,2 v3 M10,15 v3 M2,10 h3 M15,10 h3 M4.3,4.3 l2.2,2.2 M13.5,13.5 l2.2,2.2 "
    "M4.3,15.7 l2.2,-2.2 M13.5,6.5 l2.2,-2.2 M5,10 a5,5 0 1,1 10,0 a5,5 0 1,1 -10,0 "
    "M8,10 a2,2 0 1,1 4,0 a2,2 0 1,1 -4,0"
)
ENVELOPE = "M-9,-6 h18 v12 h-18 z M-9,-6 l9,7 l9,-7"
CLOCK = "M-9,0 a9,9 0 1,1 18,0 a9,9 0 1,1 -18,0 M0,-6 v6 l5,2"
BOLT = "M-8,7 l5,-14 l6,8 l5,-9 l-4,15 l-6,-8 z"
PENTAGON = "M0,-8 L7.6,-2.5 L4.7,6.5 H-4.7 L-7.6,-2.5 z"
PLUS = "M0,0 h14 v14 h-14 z M7,2 v10 M2,7 h10"
GATEWAY_SIGNS = {
    "exclusiveGateway": "M-8,-8 L8,8 M8,-8 L-8,8",
    "parallelGateway": "M0,-12 V12 M-12,0 H12",
}
EVENT_ICONS = {"message": ENVELOPE, "timer": CLOCK, "error": BOLT}


def draw(
    diagram: Diagram,
    marks: Mapping[str, str] | None = None,
    badges: Mapping[str, str] | None = None,
) -> str:
    """Return the diagram as an SVG document.

    ``marks``: element id → CSS color of a highlight, e.g. for the current activity of a deal.
    ``badges``: flow id → short text on the middle of the flow, e.g. how often it was taken.
    """
    marks = marks or {}
    parts = [
        *(part for shape, node in _drawn(diagram) for part in _node(node, shape, marks)),
        *(part for edge in diagram.edges.values() for part in _edge(edge, diagram, marks)),
        *(_badge(diagram.edges[flow], text) for flow, text in (badges or {}).items()),
    ]
    box = _extent(diagram)
    title = escape(diagram.name or diagram.id)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{title}" '
        f'viewBox="{box.x:g} {box.y:g} {box.width:g} {box.height:g}" '
        f'width="{box.width:g}" height="{box.height:g}">'
        f"<title>{title}</title>"
        f'<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" '
        f'markerHeight="9" markerUnits="userSpaceOnUse" orient="auto">'
        f'<path d="M0,1 L10,5 L0,9 z" fill="{INK}"/></marker>'
        f'<marker id="default" viewBox="0 0 20 20" refX="0" refY="10" markerWidth="15" '
        f'markerHeight="15" markerUnits="userSpaceOnUse" orient="auto">'
        f'<path d="M6,4 L10,16" stroke="{INK}" stroke-width="2"/></marker></defs>'
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" '
        f'fill="{PAPER}"/>' + "".join(parts) + "</svg>"
    )


def _extent(diagram: Diagram) -> Box:
    boxes = [b for s in diagram.shapes.values() for b in (s.box, s.label) if b]
    boxes += [Box(x, y, 0, 0) for e in diagram.edges.values() for x, y in e.points]
    boxes += [e.label for e in diagram.edges.values() if e.label]
    left = min((b.x for b in boxes), default=0) - MARGIN
    top = min((b.y for b in boxes), default=0) - MARGIN
    right = max((b.right for b in boxes), default=0) + MARGIN
    bottom = max((b.bottom for b in boxes), default=0) + MARGIN
    return Box(left, top, right - left, bottom - top)


def _drawn(diagram: Diagram) -> Iterator[tuple[NodeShape, Node]]:
    """Yield shapes with nodes from back to front: sub-processes, other nodes, boundary events."""
    nodes = diagram.nodes
    known = [(s, nodes[s.element]) for s in diagram.shapes.values() if s.element in nodes]
    layers = {"subProcess": 0, "boundaryEvent": 2}
    yield from sorted(known, key=lambda pair: layers.get(pair[1].kind, 1))


def _node(node: Node, shape: NodeShape, marks: Mapping[str, str]) -> Iterator[str]:
    box, fill, stroke = shape.box, shape.fill or PAPER, shape.stroke or INK
    if node.id in marks:
        yield _halo(node, box, marks[node.id])
    yield f'<g data-element="{escape(node.id)}" fill="{fill}" stroke="{stroke}">'
    if node.kind.endswith("Event"):
        yield from _event(node, box)
    elif node.kind.endswith("Gateway"):
        yield from _gateway(node, box)
    else:
        yield from _activity(node, box)
    yield "</g>"
    if shape.label and node.name:
        yield _outside(node.name, shape.label)


def _halo(node: Node, box: Box, color: str) -> str:
    radius = box.width if node.kind.endswith("Event") else 14
    return (
        f'<rect x="{box.x - 7:g}" y="{box.y - 7:g}" width="{box.width + 14:g}" '
        f'height="{box.height + 14:g}" rx="{radius:g}" fill="{escape(color)}" '
        f'fill-opacity="0.35" stroke="{escape(color)}" stroke-width="2"/>'
    )


def _event(node: Node, box: Box) -> Iterator[str]:
    x, y = box.center
    radius = box.width / 2
    width = 4 if node.kind == "endEvent" else 2
    dashes = "" if node.is_interrupting else ' stroke-dasharray="5 3"'
    center = f'<circle cx="{x:g}" cy="{y:g}"'
    yield f'{center} r="{radius - width / 2:g}" stroke-width="{width}"{dashes}/>'
    if node.kind in ("boundaryEvent", "intermediateCatchEvent", "intermediateThrowEvent"):
        yield f'{center} r="{radius - 4:g}" stroke-width="1.5"{dashes}/>'
    if node.event and (icon := EVENT_ICONS.get(node.event.kind)):
        yield _icon(icon, x, y)
    if node.event and node.event.kind == "terminate":
        yield f'{center} r="{radius - 8:g}" fill="{INK}"/>'


def _gateway(node: Node, box: Box) -> Iterator[str]:
    x, y = box.center
    half = box.width / 2
    yield (
        f'<path d="M{x:g},{box.y:g} L{box.right:g},{y:g} L{x:g},{box.bottom:g} '
        f'L{x - half:g},{y:g} z" stroke-width="2"/>'
    )
    if node.kind == "eventBasedGateway":
        yield f'<circle cx="{x:g}" cy="{y:g}" r="13" stroke-width="1.5"/>'
        yield _icon(PENTAGON, x, y)
    if sign := GATEWAY_SIGNS.get(node.kind):
        yield f'<path transform="translate({x:g} {y:g})" d="{sign}" stroke-width="3"/>'


def _activity(node: Node, box: Box) -> Iterator[str]:
    width = 5 if node.kind == "callActivity" else 2
    dashes = ' stroke-dasharray="2 3"' if node.is_event_sub_process else ""
    yield (
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" '
        f'rx="10" stroke-width="{width}"{dashes}/>'
    )
    if node.kind == "subProcess":
        yield _lines(wrap(node.name, box.width - 2 * PADDING), box.center[0], box.y + 8, TASK_SIZE)
        return
    if icon := {"userTask": PERSON, "serviceTask": GEAR}.get(node.kind):
        yield _icon(icon, box.x + 5, box.y + 5)
    if node.kind == "callActivity":
        left, top = box.center[0] - 7.5, box.bottom - 20  # where bpmn-js has it
        yield f'<path transform="translate({left:g} {top:g})" d="{PLUS}" stroke-width="1"/>'
    yield _inside(node.name, box)


def _icon(path: str, x: float, y: float) -> str:
    return f'<path transform="translate({x:g} {y:g})" d="{path}" fill="none" stroke-width="1.2"/>'


def _inside(text: str, box: Box) -> str:
    """The label of an activity: in the middle of its box."""
    lines = wrap(text, box.width - 2 * PADDING)
    height = len(lines) * TASK_SIZE * LINE_HEIGHT
    top = box.y + max(0.0, box.height - height) / 2
    return _lines(lines, box.center[0], top, TASK_SIZE)


def _outside(text: str, box: Box) -> str:
    """A label with bounds of its own."""
    lines = wrap(text, LABEL_WIDTH, LABEL_SIZE)
    return _lines(lines, box.center[0], box.y, LABEL_SIZE)


def _lines(lines: Sequence[str], x: float, top: float, size: int) -> str:
    """Centered lines."""
    spans = "".join(
        f'<tspan x="{x:g}" y="{top + number * size * LINE_HEIGHT + size - 1:g}">'
        f"{escape(line)}</tspan>"
        for number, line in enumerate(lines)
    )
    return (
        f'<text {FONT} font-size="{size:g}" text-anchor="middle" fill="{INK}" '
        f'stroke="none">{spans}</text>'
    )


def _edge(edge: Edge, diagram: Diagram, marks: Mapping[str, str]) -> Iterator[str]:
    path = " L".join(f"{x:g},{y:g}" for x, y in edge.points)
    flow = diagram.flows.get(edge.element)
    slash = ' marker-start="url(#default)"' if flow and flow.is_default else ""
    if color := marks.get(edge.element):
        yield (
            f'<path d="M{path}" fill="none" stroke="{escape(color)}" stroke-width="7" '
            f'opacity="0.5"/>'
        )
    yield (
        f'<path data-element="{escape(edge.element)}" d="M{path}" fill="none" stroke="{INK}" '
        f'stroke-width="1.5" stroke-linejoin="round" marker-end="url(#arrow)"{slash}/>'
    )
    if flow and flow.name and edge.label:
        yield _outside(flow.name, edge.label)


def _badge(edge: Edge, text: str) -> str:
    """A rounded label on the middle of the longest part of a flow."""
    first, second = max(pairwise(edge.points), key=lambda pair: dist(*pair))
    x, y = (first[0] + second[0]) / 2, (first[1] + second[1]) / 2
    width = max(18.0, width_of(text, LABEL_SIZE) + 10)
    return (
        f'<rect x="{x - width / 2:g}" y="{y - 9:g}" width="{width:g}" height="18" rx="9" '
        f'fill="{PAPER}" stroke="{INK}"/>' + _lines([text], x, y - 6.5, LABEL_SIZE)
    )
