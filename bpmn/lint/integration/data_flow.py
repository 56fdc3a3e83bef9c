"""What is written for sure when a process ends, whichever way was taken through it."""

from collections.abc import Iterator, Mapping

from bpmn.lint.finding import Violation
from bpmn.lint.integration.context import Check, LintContext
from bpmn.lint.worker_contracts import ERROR_VARIABLES, START_VARIABLES
from bpmn.model.elements import Diagram, Node

Names = frozenset[str]
TERMINATE = "terminate"


def outputs_on_every_way(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """What a call takes was written on each way to each end; else the engine writes null here."""
    for call in diagram.of_kind("callActivity"):
        called = context.diagrams.get(call.attributes.get("calledElement", ""))
        if called is None:
            continue
        given = frozenset(call.call_in.values()) | START_VARIABLES.get(called.id, frozenset())
        for end, written in _at_ends(called, given, context).items():
            for name in sorted((call.call_out.keys() & context.written(called)) - written):
                yield call.id, f"takes {name}, but «{called.id}» may reach {end} without writing it"


def _at_ends(diagram: Diagram, given: Names, context: LintContext) -> Mapping[str, Names]:
    """Written for sure, by end event; an error ends without handing over anything.

    A way beside an open task ends the process only by a terminating end, which waits for no other
    way: what is taken then was written on this one, or before the task.
    """
    after_all, at_once = (_beginnings(diagram, given, context, alone) for alone in (False, True))
    return {
        end.id: (at_once if end.event is not None else after_all)[end.id]
        for end in diagram.of_kind("endEvent")
        if end.event is None or end.event.kind == TERMINATE
    }


def _beginnings(
    diagram: Diagram, given: Names, context: LintContext, alone: bool
) -> Mapping[str, Names]:
    """Written for sure when a node begins; if not ``alone``, by the other ways, too.

    Begins with the belief that every way writes everything and takes back what one does not.
    """
    everything = given | context.written(diagram)
    before = dict.fromkeys(diagram.nodes, everything)
    changed = True
    while changed:
        found = {
            node.id: everything
            if _is_beside(node) and not alone
            else _before(node, diagram, given, before, context)
            for node in diagram.nodes.values()
        }
        changed, before = found != before, found
    return before


def _before(
    node: Node, diagram: Diagram, given: Names, before: Mapping[str, Names], context: LintContext
) -> Names:
    """Written for sure when ``node`` begins."""
    if node.attached_to:
        # The activity did not end; a refusal still says why.
        refused = node.event is not None and node.event.kind == "error"
        return before[node.attached_to] | (ERROR_VARIABLES if refused else frozenset())
    sources = [diagram.nodes[flow.source] for flow in diagram.incoming(node)]
    ways = [before[source.id] | _writes(source, context) for source in sources]
    if not ways:
        return given
    if node.kind == "parallelGateway":
        return frozenset.union(*ways)
    return frozenset.intersection(*ways)


def _is_beside(node: Node) -> bool:
    """It goes a way of its own; by an ordinary end the process waits for the other way, too."""
    return node.attached_to is not None and not node.is_interrupting


def _writes(node: Node, context: LintContext) -> Names:
    return context.results(node) | {name for name, _ in node.outputs}


CHECKS: tuple[Check, ...] = (outputs_on_every_way,)
