"""Definite-assignment analysis: variables written on every path through a process."""

from collections.abc import Iterator, Mapping

from bpmn.lint.finding import Violation
from bpmn.lint.integration.context import Check, LintContext
from bpmn.lint.worker_contracts import ERROR_VARIABLES, START_VARIABLES
from bpmn.model.elements import Diagram, Node

Names = frozenset[str]
TERMINATE = "terminate"


def outputs_on_every_path(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Output mappings of a call activity are written on every path; others would become null."""
    for call in diagram.of_kind("callActivity"):
        called = context.diagrams.get(call.attributes.get("calledElement", ""))
        if called is None:
            continue
        given = frozenset(call.call_in.values()) | START_VARIABLES.get(called.id, frozenset())
        for end, written in _at_ends(called, given, context).items():
            for name in sorted((call.call_out.keys() & context.written(called)) - written):
                yield (
                    call.id,
                    f"забирает {name}, но «{called.id}» может дойти до {end}, не записав его",
                )


def _at_ends(diagram: Diagram, given: Names, context: LintContext) -> Mapping[str, Names]:
    """Map end events to the variables written when the process ends there.

    Error end events are left out: they pass no variables. A parallel path ends the process only
    with a terminate end event, which does not wait for other paths: then only variables of this
    path, or from before the split, are certain.
    """
    after_all, at_once = (_at_starts(diagram, given, context, alone) for alone in (False, True))
    return {
        end.id: (at_once if end.event is not None else after_all)[end.id]
        for end in diagram.of_kind("endEvent")
        if end.event is None or end.event.kind == TERMINATE
    }


def written_before(diagram: Diagram, given: Names, context: LintContext) -> Mapping[str, Names]:
    """Map nodes to the variables that are written on every way to them."""
    return _at_starts(diagram, given, context, alone=True)


def _at_starts(
    diagram: Diagram, given: Names, context: LintContext, alone: bool
) -> Mapping[str, Names]:
    """Map nodes to the variables written when they start; not ``alone``: on parallel paths too.

    Fixpoint iteration: starts with all variables at every node and intersects over the paths.
    """
    everything = given | context.written(diagram)
    before = dict.fromkeys(diagram.nodes, everything)
    writes = {node.id: _writes(node, context) for node in diagram.nodes.values()}
    changed = True
    while changed:
        changed = False
        for node in diagram.nodes.values():
            if not alone and _starts_parallel_path(node):
                continue
            found = _before(node, diagram, given, before, writes)
            changed |= found != before[node.id]
            before[node.id] = found
    return before


def _before(
    node: Node,
    diagram: Diagram,
    given: Names,
    before: Mapping[str, Names],
    writes: Mapping[str, Names],
) -> Names:
    """Return the variables written when ``node`` starts, by the sets of its predecessors."""
    if node.attached_to:
        # The activity did not complete; a BPMN error writes its reason all the same.
        refused = node.event is not None and node.event.kind == "error"
        # Outputs of a user task are mapped even when its boundary event ends it.
        ended = {name for name, _ in diagram.nodes[node.attached_to].outputs}
        return (
            before[node.attached_to]
            | frozenset(ended)
            | (ERROR_VARIABLES if refused else frozenset())
        )
    sources = [diagram.nodes[flow.source] for flow in diagram.incoming(node)]
    paths = [
        (_at_inner_ends(source, diagram, before) or before[source.id]) | writes[source.id]
        for source in sources
    ]
    if not paths:
        scope = diagram.nodes.get(node.scope)
        if scope is not None and not scope.is_event_sub_process:
            return before[scope.id] | frozenset(scope.inputs)
        return given
    if node.kind == "parallelGateway":
        return frozenset().union(*paths)
    return frozenset.intersection(*paths)


def _at_inner_ends(node: Node, diagram: Diagram, before: Mapping[str, Names]) -> Names:
    """Return what a sub-process has written wherever it ends, without its own local variables."""
    if node.kind != "subProcess":
        return frozenset()
    ends = [before[end.id] for end in diagram.of_kind("endEvent") if end.scope == node.id]
    return frozenset.intersection(*ends) - frozenset(node.inputs) if ends else frozenset()


def _starts_parallel_path(node: Node) -> bool:
    """Tell if the node starts a parallel path: a non-interrupting boundary event."""
    return node.attached_to is not None and not node.is_interrupting


def _writes(node: Node, context: LintContext) -> Names:
    return context.results(node) | {name for name, _ in node.outputs}


CHECKS: tuple[Check, ...] = (outputs_on_every_path,)
