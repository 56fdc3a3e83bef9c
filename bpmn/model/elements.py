"""Data classes of a .bpmn file: process, nodes, flows, shapes and edges, with line numbers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

TASKS = frozenset({"userTask", "serviceTask", "businessRuleTask", "callActivity"})
GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "eventBasedGateway"})


class InvalidDiagram(Exception):
    """The file is not a valid diagram; the message has file, line and correction."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        super().__init__(f"{path}:{line}: {reason}")
        self.path, self.line, self.reason = path, line, reason


@dataclass(frozen=True)
class Event:
    """Event definition. ``reference`` is a message name or error code."""

    kind: str  # "message", "timer", "error", "terminate", … as in <…EventDefinition>
    reference: str | None = None
    timer: str | None = None
    timer_kind: str | None = None
    """ "timeDate", "timeDuration" or "timeCycle"."""
    variables: tuple[str, ...] = ()
    """Variables that the event writes when it happens: code and message of an error."""


@dataclass(frozen=True)
class CallMapping:
    """One variable that a call activity passes or takes back."""

    source: str | None
    target: str | None
    expression: str | None = None
    everything: bool = False
    """``variables="all"``"""
    is_local: bool = False


@dataclass(frozen=True)
class Listener:
    """Task or execution listener: ``scope`` is "task" or "execution", ``event`` e.g. "complete"."""

    scope: str
    event: str
    expression: str | None


@dataclass(frozen=True)
class Node:
    """A flow node: task, gateway, event, call or sub-process. ``kind`` is its BPMN tag."""

    id: str
    kind: str
    name: str
    line: int
    scope: str
    """Id of the enclosing process or sub-process."""
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    """BPMN and camunda attributes by local name: topic, formKey, assignee, dueDate, …"""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Local input parameter → expression or literal."""
    outputs: tuple[tuple[str, str], ...] = ()
    listeners: tuple[Listener, ...] = ()
    event: Event | None = None
    call_in: Mapping[str, str] = field(default_factory=dict)
    """Source variable → variable of the called process."""
    call_out: Mapping[str, str] = field(default_factory=dict)
    """Variable of the called process → target variable."""
    call_business_key: str | None = None
    call_mappings: tuple[CallMapping, ...] = ()
    """All mappings in both directions, as written."""
    documentation: str = ""
    children: frozenset[str] = frozenset()
    """Tags of the elements directly inside."""
    loop: str | None = None
    """Tag of the loop characteristics: several instances, or a standard loop."""
    definitions: int = 0
    """Number of event definitions."""
    extensions: tuple[str, ...] = ()
    """Names of the elements inside ``extensionElements``, with those in ``inputOutput``."""
    retry_cycle: str | None = None
    """How often and when a failed job is repeated."""

    @property
    def topic(self) -> str | None:
        """Topic of an external task."""
        return self.attributes.get("topic")

    @property
    def form(self) -> str | None:
        """Resource name of the embedded form in the deployment."""
        key = self.attributes.get("formKey", "")
        return key.removeprefix("embedded:deployment:") or None

    @property
    def candidate_groups(self) -> tuple[str, ...]:
        groups = self.attributes.get("candidateGroups", "")
        return tuple(group.strip() for group in groups.split(",") if group.strip())

    @property
    def attached_to(self) -> str | None:
        """Id of the activity that a boundary event is attached to."""
        return self.attributes.get("attachedToRef")

    @property
    def is_interrupting(self) -> bool:
        return self.attributes.get("cancelActivity", "true") != "false"

    @property
    def is_event_sub_process(self) -> bool:
        return self.attributes.get("triggeredByEvent") == "true"


@dataclass(frozen=True)
class Flow:
    """A sequence flow."""

    id: str
    source: str
    target: str
    name: str
    line: int
    condition: str | None = None
    is_default: bool = False
    extensions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Snippet:
    """A place in the XML that the engine evaluates or executes.

    ``kind``: "expression", "script", "class", "delegate", "connector", "built-in" (shell, mail),
    "import" or "other namespace".
    """

    element: str
    line: int
    kind: str
    text: str


@dataclass(frozen=True)
class Box:
    """Bounds in pixels, origin top left."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def center(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2

    def overlaps(self, other: "Box") -> bool:
        return (
            self.x < other.right
            and other.x < self.right
            and self.y < other.bottom
            and other.y < self.bottom
        )


@dataclass(frozen=True)
class NodeShape:
    """Drawn bounds, label bounds and colors of a node."""

    element: str
    box: Box
    label: Box | None = None
    fill: str | None = None
    stroke: str | None = None


@dataclass(frozen=True)
class Edge:
    """Drawn waypoints and label bounds of a flow."""

    element: str
    points: tuple[tuple[float, float], ...]
    label: Box | None = None


@dataclass(frozen=True)
class Diagram:
    """One process and its drawing; mappings are keyed by element id."""

    path: Path
    id: str
    name: str
    line: int
    attributes: Mapping[str, str] = field(default_factory=dict)
    nodes: Mapping[str, Node] = field(default_factory=dict)
    flows: Mapping[str, Flow] = field(default_factory=dict)
    shapes: Mapping[str, NodeShape] = field(default_factory=dict)
    edges: Mapping[str, Edge] = field(default_factory=dict)
    snippets: tuple[Snippet, ...] = ()
    artifacts: frozenset[str] = frozenset()
    """Ids of what the engine ignores: annotations, groups, lanes, pools, data objects."""
    extensions: tuple[str, ...] = ()
    """Names of the extension elements of the process itself."""

    def of_kind(self, *kinds: str) -> Iterator[Node]:
        """Return the nodes with one of these BPMN tags, in file order."""
        return (node for node in self.nodes.values() if node.kind in kinds)

    @cached_property
    def external_tasks(self) -> tuple[Node, ...]:
        return tuple(node for node in self.nodes.values() if node.topic is not None)

    @property
    def topics(self) -> frozenset[str]:
        return frozenset(node.topic for node in self.nodes.values() if node.topic is not None)

    @cached_property
    def user_tasks(self) -> tuple[Node, ...]:
        return tuple(self.of_kind("userTask"))

    def boundaries(self, node: Node) -> tuple[Node, ...]:
        """Return the boundary events attached to ``node``."""
        return self._attached.get(node.id, ())

    @cached_property
    def _attached(self) -> Mapping[str, tuple[Node, ...]]:
        found: dict[str, tuple[Node, ...]] = {}
        for node in self.nodes.values():
            if node.attached_to is not None:
                found[node.attached_to] = (*found.get(node.attached_to, ()), node)
        return found

    def outgoing(self, node: Node) -> tuple[Flow, ...]:
        return tuple(self.flows[flow] for flow in node.outgoing)

    def incoming(self, node: Node) -> tuple[Flow, ...]:
        return tuple(self.flows[flow] for flow in node.incoming)

    def line_of(self, element: str) -> int:
        """Return the line of a node or flow, for any other id that of the process."""
        drawn = self.nodes.get(element) or self.flows.get(element)
        return drawn.line if drawn else self.line

    def name_of(self, element: str) -> str:
        """Return the label of a node or flow, of the process for its own id, else nothing."""
        if element == self.id:
            return self.name
        drawn = self.nodes.get(element) or self.flows.get(element)
        return " ".join(drawn.name.split()) if drawn else ""
