"""Walks over a diagram: who is asked before a step, what a step leads to, what is reachable."""

from collections.abc import Collection, Iterator, Mapping

from bpmn.lint.integration.conditions import Facts, truth
from bpmn.model.elements import Diagram, Flow, Node

WAITS = frozenset({"userTask", "callActivity", "intermediateCatchEvent", "eventBasedGateway"})


def people_before(diagram: Diagram, node: Node) -> tuple[Node, ...]:
    """The user tasks that come last before ``node``, on each way, through steps and gateways."""
    found: dict[str, Node] = {}
    waiting, seen = [node], {node.id}
    while waiting:
        at = waiting.pop()
        before = [diagram.nodes[flow.source] for flow in diagram.incoming(at)]
        if at.attached_to:
            before.append(diagram.nodes[at.attached_to])
        for one in before:
            if one.kind == "userTask":
                found[one.id] = one
            elif one.id not in seen:
                seen.add(one.id)
                waiting.append(one)
    return tuple(found.values())


def taken(diagram: Diagram, node: Node, facts: Facts) -> tuple[Flow, ...]:
    """The flows that a node may leave by; conditions that the facts do not decide may hold."""
    flows = diagram.outgoing(node)
    if node.kind != "exclusiveGateway":
        return flows
    found: list[Flow] = []
    for flow in (flow for flow in flows if flow.condition):
        answer = truth(flow.condition or "", facts)
        if answer is not False:
            found.append(flow)
        if answer:
            return tuple(found)
    return (*found, *(flow for flow in flows if not flow.condition))


def onward(diagram: Diagram, node: Node, facts: Facts) -> tuple[Node, ...]:
    """The first activities, waits and ends after a node, through exclusive gateways."""
    found: dict[str, Node] = {}
    waiting, seen = [node], {node.id}
    while waiting:
        for flow in taken(diagram, waiting.pop(), facts):
            target = diagram.nodes[flow.target]
            if target.kind in ("exclusiveGateway", "parallelGateway"):
                if target.id not in seen:
                    seen.add(target.id)
                    waiting.append(target)
            else:
                found[target.id] = target
    return tuple(found.values())


def asked_behind(diagram: Diagram, node: Node, name: str) -> bool:
    """Tell if a question right behind a node asks for a variable."""
    waiting, seen = [node], {node.id}
    while waiting:
        for flow in diagram.outgoing(waiting.pop()):
            if name in (flow.condition or ""):
                return True
            target = diagram.nodes[flow.target]
            if target.kind == "exclusiveGateway" and target.id not in seen:
                seen.add(target.id)
                waiting.append(target)
    return False


def following_step(diagram: Diagram, node: Node) -> Iterator[Node]:
    """The external tasks after a node, through gateways and user tasks; the node if it is one."""
    waiting, seen = [node], {node.id}
    while waiting:
        at = waiting.pop()
        if at.topic is not None:
            yield at
            continue
        for one in onward(diagram, at, {}):
            if one.id not in seen:
                seen.add(one.id)
                waiting.append(one)


def reachable(
    diagram: Diagram,
    node: Node,
    facts: Facts | None = None,
    *,
    stop: Collection[str] = (),
    without: Collection[str] = (),
    aside: bool = False,
) -> Mapping[str, Node]:
    """All nodes that a token can reach from ``node``, itself included.

    ``stop``: topics behind which the walk does not go on. ``without``: boundary events left out.
    ``aside``: follow boundary events that start a way of their own, too.
    """
    found = {node.id: node}
    waiting = [node]
    while waiting:
        at = waiting.pop()
        if at.topic in stop:
            continue
        targets = [diagram.nodes[flow.target] for flow in taken(diagram, at, facts or {})]
        targets += [
            boundary
            for boundary in diagram.boundaries(at)
            if boundary.id not in without and (aside or boundary.is_interrupting)
        ]
        if at.kind == "subProcess":
            targets += [n for n in diagram.of_kind("startEvent") if n.scope == at.id]
        for target in targets:
            if target.id not in found:
                found[target.id] = target
                waiting.append(target)
    return found


def main_way(diagram: Diagram, without: Collection[str] = ()) -> Mapping[str, Node]:
    """All nodes reachable from the start without a way beside, such as a reminder."""
    starts = [node for node in diagram.of_kind("startEvent") if node.scope == diagram.id]
    found: dict[str, Node] = {}
    for start in starts:
        found |= reachable(diagram, start, without=without)
    return found
