"""Points, segments and boxes of a drawing, and what it means that they meet."""

from collections.abc import Iterator
from itertools import pairwise

from bpmn.model.elements import Box, Diagram, Edge

Point = tuple[float, float]
Segment = tuple[Point, Point]
TOUCH = 2.0  # pixels within which a flow counts as touching a shape


def segments(edge: Edge) -> Iterator[Segment]:
    """Straight pieces of a flow, without pieces of no length."""
    return ((a, b) for a, b in pairwise(edge.points) if a != b)


def is_straight(segment: Segment) -> bool:
    """Horizontal or vertical."""
    (ax, ay), (bx, by) = segment
    return ax == bx or ay == by


def cross(one: Segment, other: Segment) -> bool:
    """Two straight segments of different direction meet inside both of them."""
    if _is_vertical(one) == _is_vertical(other):
        return False
    upright, flat = (one, other) if _is_vertical(one) else (other, one)
    x, y = upright[0][0], flat[0][1]
    return _inside(y, upright[0][1], upright[1][1]) and _inside(x, flat[0][0], flat[1][0])


def run_together(one: Segment, other: Segment) -> bool:
    """Two straight segments lie on each other for more than a point."""
    if _is_vertical(one) != _is_vertical(other):
        return False
    along, across = (1, 0) if _is_vertical(one) else (0, 1)
    if one[0][across] != other[0][across]:
        return False
    low = max(min(one[0][along], one[1][along]), min(other[0][along], other[1][along]))
    high = min(max(one[0][along], one[1][along]), max(other[0][along], other[1][along]))
    return high - low > TOUCH


def passes_through(segment: Segment, box: Box) -> bool:
    """A straight segment has points inside the box, its border not counted."""
    (ax, ay), (bx, by) = segment
    return (
        min(ax, bx) < box.right - TOUCH
        and max(ax, bx) > box.x + TOUCH
        and min(ay, by) < box.bottom - TOUCH
        and max(ay, by) > box.y + TOUCH
    )


def touches(point: Point, box: Box) -> bool:
    """A point lies on the box or within it."""
    x, y = point
    return box.x - TOUCH <= x <= box.right + TOUCH and box.y - TOUCH <= y <= box.bottom + TOUCH


def leads_back(diagram: Diagram, source: str, target: str) -> bool:
    """``source`` can be reached from ``target``: a flow from one to the other closes a loop."""
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
