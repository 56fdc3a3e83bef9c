"""Rules for control flow: start and end events, explicit splits and joins, connectivity."""

from collections import Counter
from collections.abc import Iterator

from bpmn.lint.finding import Violation
from bpmn.model.elements import Diagram, Node

MAX_ELEMENTS = 50
DRAWN_KINDS = frozenset(
    {
        "userTask",
        "serviceTask",
        "callActivity",
        "subProcess",
        "startEvent",
        "endEvent",
        "boundaryEvent",
        "intermediateCatchEvent",
        "exclusiveGateway",
        "parallelGateway",
        "eventBasedGateway",
    }
)


def _scopes(diagram: Diagram) -> Iterator[tuple[str, list[Node]]]:
    """Yield the process and each sub-process with its direct child nodes."""
    for scope in (diagram.id, *(node.id for node in diagram.of_kind("subProcess"))):
        yield scope, [node for node in diagram.nodes.values() if node.scope == scope]


def _is_gateway(node: Node) -> bool:
    return node.kind.endswith("Gateway")


def only_known_kinds(diagram: Diagram) -> Iterator[Violation]:
    """Only common elements are allowed; inclusive and complex gateways are often misread."""
    for node in diagram.nodes.values():
        if node.kind not in DRAWN_KINDS:
            yield node.id, f"{node.kind} is not used here; draw it with tasks and simple gateways"


def single_start(diagram: Diagram) -> Iterator[Violation]:
    """A process or sub-process has exactly one start event."""
    for scope, nodes in _scopes(diagram):
        starts = [node for node in nodes if node.kind == "startEvent"]
        if len(starts) != 1:
            yield scope, f"{len(starts)} start events; draw exactly one"


def end_required(diagram: Diagram) -> Iterator[Violation]:
    """A process or sub-process has at least one end event."""
    for scope, nodes in _scopes(diagram):
        if not any(node.kind == "endEvent" for node in nodes):
            yield scope, "no end event; draw one for each result"


def nothing_disconnected(diagram: Diagram) -> Iterator[Violation]:
    """Each node has an incoming flow and, unless it is an end event, an outgoing one."""
    for node in diagram.nodes.values():
        if node.is_event_sub_process:
            continue
        if node.kind not in ("startEvent", "boundaryEvent") and not node.incoming:
            yield node.id, "nothing leads here; connect or delete it"
        if node.kind != "endEvent" and not node.outgoing:
            yield node.id, "nothing leads on from here; connect it to an end"


def no_implicit_split(diagram: Diagram) -> Iterator[Violation]:
    """Only gateways split: several flows out of a task run in parallel."""
    for node in diagram.nodes.values():
        flows = diagram.outgoing(node)
        if not _is_gateway(node) and (len(flows) > 1 or any(flow.condition for flow in flows)):
            yield node.id, "splits without a gateway; add one"


def no_fake_join(diagram: Diagram) -> Iterator[Violation]:
    """Only gateways join: several flows into a task run it several times."""
    for node in diagram.nodes.values():
        if not _is_gateway(node) and len(node.incoming) > 1:
            yield node.id, "joins without a gateway; add one before it"


def no_join_and_split(diagram: Diagram) -> Iterator[Violation]:
    """A gateway either joins or splits."""
    for node in filter(_is_gateway, diagram.nodes.values()):
        if len(node.incoming) > 1 and len(node.outgoing) > 1:
            yield node.id, "joins and splits at once; draw two gateways"


def no_superfluous_gateway(diagram: Diagram) -> Iterator[Violation]:
    """A gateway has more than one incoming or outgoing flow."""
    for node in filter(_is_gateway, diagram.nodes.values()):
        if len(node.incoming) == 1 and len(node.outgoing) == 1:
            yield node.id, "neither joins nor splits; delete it"


def no_duplicate_flows(diagram: Diagram) -> Iterator[Violation]:
    """At most one flow connects two elements in one direction."""
    pairs = Counter((flow.source, flow.target) for flow in diagram.flows.values())
    for flow in diagram.flows.values():
        if pairs[flow.source, flow.target] > 1:
            yield flow.id, f"{flow.source} leads to {flow.target} twice; keep one flow"


def choices_complete(diagram: Diagram) -> Iterator[Violation]:
    """An exclusive split has a default flow and conditions on all others, so it never stalls."""
    for node in diagram.of_kind("exclusiveGateway"):
        flows = diagram.outgoing(node)
        if len(flows) < 2:
            continue
        if not any(flow.is_default for flow in flows):
            yield node.id, "no default flow; mark the answer that holds otherwise"
        for flow in flows:
            if flow.is_default == bool(flow.condition):
                fault = "the default flow has a condition" if flow.is_default else "no condition"
                yield flow.id, f"{fault}; the default has none, every other flow has one"


def parallel_blocks_close(diagram: Diagram) -> Iterator[Violation]:
    """Parallel splits and parallel joins of a scope are equal in number."""
    for scope, nodes in _scopes(diagram):
        parallel = [node for node in nodes if node.kind == "parallelGateway"]
        splits = sum(len(node.outgoing) > 1 for node in parallel)
        joins = sum(len(node.incoming) > 1 for node in parallel)
        if splits != joins:
            yield scope, f"{splits} parallel splits but {joins} parallel joins; pair them"


def small_enough(diagram: Diagram) -> Iterator[Violation]:
    """A diagram has at most `MAX_ELEMENTS` nodes; larger ones call a process."""
    if len(diagram.nodes) > MAX_ELEMENTS:
        count = len(diagram.nodes)
        yield diagram.id, f"{count} elements, at most {MAX_ELEMENTS}; call a process of its own"


RULES = (
    only_known_kinds,
    single_start,
    end_required,
    nothing_disconnected,
    no_implicit_split,
    no_fake_join,
    no_join_and_split,
    no_superfluous_gateway,
    no_duplicate_flows,
    choices_complete,
    parallel_blocks_close,
    small_enough,
)
