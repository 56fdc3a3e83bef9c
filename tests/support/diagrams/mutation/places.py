"""Places in a diagram where a modeler's mistake can be planted, and edits of several steps."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass

from lxml import etree  # type: ignore[import-untyped]

from bpmn.model.elements import Diagram, Flow, Node
from bpmn.model.reader import BPMN, CAMUNDA
from tests.support.diagrams.drawn import Drawing, Edit

Place = tuple[str, Edit]
"""Element, and the edit that plants the mistake there."""
Places = Callable[[Diagram], Iterator[Place]]


@dataclass(frozen=True)
class Kind:
    """A kind of mistake, with all places where it can be made in one diagram."""

    name: str
    decidable: bool
    """The contracts, the catalog or the syntax alone say that it is a mistake."""
    places: Places
    drawing: bool = False
    """A fault of the drawing: only then do rules about the layout count."""


def users(d: Diagram) -> tuple[Node, ...]:
    return d.user_tasks


def steps(d: Diagram, *topics: str) -> list[Node]:
    return [n for n in d.external_tasks if not topics or n.topic in topics]


def calls(d: Diagram) -> list[Node]:
    return list(d.of_kind("callActivity"))


def splits(d: Diagram) -> list[Node]:
    return [n for n in d.of_kind("exclusiveGateway") if len(n.outgoing) > 1]


def questions(d: Diagram) -> list[Flow]:
    return [f for f in d.flows.values() if f.condition]


def boundaries(d: Diagram, kind: str) -> list[Node]:
    return [n for n in d.of_kind("boundaryEvent") if n.event and n.event.kind == kind]


def ends(d: Diagram) -> list[Node]:
    return [n for n in d.of_kind("endEvent") if n.scope == d.id]


def default_of(d: Diagram, gateway: Node) -> Flow | None:
    return next((f for f in d.outgoing(gateway) if f.is_default), None)


def following(d: Diagram, node: Node) -> Node | None:
    """The only activity or event after a node, through joining gateways."""
    seen: set[str] = set()
    while len(node.outgoing) == 1 and node.id not in seen:
        seen.add(node.id)
        node = d.nodes[d.outgoing(node)[0].target]
        if not node.kind.endswith("Gateway"):
            return node
    return None


def bypass(node: Node) -> Edit:
    """Delete a step: what led to it leads to what followed it."""

    def edit(drawing: Drawing) -> None:
        outgoing = [
            f for f in drawing.root.iter(f"{BPMN}sequenceFlow") if f.get("sourceRef") == node.id
        ]
        target = outgoing[0].get("targetRef")
        attached = [e.get("id") for e in drawing.root.iter() if e.get("attachedToRef") == node.id]
        for boundary in attached:
            prune(boundary)(drawing)
        for flow in list(drawing.root.iter(f"{BPMN}sequenceFlow")):
            if flow.get("targetRef") == node.id:
                flow.set("targetRef", target)
        drawing.drop(node.id)

    return edit


def prune(element: str) -> Edit:
    """Delete a boundary event with what only it leads to."""

    def edit(drawing: Drawing) -> None:
        flows = list(drawing.root.iter(f"{BPMN}sequenceFlow"))
        targets = [f.get("targetRef") for f in flows if f.get("sourceRef") == element]
        drawing.drop(element)
        for target in targets:
            if not any(
                f.get("targetRef") == target for f in drawing.root.iter(f"{BPMN}sequenceFlow")
            ):
                prune(target)(drawing)

    return edit


def reroute(flow: str, target: str) -> Edit:
    return lambda drawing: drawing.set(flow, targetRef=target)


def swap_targets(one: Flow, other: Flow) -> Edit:
    return lambda d: d.set(one.id, targetRef=other.target).set(other.id, targetRef=one.target)


def insert(flow: Flow, xml: str) -> Edit:
    """Put a new node, whose id is ``New``, into a flow."""

    def edit(drawing: Drawing) -> None:
        found = drawing.find(flow.id)
        node = parse(xml)
        found.getparent().append(node)
        found.set("targetRef", node.get("id"))
        drawing.add_flow("Flow_AfterNew", node.get("id"), flow.target)
        picture(drawing, node.get("id"), flow.target)

    return edit


def append(parent: str, xml: str) -> Edit:
    return lambda drawing: drawing.find(parent).append(parse(xml))


def parse(xml: str) -> etree._Element:
    scopes = f'xmlns:bpmn="{BPMN[1:-1]}" xmlns:camunda="{CAMUNDA[1:-1]}"'
    return etree.fromstring(f"<x {scopes}>{xml}</x>")[0]


def picture(drawing: Drawing, element: str, like: str) -> None:
    """Draw a new node with the shape of another."""
    shape = next(e for e in drawing.root.iter() if e.get("bpmnElement") == like)
    copy = deepcopy(shape)
    copy.set("bpmnElement", element)
    copy.set("id", f"{element}_di")
    shape.getparent().append(copy)


def child(element: str, tag: str, **attributes: str) -> Edit:
    """Add a BPMN child element."""
    return lambda drawing: etree.SubElement(drawing.find(element), f"{BPMN}{tag}", attributes)


def mapping(call: str, tag: str, of: str, /, **changed: str | None) -> Edit:
    """Change or, without changes, delete a mapping of a call activity."""

    def edit(drawing: Drawing) -> None:
        for found in list(drawing.find(call).iter(f"{CAMUNDA}{tag}")):
            if found.get("source") == of:
                if not changed:
                    found.getparent().remove(found)
                for name, value in changed.items():
                    found.attrib.pop(name, None)
                    if value is not None:
                        found.set(name, value)

    return edit


def both(*edits: Edit) -> Edit:
    def edit(drawing: Drawing) -> None:
        for one in edits:
            one(drawing)

    return edit


def append_root(drawing: Drawing, xml: str) -> None:
    """Add an element beside the process, e.g. a message."""
    drawing.root.append(parse(xml))


def moved(d: Diagram) -> list[Node]:
    """Boundary events that wait for a stage move."""
    return [b for b in boundaries(d, "message") if b.event and b.event.reference == "StageMoved"]


def reminders(d: Diagram) -> list[Node]:
    """Timers beside a task that do not end it."""
    return [b for b in boundaries(d, "timer") if not b.is_interrupting]
