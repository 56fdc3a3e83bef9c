"""Parser of .bpmn files."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from lxml import etree  # type: ignore[import-untyped]

from bpmn.model.elements import (
    Box,
    Diagram,
    Edge,
    Event,
    Flow,
    InvalidDiagram,
    Listener,
    Node,
    NodeShape,
    Snippet,
)

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
BPMNDI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
DI = "{http://www.omg.org/spec/DD/20100524/DI}"
CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
OLD_CAMUNDA = "{http://activiti.org/bpmn}"  # the engine still accepts it
BIOC = "{http://bpmn.io/schema/bpmn/biocolor/1.0}"
COLOR = "{http://www.omg.org/spec/BPMN/non-normative/color/1.0}"

FLOW_NODE_NAMES = (
    "task",
    "userTask",
    "serviceTask",
    "sendTask",
    "receiveTask",
    "manualTask",
    "businessRuleTask",
    "scriptTask",
    "callActivity",
    "subProcess",
    "transaction",
    "adHocSubProcess",
    "startEvent",
    "endEvent",
    "boundaryEvent",
    "intermediateCatchEvent",
    "intermediateThrowEvent",
    "exclusiveGateway",
    "parallelGateway",
    "inclusiveGateway",
    "complexGateway",
    "eventBasedGateway",
)
FLOW_NODES = frozenset(f"{BPMN}{name}" for name in FLOW_NODE_NAMES)

Element = Any  # lxml has no types of its own


def read_diagram(path: Path) -> Diagram:
    """Read one file, without entities, DTDs or network access.

    Raises: InvalidDiagram.
    """
    return parse_diagram(path.read_bytes(), path)


def read_diagrams(folder: Path) -> tuple[Diagram, ...]:
    """Read all diagrams of a folder in the order of their names. Raises: InvalidDiagram."""
    return tuple(read_diagram(path) for path in sorted(folder.glob("*.bpmn")))


def parse_diagram(source: bytes, path: Path) -> Diagram:
    """Parse a diagram; ``path`` is used in messages only.

    Raises: InvalidDiagram.
    """
    root = _root(source, path)
    processes = root.findall(f"{BPMN}process")
    if len(processes) != 1:
        raise InvalidDiagram(
            path, root.sourceline, f"{len(processes)} processes; draw one process per file"
        )
    process = processes[0]
    flows = _by_id(_flows(process, path), path)
    nodes = _by_id(_nodes(root, process, path), path)
    _check_ends(flows.values(), nodes, path)
    return Diagram(
        path=path,
        id=_id(process, path),
        name=process.get("name", ""),
        line=process.sourceline,
        attributes=_attributes(process),
        nodes=nodes,
        flows=flows,
        shapes={s.element: s for s in _shapes(root)},
        edges={e.element: e for e in _edges(root)},
        snippets=tuple(_snippets(root)),
    )


def _root(source: bytes, path: Path) -> Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(source, parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        raise InvalidDiagram(path, line, f"not well-formed XML: {error.msg}") from error
    if root.getroottree().docinfo.doctype:
        raise InvalidDiagram(path, 1, "a document type is declared; remove the <!DOCTYPE …>")
    if root.tag != f"{BPMN}definitions":
        raise InvalidDiagram(path, root.sourceline, "not a BPMN file: no <bpmn:definitions>")
    return root


Drawn = TypeVar("Drawn", Node, Flow)


def _by_id(elements: Iterable[Drawn], path: Path) -> dict[str, Drawn]:
    found: dict[str, Drawn] = {}
    for element in elements:
        if element.id in found:
            raise InvalidDiagram(path, element.line, f"the id {element.id!r} is used twice")
        found[element.id] = element
    return found


def _check_ends(flows: Iterable[Flow], nodes: Mapping[str, Node], path: Path) -> None:
    for flow in flows:
        for end in (flow.source, flow.target):
            if end not in nodes:
                raise InvalidDiagram(
                    path,
                    flow.line,
                    f"flow {flow.id} refers to {end!r}, which is not in the process",
                )
    for node in nodes.values():
        if node.kind == "boundaryEvent" and node.attached_to not in nodes:
            raise InvalidDiagram(path, node.line, f"{node.id} is not attached; attach it to a task")


def _id(element: Element, path: Path) -> str:
    found = element.get("id")
    if not found:
        tag = etree.QName(element).localname
        raise InvalidDiagram(path, element.sourceline, f"<{tag}> has no id")
    return str(found)


def _attributes(element: Element) -> dict[str, str]:
    return {etree.QName(name).localname: str(value) for name, value in element.attrib.items()}


def _flows(process: Element, path: Path) -> Iterator[Flow]:
    defaults = {e.get("default") for e in process.iter(*FLOW_NODES)}
    for element in process.iter(f"{BPMN}sequenceFlow"):
        flow_id = _id(element, path)
        yield Flow(
            id=flow_id,
            source=element.get("sourceRef", ""),
            target=element.get("targetRef", ""),
            name=element.get("name", ""),
            line=element.sourceline,
            condition=_text(element.find(f"{BPMN}conditionExpression")),
            is_default=flow_id in defaults,
        )


def _nodes(root: Element, process: Element, path: Path) -> Iterator[Node]:
    flows = list(process.iter(f"{BPMN}sequenceFlow"))
    for element in process.iter(*FLOW_NODES):
        node_id = _id(element, path)
        extensions = element.find(f"{BPMN}extensionElements")
        yield Node(
            id=node_id,
            kind=etree.QName(element).localname,
            name=element.get("name", ""),
            line=element.sourceline,
            scope=element.getparent().get("id", ""),
            incoming=tuple(f.get("id") for f in flows if f.get("targetRef") == node_id),
            outgoing=tuple(f.get("id") for f in flows if f.get("sourceRef") == node_id),
            attributes=_attributes(element),
            inputs=dict(_parameters(extensions, "inputParameter")),
            outputs=tuple(_parameters(extensions, "outputParameter")),
            listeners=tuple(_listeners(extensions)),
            event=_event(root, element),
            documentation=_text(element.find(f"{BPMN}documentation")) or "",
            **_call(extensions),
        )


def _text(element: Element | None) -> str | None:
    return None if element is None or element.text is None else str(element.text).strip()


def _parameters(extensions: Element | None, tag: str) -> Iterator[tuple[str, str]]:
    if extensions is not None:
        for parameter in extensions.iterfind(f"{CAMUNDA}inputOutput/{CAMUNDA}{tag}"):
            yield parameter.get("name", ""), _text(parameter) or ""


def _listeners(extensions: Element | None) -> Iterator[Listener]:
    for scope in ("task", "execution"):
        for found in () if extensions is None else extensions.iterfind(f"{CAMUNDA}{scope}Listener"):
            yield Listener(scope, found.get("event", ""), found.get("expression"))


def _call(extensions: Element | None) -> dict[str, Any]:
    if extensions is None:
        return {}
    ins = extensions.findall(f"{CAMUNDA}in")
    keys = [found.get("businessKey") for found in ins if found.get("businessKey")]
    return {
        "call_in": _mapping(ins),
        "call_out": _mapping(extensions.findall(f"{CAMUNDA}out")),
        "call_business_key": keys[0] if keys else None,
    }


def _mapping(elements: Iterable[Element]) -> dict[str, str]:
    return {
        e.get("source") or e.get("sourceExpression"): e.get("target")
        for e in elements
        if e.get("target")
    }


def _event(root: Element, element: Element) -> Event | None:
    for child in element:
        tag = etree.QName(child).localname if isinstance(child.tag, str) else ""
        if tag.endswith("EventDefinition"):
            kind = tag.removesuffix("EventDefinition")
            return Event(kind, _reference(root, child, kind), _timer(child))
    return None


def _reference(root: Element, definition: Element, kind: str) -> str | None:
    reference = definition.get(f"{kind}Ref")
    if reference is None:
        return None
    for target in root.iterfind(f"{BPMN}{kind}"):
        if target.get("id") == reference:
            return str(target.get("errorCode" if kind == "error" else "name", ""))
    return str(reference)


def _timer(definition: Element) -> str | None:
    for name in ("timeDate", "timeDuration", "timeCycle"):
        if (found := definition.find(f"{BPMN}{name}")) is not None:
            return _text(found)
    return None


def _snippets(root: Element) -> Iterator[Snippet]:
    """Yield everything that the engine would evaluate or execute."""
    for element in root.iter(etree.Element):
        owner, tag = _owner(element), etree.QName(element).localname
        if tag in ("script", "scriptTask", "connector"):
            foreign = "connector" if tag == "connector" else "script"
            yield Snippet(owner, element.sourceline, foreign, _text(element) or tag)
        elif tag != "documentation" and _is_expression(element.text or ""):
            yield Snippet(owner, element.sourceline, "expression", element.text.strip())
        for name, value in element.attrib.items():
            if kind := _kind(name, value):
                yield Snippet(owner, element.sourceline, kind, value)


def _kind(attribute: str, value: str) -> str | None:
    """Return the snippet kind of an attribute, None for plain data."""
    name = etree.QName(attribute).localname
    if name == "class" or name.endswith("Class"):
        return "class"
    if name.lower().endswith("delegateexpression") or attribute == f"{CAMUNDA}expression":
        return "delegate"
    if attribute.startswith(OLD_CAMUNDA):
        return "old namespace"
    if attribute == f"{CAMUNDA}type" and value != "external":
        return "built-in"
    if name in ("language", "scriptFormat") or attribute == f"{CAMUNDA}resource":
        return "script"
    return "expression" if _is_expression(value) else None


def _is_expression(text: str) -> bool:
    return "${" in text or "#{" in text


def _owner(element: Element) -> str:
    """Return the id of the innermost enclosing flow node or flow, else of the process."""
    drawn = FLOW_NODES | {f"{BPMN}sequenceFlow", f"{BPMN}process"}
    around = [e for e in (element, *element.iterancestors()) if e.tag in drawn]
    process = element.getroottree().getroot().find(f"{BPMN}process")
    return str((around[0] if around else process).get("id"))


def _box(parent: Element | None) -> Box | None:
    bounds = None if parent is None else parent.find(f"{DC}Bounds")
    if bounds is None:
        return None
    return Box(*(float(bounds.get(side, 0)) for side in ("x", "y", "width", "height")))


def _shapes(root: Element) -> Iterator[NodeShape]:
    for shape in root.iter(f"{BPMNDI}BPMNShape"):
        box = _box(shape)
        if box is not None:
            yield NodeShape(
                element=shape.get("bpmnElement", ""),
                box=box,
                label=_box(shape.find(f"{BPMNDI}BPMNLabel")),
                fill=shape.get(f"{BIOC}fill") or shape.get(f"{COLOR}background-color"),
                stroke=shape.get(f"{BIOC}stroke") or shape.get(f"{COLOR}border-color"),
            )


def _edges(root: Element) -> Iterator[Edge]:
    for edge in root.iter(f"{BPMNDI}BPMNEdge"):
        points = edge.findall(f"{DI}waypoint")
        yield Edge(
            element=edge.get("bpmnElement", ""),
            points=tuple((float(p.get("x", 0)), float(p.get("y", 0))) for p in points),
            label=_box(edge.find(f"{BPMNDI}BPMNLabel")),
        )
