"""Input of the integration checks, and traversal of a diagram against the flow."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from bpmn.lint.finding import Violation
from bpmn.lint.integration import domains
from bpmn.lint.worker_contracts import (
    ERROR_VARIABLES,
    START_VARIABLES,
    Kind,
    TopicContract,
    ValueType,
)
from bpmn.model.decision_tables import DecisionTable
from bpmn.model.elements import Diagram, Flow, Node
from db.domain.catalog import Catalog
from forms.task_forms import Form

Seen = frozenset[tuple[str, str]]
"""Diagrams and variables whose writers are being looked for."""


@dataclass(frozen=True)
class LintContext:
    """Diagrams, worker contracts, forms, roles and catalog that a diagram is checked against."""

    diagrams: Mapping[str, Diagram]
    contracts: Mapping[str, TopicContract]
    forms: Mapping[str, Form]
    roles: Collection[str]
    catalog: Catalog
    tables: Mapping[str, DecisionTable] = field(default_factory=dict)
    """Decision tables by id."""

    @cached_property
    def stages(self) -> frozenset[str]:
        return frozenset(s.code for d in self.catalog.directions.values() for s in d.stages)

    def results(self, node: Node) -> frozenset[str]:
        """Return the process variables that an external task, a call activity or a business rule
        task writes."""
        if node.kind == "businessRuleTask":
            return frozenset(filter(None, [node.attributes.get("resultVariable")]))
        if node.kind == "callActivity":
            return frozenset(node.call_out.values())
        contract = self.contracts.get(node.topic or "")
        return contract.results | ERROR_VARIABLES if contract else frozenset()

    def written(self, diagram: Diagram) -> frozenset[str]:
        """Return the process variables written in ``diagram`` or passed to it at its start."""
        own = {name for node in diagram.nodes.values() for name, _ in node.outputs}
        own |= {name for node in diagram.nodes.values() for name in self.results(node)}
        for _, call in self.callers(diagram):
            own |= set(call.call_in.values())
        return frozenset(own | START_VARIABLES.get(diagram.id, frozenset()))

    def is_main(self, diagram: Diagram) -> bool:
        """Tell if the diagram is the main process of a direction."""
        return any(one.process == diagram.id for one in self.catalog.directions.values())

    def callers(self, diagram: Diagram) -> Iterator[tuple[Diagram, Node]]:
        """Yield the call activities of this process with their diagrams."""
        yield from self._calls.get(diagram.id, ())

    @cached_property
    def _calls(self) -> Mapping[str, list[tuple[Diagram, Node]]]:
        found: dict[str, list[tuple[Diagram, Node]]] = {}
        for caller in self.diagrams.values():
            for call in caller.of_kind("callActivity"):
                called = call.attributes.get("calledElement", "")
                found.setdefault(called, []).append((caller, call))
        return found

    def type_after(self, node: Node, name: str, seen: Seen = frozenset()) -> ValueType | None:
        """Type of variable ``name`` after a step or call that writes it, None if it does not."""
        if node.kind == "callActivity":
            called = self.diagrams.get(node.attributes.get("calledElement", ""))
            sources = [source for source, target in node.call_out.items() if target == name]
            if not called or not sources:
                return None
            found = list(self._types(called, sources[0], seen))
            return domains.united(found) if found else None
        if node.kind == "businessRuleTask":
            decides = name == node.attributes.get("resultVariable")
            return ValueType(Kind.BOOLEAN, optional=False) if decides else None
        contract = self.contracts.get(node.topic or "")
        if contract is None or name not in contract.results:
            return None
        return domains.narrowed(
            name, contract.result_types.get(name, ValueType()), node, self.catalog
        )

    def type_in(self, diagram: Diagram, name: str) -> ValueType:
        """Type of a variable anywhere in a diagram: of all that write it or pass it there."""
        known = self._type_cache.get((diagram.id, name))
        if known is None:
            known = domains.united(self._types(diagram, name, frozenset()))
            self._type_cache[diagram.id, name] = known
        return known

    @cached_property
    def _type_cache(self) -> dict[tuple[str, str], ValueType]:
        return {}

    def _types(self, diagram: Diagram, name: str, seen: Seen) -> Iterator[ValueType]:
        """Yield the types of all writers; no diagram is entered twice for one variable."""
        if (diagram.id, name) in seen:
            return
        seen |= {(diagram.id, name)}
        for node in diagram.nodes.values():
            if any(name == output for output, _ in node.outputs):
                yield ValueType()
            if node.kind == "callActivity" and name not in node.call_out.values():
                continue
            known = self.type_after(node, name, seen)
            if known is not None:
                yield known
        for caller, call in self.callers(diagram):
            for source, target in call.call_in.items():
                if target == name:
                    yield from self._types(caller, source, seen)


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
