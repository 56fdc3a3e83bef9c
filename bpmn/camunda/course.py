"""Course of a process instance on its diagram: where it stands, what it passed, by which flows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bpmn.camunda.client.records import Passage
from bpmn.model.elements import Diagram


class Mark(StrEnum):
    """State of an element of the diagram."""

    PASSED = "passed"
    CANCELED = "canceled"
    CURRENT = "current"


@dataclass(frozen=True)
class Course:
    """Marks by element id; an element without a mark was not reached."""

    nodes: Mapping[str, Mark]
    flows: frozenset[str]
    """Flows that the instance took."""


def course_of(diagram: Diagram, passages: Sequence[Passage]) -> Course:
    """Mark what an instance visited; ``passages`` are in the order in which they began.

    The engine keeps no history of flows. Into a visit leads the flow whose source was the last to
    end before it began.
    """
    nodes: dict[str, Mark] = {}
    flows: set[str] = set()
    earlier: dict[str, list[Passage]] = {}
    for passage in passages:
        node = diagram.nodes.get(passage.activity)
        if node is None:
            continue
        if nodes.get(node.id) is not Mark.CURRENT:
            nodes[node.id] = _mark(passage)
        ends = {
            flow.id: _left(earlier.get(flow.source, ()), passage) for flow in diagram.incoming(node)
        }
        known = {flow: end for flow, end in ends.items() if end is not None}
        if known:
            flows.add(max(known, key=lambda flow: known[flow]))
        earlier.setdefault(node.id, []).append(passage)
    return Course(nodes, frozenset(flows))


def _mark(passage: Passage) -> Mark:
    if passage.ended_at is None:
        return Mark.CURRENT
    return Mark.CANCELED if passage.canceled else Mark.PASSED


def _left(visits: Sequence[Passage], following: Passage) -> datetime | None:
    """When a source was left for the last time before a visit began."""
    ends = [one.ended_at for one in visits if one.ended_at is not None and not one.canceled]
    return max((end for end in ends if end <= following.started_at), default=None)
