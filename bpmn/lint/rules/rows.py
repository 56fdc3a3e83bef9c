"""The happy path of a drawing: a horizontal line, which may go on in rows below."""

from dataclasses import dataclass, field

from bpmn.lint.rules.geometry import segments
from bpmn.model.elements import Diagram, Edge, Flow, Node

MOST_ROWS = 3


@dataclass
class HappyPath:
    """The line from the start event: its row breaks, and the node at which it stops."""

    breaks: list[Flow] = field(default_factory=list)
    end: Node | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it reaches an end event in few enough rows."""
        return self.end is None or (self.end.kind == "endEvent" and self.rows <= MOST_ROWS)

    @property
    def rows(self) -> int:
        return len(self.breaks) + 1


def happy_path(diagram: Diagram) -> HappyPath:
    """Follow the flows straight ahead, and to the next row where nothing is ahead."""
    starts = (node for node in diagram.of_kind("startEvent") if node.scope == diagram.id)
    path = HappyPath()
    node = next(starts, None)
    while node is not None and node.id in diagram.shapes:
        path.end = node
        flows = [flow for flow in diagram.outgoing(node) if flow.target in diagram.shapes]
        chosen = next((flow for flow in flows if _is_ahead(diagram, flow)), None)
        if chosen is None:
            chosen = next((flow for flow in flows if _begins_row(diagram, flow)), None)
            path.breaks += [chosen] if chosen else []
        node = diagram.nodes[chosen.target] if chosen else None
    return path


def _is_ahead(diagram: Diagram, flow: Flow) -> bool:
    (x, y), (to_x, to_y) = (diagram.shapes[end].box.center for end in (flow.source, flow.target))
    return to_y == y and to_x > x


def _begins_row(diagram: Diagram, flow: Flow) -> bool:
    """Tell if a flow leads from the last element of a row down to the first one of another."""
    source, target = (diagram.shapes[end].box for end in (flow.source, flow.target))
    edge = diagram.edges.get(flow.id)
    return (
        edge is not None
        and target.y > source.bottom
        and _returns_once(edge)
        and source.center[0] == max(_row_of(diagram, flow.source))
        and target.center[0] == min(_row_of(diagram, flow.target))
    )


def _row_of(diagram: Diagram, element: str) -> list[float]:
    """Horizontal centers of the nodes on the same line, boundary events excluded."""
    line, scope = diagram.shapes[element].box.center[1], diagram.nodes[element].scope
    return [
        shape.box.center[0]
        for shape in diagram.shapes.values()
        if (node := diagram.nodes.get(shape.element))
        and (node.scope, shape.box.center[1]) == (scope, line)
        and node.attached_to is None
    ]


def _returns_once(edge: Edge) -> bool:
    """Tell if a flow never leads up and has one part to the left."""
    parts = list(segments(edge))
    return all(a[1] <= b[1] for a, b in parts) and sum(b[0] < a[0] for a, b in parts) == 1
