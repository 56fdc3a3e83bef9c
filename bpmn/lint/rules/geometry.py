"""Geometry of a drawing: segments, crossings and overlaps."""

from collections.abc import Iterator
from itertools import pairwise

from bpmn.model.elements import Box, Diagram, Edge

Point = tuple[float, float]
Segment = tuple[Point, Point]
TOUCH = 2.0  # pixels within which a flow counts as touching a shape


def segments(edge: Edge) -> Iterator[Segment]:
    """Return the segments of a flow, without those of zero length."""
    return ((a, b) for a, b in pairwise(edge.points) if a != b)


def is_straight(segment: Segment) -> bool:
    """Tell if a segment is horizontal or vertical."""
    (ax, ay), (bx, by) = segment
    return ax == bx or ay == by


def cross(one: Segment, other: Segment) -> bool:
    """Tell if two perpendicular segments cross in the inside of both."""
    if _is_vertical(one) == _is_vertical(other):
        return False
    upright, flat = (one, other) if _is_vertical(one) else (other, one)
    x, y = upright[0][0], flat[0][1]
    return _inside(y, upright[0][1], upright[1][1]) and _inside(x, flat[0][0], flat[1][0])


def run_together(one: Segment, other: Segment) -> bool:
    """Tell if two parallel segments overlap by more than `TOUCH`."""
    if _is_vertical(one) != _is_vertical(other):
        return False
    along, across = (1, 0) if _is_vertical(one) else (0, 1)
    if one[0][across] != other[0][across]:
        return False
    low = max(min(one[0][along], one[1][along]), min(other[0][along], other[1][along]))
    high = min(max(one[0][along], one[1][along]), max(other[0][along], other[1][along]))
    return high - low > TOUCH


def passes_through(segment: Segment, box: Box) -> bool:
    """Tell if a segment has points inside the box, border excluded."""
    (ax, ay), (bx, by) = segment
    return (
        min(ax, bx) < box.right - TOUCH
        and max(ax, bx) > box.x + TOUCH
        and min(ay, by) < box.bottom - TOUCH
        and max(ay, by) > box.y + TOUCH
    )


def touches(point: Point, box: Box) -> bool:
    """Tell if a point lies in the box, border included."""
    x, y = point
    return box.x - TOUCH <= x <= box.right + TOUCH and box.y - TOUCH <= y <= box.bottom + TOUCH


def leads_back(diagram: Diagram, source: str, target: str) -> bool:
    """Tell if ``source`` is reachable from ``target``: a flow between them closes a loop."""
    seen, waiting = {target}, [target]
    while waiting:
        node = diagram.nodes[waiting.pop()]
        nexts = {flow.target for flow in diagram.outgoing(node)}
        nexts |= {boundary.id for boundary in diagram.boundaries(node)}
        waiting += nexts - seen
        seen |= nexts
    return source in seen


def _is_vertical(segment: Segment) -> bool:
    return segment[0][0] == segment[1][0]


def _inside(value: float, end: float, other_end: float) -> bool:
    return min(end, other_end) + TOUCH < value < max(end, other_end) - TOUCH
