"""Which sequence flows of our diagrams were really taken on the engine.

A copy of the deployment is made in which every flow carries a listener that notes its id as a
process variable when it is taken; the engine's own history then proves the walk.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree  # type: ignore[import-untyped]

from bpmn.camunda.client.rest import Engine
from bpmn.model.diagrams import DIRECTORY
from bpmn.model.elements import Diagram
from bpmn.model.reader import read_diagrams

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
PREFIX = "taken_"
PAGE = 1000


def instrumented(target: Path) -> Path:
    """Write deployable copies of the diagrams to ``target``. Returns: ``target``."""
    target.mkdir(parents=True)
    for model in sorted(DIRECTORY.glob("*.bpmn")):
        (target / model.name).write_bytes(_with_listeners(model))
    for table in DIRECTORY.glob("*.dmn"):
        (target / table.name).write_bytes(table.read_bytes())
    return target


def _with_listeners(model: Path) -> bytes:
    tree = etree.parse(str(model), etree.XMLParser(resolve_entities=False, no_network=True))
    for flow in tree.iter(f"{{{BPMN}}}sequenceFlow"):
        extensions = flow.find(f"{{{BPMN}}}extensionElements")
        if extensions is None:
            extensions = etree.Element(f"{{{BPMN}}}extensionElements")
            flow.insert(0, extensions)
        note = f"${{execution.setVariable('{PREFIX}{flow.get('id')}', true)}}"
        listener = etree.SubElement(extensions, f"{{{CAMUNDA}}}executionListener")
        listener.set("event", "take")
        listener.set("expression", note)
    return bytes(etree.tostring(tree, xml_declaration=True, encoding="UTF-8"))


@dataclass(frozen=True)
class Coverage:
    """Flows drawn and flows taken, per process id."""

    drawn: dict[str, frozenset[str]]
    taken: dict[str, frozenset[str]] = field(default_factory=dict)

    def missing(self) -> dict[str, list[str]]:
        gaps = {
            key: sorted(flows - self.taken.get(key, frozenset()))
            for key, flows in self.drawn.items()
        }
        return {key: flows for key, flows in gaps.items() if flows}

    def report(self) -> Iterator[str]:
        for key, flows in sorted(self.drawn.items()):
            taken = flows & self.taken.get(key, frozenset())
            yield f"{key}: {len(taken)} of {len(flows)} flows taken"
            yield from (f"  not taken: {flow}" for flow in sorted(flows - taken))


def coverage(engine: Engine) -> Coverage:
    """What the engine's history says was taken, in all versions of our processes."""
    diagrams = read_diagrams(DIRECTORY)
    drawn = {diagram.id: frozenset(diagram.flows) for diagram in diagrams}
    taken: dict[str, set[str]] = {
        key: {str(row["name"]).removeprefix(PREFIX) for row in _variables(engine, key)}
        for key in drawn
    }
    for diagram in diagrams:
        taken[diagram.id] |= set(_ways_to_events(diagram, taken[diagram.id]))
    return Coverage(drawn, {key: frozenset(flows) for key, flows in taken.items()})


def _ways_to_events(diagram: Diagram, taken: Collection[str]) -> Iterator[str]:
    """The engine tells nobody that it goes from an event-based gateway to its events; whoever
    has left such an event went that way."""
    for gateway in diagram.of_kind("eventBasedGateway"):
        for flow in diagram.outgoing(gateway):
            onward = {one.id for one in diagram.outgoing(diagram.nodes[flow.target])}
            if onward & set(taken):
                yield flow.id


def _variables(engine: Engine, process: str) -> Iterator[dict[str, object]]:
    """One process at a time: a page deep in the history of all took the engine over 15 s on a
    busy machine."""
    first = 0
    while True:
        rows = engine.get(
            "/history/variable-instance",
            processDefinitionKey=process,
            variableNameLike=f"{PREFIX}%",
            deserializeValues="false",
            firstResult=first,
            maxResults=PAGE,
        )
        yield from rows
        if len(rows) < PAGE:
            return
        first += PAGE
