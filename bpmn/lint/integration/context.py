"""Everything a diagram is compared with, and how the steps in it follow each other."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from bpmn.lint.finding import Complaint
from bpmn.lint.worker_contracts import ALWAYS_WRITTEN, STARTED_WITH, TopicContract
from bpmn.model.elements import Diagram, Flow, Node
from db.domain.catalog import Catalog
from forms.task_forms import Form


@dataclass(frozen=True)
class Surroundings:
    """Everything a diagram is compared with."""

    models: Mapping[str, Diagram]
    contracts: Mapping[str, TopicContract]
    forms: Mapping[str, Form]
    roles: Collection[str]
    catalogue: Catalog

    @cached_property
    def stages(self) -> frozenset[str]:
        return frozenset(s.code for d in self.catalogue.directions.values() for s in d.stages)

    def results(self, node: Node) -> frozenset[str]:
        """Process variables that an external task or a call leaves behind."""
        if node.kind == "callActivity":
            return frozenset(node.call_out.values())
        contract = self.contracts.get(node.topic or "")
        return contract.results | ALWAYS_WRITTEN if contract else frozenset()

    def written(self, model: Diagram) -> frozenset[str]:
        """Process variables that somebody writes in ``model`` or hands over to it."""
        own = {name for node in model.nodes.values() for name, _ in node.outputs}
        own |= {name for node in model.nodes.values() for name in self.results(node)}
        for caller in self.models.values():
            for call in caller.of_kind("callActivity"):
                if call.attributes.get("calledElement") == model.id:
                    own |= set(call.call_in.values())
        return frozenset(own | STARTED_WITH.get(model.id, frozenset()))


Check = Callable[[Diagram, Surroundings], Iterator[Complaint]]


def contracted(model: Diagram, around: Surroundings) -> Iterator[tuple[Node, TopicContract]]:
    for node in model.external_tasks:
        if contract := around.contracts.get(node.topic or ""):
            yield node, contract


def steps_before(model: Diagram, node: Node, *, refusals: bool = True) -> list[Node]:
    """Activities whose end leads here through gateways; a message ends the task it sits on.

    ``refusals``: a step that refused counts, too, where its refusal leads back here.
    """
    found: list[Node] = []
    waiting: list[Flow] = list(model.incoming(node))
    seen: set[str] = set()
    while waiting:
        source = model.nodes[waiting.pop().source]
        if source.attached_to:
            if not refusals and source.event and source.event.kind == "error":
                continue
            source = model.nodes[source.attached_to]
        if source.id in seen:
            continue
        seen.add(source.id)
        if source.kind.endswith("Gateway"):
            waiting += model.incoming(source)
        elif source.kind != "startEvent":
            found.append(source)
    return found
