"""Input of the integration checks, and traversal of a diagram against the flow."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from bpmn.lint.finding import Violation
from bpmn.lint.worker_contracts import ERROR_VARIABLES, START_VARIABLES, TopicContract
from bpmn.model.elements import Diagram, Flow, Node
from db.domain.catalog import Catalog
from forms.task_forms import Form


@dataclass(frozen=True)
class LintContext:
    """Diagrams, worker contracts, forms, roles and catalog that a diagram is checked against."""

    diagrams: Mapping[str, Diagram]
    contracts: Mapping[str, TopicContract]
    forms: Mapping[str, Form]
    roles: Collection[str]
    catalog: Catalog

    @cached_property
    def stages(self) -> frozenset[str]:
        return frozenset(s.code for d in self.catalog.directions.values() for s in d.stages)

    def results(self, node: Node) -> frozenset[str]:
        """Return the process variables that an external task or call activity writes."""
        if node.kind == "callActivity":
            return frozenset(node.call_out.values())
        contract = self.contracts.get(node.topic or "")
        return contract.results | ERROR_VARIABLES if contract else frozenset()

    def written(self, diagram: Diagram) -> frozenset[str]:
        """Return the process variables written in ``diagram`` or passed to it at its start."""
        own = {name for node in diagram.nodes.values() for name, _ in node.outputs}
        own |= {name for node in diagram.nodes.values() for name in self.results(node)}
        for caller in self.diagrams.values():
            for call in caller.of_kind("callActivity"):
                if call.attributes.get("calledElement") == diagram.id:
                    own |= set(call.call_in.values())
        return frozenset(own | START_VARIABLES.get(diagram.id, frozenset()))


Check = Callable[[Diagram, LintContext], Iterator[Violation]]


def contracted(diagram: Diagram, context: LintContext) -> Iterator[tuple[Node, TopicContract]]:
    """Yield external tasks together with the contract of their topic."""
    for node in diagram.external_tasks:
        if contract := context.contracts.get(node.topic or ""):
            yield node, contract


def steps_before(diagram: Diagram, node: Node, *, refusals: bool = True) -> list[Node]:
    """Return the activities that lead to ``node`` through gateways and boundary events.

    ``refusals``: include activities whose error boundary event leads to ``node``.
    """
    found: list[Node] = []
    waiting: list[Flow] = list(diagram.incoming(node))
    seen: set[str] = set()
    while waiting:
        source = diagram.nodes[waiting.pop().source]
        if source.attached_to:
            if not refusals and source.event and source.event.kind == "error":
                continue
            source = diagram.nodes[source.attached_to]
        if source.id in seen:
            continue
        seen.add(source.id)
        if source.kind.endswith("Gateway"):
            waiting += diagram.incoming(source)
        elif source.kind != "startEvent":
            found.append(source)
    return found
