"""Diagram and workers: topics, their inputs, results and refusals, and who writes what."""

from collections.abc import Iterator

from bpmn.lint.finding import Complaint
from bpmn.lint.integration.context import Check, Surroundings, contracted, steps_before
from bpmn.lint.rules.expressions import variables
from bpmn.lint.rules.user_tasks import DECIDED_BY
from bpmn.lint.worker_contracts import MESSAGES
from bpmn.model.elements import Diagram


def topics_served(model: Diagram, around: Surroundings) -> Iterator[Complaint]:
    """Every topic drawn has a worker."""
    for node in model.external_tasks:
        if node.topic not in around.contracts:
            known = ", ".join(sorted(around.contracts))
            yield node.id, f"no worker serves «{node.topic}»; choose one of: {known}"


def inputs_as_declared(model: Diagram, around: Surroundings) -> Iterator[Complaint]:
    """A step is given exactly the local inputs that its worker reads."""
    for node, contract in contracted(model, around):
        for name in sorted(contract.inputs - node.inputs.keys()):
            yield node.id, f"«{contract.name}» reads {name}; add this input parameter"
        for name in sorted(node.inputs.keys() - contract.inputs):
            yield node.id, f"«{contract.name}» does not read {name}; remove this input parameter"


def results_reach_the_process(model: Diagram, around: Surroundings) -> Iterator[Complaint]:
    """A local input of the same name would swallow what the step writes for the process."""
    for node, _ in contracted(model, around):
        for name in sorted(node.inputs.keys() & around.results(node)):
            yield node.id, f"its input {name} hides its result {name}; rename the input"


def refusals_caught(model: Diagram, around: Surroundings) -> Iterator[Complaint]:
    """A refusal nobody catches would end the path silently."""
    for node, contract in contracted(model, around):
        caught = {
            boundary.event.reference
            for boundary in model.boundaries(node)
            if boundary.event and boundary.event.kind == "error"
        }
        if missed := contract.refusals - caught if None not in caught else frozenset():
            names = ", ".join(sorted(missed))
            yield node.id, f"may refuse ({names}); add an error boundary event"
        if caught and not contract.refusals:
            yield node.id, f"«{contract.name}» never refuses; remove the error boundary event"


def variables_written(model: Diagram, around: Surroundings) -> Iterator[Complaint]:
    """Every variable an expression reads is written by somebody: a typing error stops the deal."""
    written = around.written(model)
    for snippet in model.snippets:
        node = model.nodes.get(snippet.element)
        local = node.inputs.keys() if node else frozenset[str]()
        for name in sorted(variables(snippet.text) - written - local):
            yield snippet.element, f"nobody writes {name}, read in {snippet.text!r}"


def choices_read_last_step(model: Diagram, around: Surroundings) -> Iterator[Complaint]:
    """A gateway asks only for what a worker wrote just before: forms may write anything."""
    for gateway in model.of_kind("exclusiveGateway"):
        for flow in model.outgoing(gateway):
            asked = variables(flow.condition or "")
            for step in steps_before(model, gateway) if asked else ():
                for name in sorted(asked - around.results(step)):
                    yield flow.id, f"{step.id} before it does not write {name}"


def person_handed_over(model: Diagram, around: Surroundings) -> Iterator[Complaint]:
    """A step that asks who decided hears it from the person's task just before it."""
    for node in model.external_tasks:
        given = variables(node.inputs.get(DECIDED_BY, ""))
        if not given:
            continue
        for task in steps_before(model, node):
            if task.kind == "callActivity":
                continue  # people in a called process are heard by its own steps
            if not given & {name for name, value in task.outputs if DECIDED_BY in variables(value)}:
                yield node.id, f"takes {DECIDED_BY} from elsewhere than {task.id} before it"


def messages_sent(model: Diagram, around: Surroundings) -> Iterator[Complaint]:
    """A message awaited is one that the outbox sends."""
    for node in model.nodes.values():
        if node.event and node.event.kind == "message" and node.event.reference not in MESSAGES:
            yield node.id, f"nobody sends «{node.event.reference}»; known: {sorted(MESSAGES)}"


def calls_complete(model: Diagram, around: Surroundings) -> Iterator[Complaint]:
    """A called process exists, gets what is known here, and writes what is taken from it."""
    for node in model.of_kind("callActivity"):
        called = around.models.get(node.attributes.get("calledElement", ""))
        if called is None:
            yield node.id, "calls a process that is not among the diagrams"
            continue
        for name in sorted(node.call_in.keys() - around.written(model)):
            yield node.id, f"hands over {name}, which nobody writes here"
        for name in sorted(node.call_out.keys() - around.written(called)):
            yield node.id, f"takes {name}, which «{called.id}» does not write"


CHECKS: tuple[Check, ...] = (
    topics_served,
    inputs_as_declared,
    results_reach_the_process,
    refusals_caught,
    variables_written,
    choices_read_last_step,
    person_handed_over,
    messages_sent,
    calls_complete,
)
