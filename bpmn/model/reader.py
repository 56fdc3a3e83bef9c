"""Parser of .bpmn files."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from bpmn.model.elements import (
    Box,
    CallMapping,
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
OTHER_CAMUNDA = ("{http://activiti.org/bpmn}", "{http://operaton.org/schema/1.0/bpmn}")
"""Other namespaces of the engines' extensions, which they read as well."""
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

ARTIFACTS = tuple(
    f"{BPMN}{name}"
    for name in (
        "textAnnotation",
        "association",
        "group",
        "lane",
        "participant",
        "messageFlow",
        "dataObjectReference",
        "dataStoreReference",
        "dataInputAssociation",
        "dataOutputAssociation",
    )
)

XML_ID = re.compile(r"[^\W\d][\w.\-]{0,254}")
"""Ids that the engine's XML schema accepts."""
IDENTIFIED = (BPMN, BPMNDI, DI)
"""Namespaces in which an id occurs once per file."""

NOT_EVALUATED = (*ARTIFACTS, f"{CAMUNDA}properties")

OUTSIDE = -1_000_000.0
MAX_BYTES = 5_000_000
"""Size of the largest file that is read; ours have some 60 kB."""

Element = Any  # lxml has no types of its own


def read_diagram(path: Path) -> Diagram:
    """Read one file, without entities, DTDs or network access.

    Raises: InvalidDiagram.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidDiagram(path, 1, f"файл больше {MAX_BYTES // 1_000_000} МБ; разделите его")
        source = path.read_bytes()
    except OSError as error:
        raise InvalidDiagram(path, 1, f"файл не читается: {error.strerror}") from error
    return parse_diagram(source, path)


def read_diagrams(folder: Path) -> tuple[Diagram, ...]:
    """Read all diagrams of a folder in the order of their names. Raises: InvalidDiagram."""
    return tuple(read_diagram(path) for path in sorted(folder.glob("*.bpmn")))


@lru_cache(maxsize=64)
def parse_diagram(source: bytes, path: Path) -> Diagram:
    """Parse a diagram, the same one once; ``path`` is used in messages only.

    Raises: InvalidDiagram.
    """
    root = _root(source, path)
    processes = root.findall(f"{BPMN}process")
    if len(processes) != 1:
        raise InvalidDiagram(
            path, root.sourceline, f"процессов {len(processes)}; рисуйте один процесс в файле"
        )
    process = processes[0]
    _check_ids(root, path)
    flows = {flow.id: flow for flow in _flows(process, path)}
    nodes = {node.id: node for node in _nodes(root, process, path)}
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
        artifacts=frozenset(e.get("id") for e in root.iter(*ARTIFACTS) if e.get("id")),
        extensions=tuple(_extensions(process.find(f"{BPMN}extensionElements"))),
    )


def _root(source: bytes, path: Path) -> Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(source, parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        raise InvalidDiagram(path, line, f"это не XML: {error.msg}") from error
    except (LookupError, ValueError) as error:
        raise InvalidDiagram(path, 1, f"это не XML: {error}; сохраните файл в UTF-8") from error
    if root.getroottree().docinfo.doctype:
        raise InvalidDiagram(path, 1, "объявлен тип документа; уберите <!DOCTYPE …>")
    if root.tag != f"{BPMN}definitions":
        raise InvalidDiagram(path, root.sourceline, "это не схема BPMN: нет <bpmn:definitions>")
    return root


def _check_ids(root: Element, path: Path) -> None:
    """The engine refuses a file with an id that is none or occurs twice."""
    seen: set[str] = set()
    for element in root.iter(etree.Element):
        found = element.get("id")
        if found is None or not element.tag.startswith(IDENTIFIED):
            continue
        if not XML_ID.fullmatch(found):
            raise InvalidDiagram(
                path,
                element.sourceline,
                f"идентификатор {found!r}: начните с буквы, без пробелов и знаков, кроме _ и -",
            )
        if found in seen:
            raise InvalidDiagram(path, element.sourceline, f"идентификатор {found!r} занят дважды")
        seen.add(found)


def _check_ends(flows: Iterable[Flow], nodes: Mapping[str, Node], path: Path) -> None:
    for flow in flows:
        for end in (flow.source, flow.target):
            if end not in nodes:
                raise InvalidDiagram(
                    path,
                    flow.line,
                    f"стрелка {flow.id} ведёт к {end!r}, которого нет в процессе",
                )
    for node in nodes.values():
        if node.kind == "boundaryEvent" and node.attached_to not in nodes:
            raise InvalidDiagram(
                path, node.line, f"{node.id} ни к чему не прикреплено; прикрепите к задаче"
            )


def _id(element: Element, path: Path) -> str:
    found = element.get("id")
    if not found:
        tag = etree.QName(element).localname
        raise InvalidDiagram(path, element.sourceline, f"у <{tag}> нет идентификатора")
    return str(found)


def _attributes(element: Element) -> dict[str, str]:
    return {etree.QName(name).localname: str(value) for name, value in element.attrib.items()}


def _flows(process: Element, path: Path) -> Iterator[Flow]:
    defaults = {(e.get("id"), e.get("default")) for e in process.iter(*FLOW_NODES)}
    for element in process.iter(f"{BPMN}sequenceFlow"):
        flow_id = _id(element, path)
        yield Flow(
            id=flow_id,
            source=element.get("sourceRef", ""),
            target=element.get("targetRef", ""),
            name=element.get("name", ""),
            line=element.sourceline,
            condition=_text(element.find(f"{BPMN}conditionExpression")),
            is_default=(element.get("sourceRef"), flow_id) in defaults,
            extensions=tuple(_extensions(element.find(f"{BPMN}extensionElements"))),
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
            children=frozenset(_tags(element)),
            loop=next((tag for tag in _tags(element) if tag.endswith("LoopCharacteristics")), None),
            definitions=sum(
                tag.endswith(("EventDefinition", "ventDefinitionRef")) for tag in _tags(element)
            ),
            extensions=tuple(_extensions(extensions)),
            retry_cycle=_retry_cycle(extensions),
            **_call(extensions),
        )


def _text(element: Element | None) -> str | None:
    return None if element is None or element.text is None else str(element.text).strip()


def _parameters(extensions: Element | None, tag: str) -> Iterator[tuple[str, str]]:
    if extensions is not None:
        for parameter in extensions.iterfind(f"{CAMUNDA}inputOutput/{CAMUNDA}{tag}"):
            yield parameter.get("name", ""), _text(parameter) or ""


def _tags(element: Element) -> Iterator[str]:
    return (etree.QName(child).localname for child in element if isinstance(child.tag, str))


def _extensions(extensions: Element | None) -> Iterator[str]:
    """Yield the names of extension elements; a parameter with inner elements is named by them."""
    if extensions is None:
        return
    for child in extensions.iterchildren(f"{CAMUNDA}*"):
        yield etree.QName(child).localname
        for inner in child.iterchildren(etree.Element):
            if child.tag == f"{CAMUNDA}inputOutput":
                yield etree.QName(inner).localname
                yield from _tags(inner)
            elif child.tag == f"{CAMUNDA}taskListener":
                yield f"taskListener/{etree.QName(inner).localname}"


def _retry_cycle(extensions: Element | None) -> str | None:
    return None if extensions is None else extensions.findtext(f"{CAMUNDA}failedJobRetryTimeCycle")


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
        "call_business_key": " ".join(keys) if keys else None,
        "call_mappings": tuple(
            CallMapping(
                source=e.get("source"),
                target=e.get("target"),
                expression=e.get("sourceExpression"),
                everything=e.get("variables") == "all",
                is_local=e.get("local") == "true",
            )
            for e in (*ins, *extensions.findall(f"{CAMUNDA}out"))
            if not e.get("businessKey")
        ),
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
            written = [v for n, v in _attributes(child).items() if n.endswith("Variable")]
            return Event(kind, _reference(root, child, kind), *_timer(child), tuple(written))
    return None


def _reference(root: Element, definition: Element, kind: str) -> str | None:
    reference = definition.get(f"{kind}Ref")
    if reference is None:
        return None
    for target in root.iterfind(f"{BPMN}{kind}"):
        if target.get("id") == reference:
            return str(target.get("errorCode" if kind == "error" else "name", ""))
    return str(reference)


def _timer(definition: Element) -> tuple[str | None, str | None]:
    """Return the text of a timer and the tag it stands in."""
    for name in ("timeDate", "timeDuration", "timeCycle"):
        if (found := definition.find(f"{BPMN}{name}")) is not None:
            return _text(found), name
    return None, None


def _snippets(root: Element) -> Iterator[Snippet]:
    """Yield everything that the engine would evaluate or execute."""
    for element in root.iter(etree.Element):
        if any(around.tag in NOT_EVALUATED for around in (element, *element.iterancestors())):
            continue
        owner, tag = _owner(element), etree.QName(element).localname
        if tag in ("script", "scriptTask", "connector"):
            foreign = "connector" if tag == "connector" else "script"
            yield Snippet(owner, element.sourceline, foreign, _text(element) or tag)
        elif element.tag.startswith(OTHER_CAMUNDA):
            yield Snippet(owner, element.sourceline, "other namespace", tag)
        elif element.tag == f"{BPMN}import":
            location = element.get("location", "")
            yield Snippet(owner, element.sourceline, "import", location or tag)
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
    if attribute.startswith(OTHER_CAMUNDA):
        return "other namespace"
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
    return Box(*(_number(bounds, side) for side in ("x", "y", "width", "height")))


def _number(element: Element, name: str) -> float:
    """A coordinate; what is no number counts as far outside the page, which a rule reports."""
    try:
        found = float(element.get(name, 0))
    except ValueError:
        return OUTSIDE
    return found if isfinite(found) else OUTSIDE


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
            points=tuple((_number(p, "x"), _number(p, "y")) for p in points),
            label=_box(edge.find(f"{BPMNDI}BPMNLabel")),
        )
