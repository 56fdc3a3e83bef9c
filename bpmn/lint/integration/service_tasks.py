"""Diagram and workers: topics, their inputs, results and refusals, and who writes what."""

from collections.abc import Iterator

from bpmn.lint.finding import Violation
from bpmn.lint.integration.context import Check, LintContext, contracted, steps_before
from bpmn.lint.rules.expressions import variables
from bpmn.lint.rules.user_tasks import DECIDED_BY
from bpmn.lint.worker_contracts import MESSAGES
from bpmn.model.elements import Diagram


def topics_served(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Every topic drawn has a worker."""
    for node in diagram.external_tasks:
        if node.topic not in context.contracts:
            known = ", ".join(sorted(context.contracts))
            yield node.id, f"no worker serves «{node.topic}»; choose one of: {known}"


def inputs_as_declared(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A step is given exactly the local inputs that its worker reads."""
    for node, contract in contracted(diagram, context):
        for name in sorted(contract.inputs - node.inputs.keys()):
            yield node.id, f"«{contract.name}» reads {name}; add this input parameter"
        for name in sorted(node.inputs.keys() - contract.inputs):
            yield node.id, f"«{contract.name}» does not read {name}; remove this input parameter"


def results_reach_the_process(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A local input of the same name would swallow what the step writes for the process."""
    for node, _ in contracted(diagram, context):
        for name in sorted(node.inputs.keys() & context.results(node)):
            yield node.id, f"its input {name} hides its result {name}; rename the input"


def refusals_caught(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A refusal nobody catches would end the path silently."""
    for node, contract in contracted(diagram, context):
        caught = {
            boundary.event.reference
            for boundary in diagram.boundaries(node)
            if boundary.event and boundary.event.kind == "error"
        }
        if missed := contract.refusals - caught if None not in caught else frozenset():
            names = ", ".join(sorted(missed))
            yield node.id, f"may refuse ({names}); add an error boundary event"
        if caught and not contract.refusals:
            yield node.id, f"«{contract.name}» never refuses; remove the error boundary event"


def variables_written(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Every variable an expression reads is written by somebody: a typing error stops the deal."""
    written = context.written(diagram)
    for snippet in diagram.snippets:
        node = diagram.nodes.get(snippet.element)
        local = node.inputs.keys() if node else frozenset[str]()
        for name in sorted(variables(snippet.text) - written - local):
            yield snippet.element, f"nobody writes {name}, read in {snippet.text!r}"


def choices_read_last_step(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A gateway asks only for what a worker wrote just before: forms may write anything."""
    for gateway in diagram.of_kind("exclusiveGateway"):
        for flow in diagram.outgoing(gateway):
            asked = variables(flow.condition or "")
            for step in steps_before(diagram, gateway) if asked else ():
                for name in sorted(asked - context.results(step)):
                    yield flow.id, f"{step.id} before it does not write {name}"


def person_handed_over(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A step that asks who decided hears it from the person's task just before it."""
    for node in diagram.external_tasks:
        given = variables(node.inputs.get(DECIDED_BY, ""))
        if not given:
            continue
        for task in steps_before(diagram, node):
            if task.kind == "callActivity":
                continue  # people in a called process are heard by its own steps
            if not given & {name for name, value in task.outputs if DECIDED_BY in variables(value)}:
                yield node.id, f"takes {DECIDED_BY} from elsewhere than {task.id} before it"


def messages_sent(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A message awaited is one that the outbox sends."""
    for node in diagram.nodes.values():
        if node.event and node.event.kind == "message" and node.event.reference not in MESSAGES:
            yield node.id, f"nobody sends «{node.event.reference}»; known: {sorted(MESSAGES)}"


def calls_complete(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A called process exists, gets what is known here, and writes what is taken from it."""
    for node in diagram.of_kind("callActivity"):
        called = context.diagrams.get(node.attributes.get("calledElement", ""))
        if called is None:
            yield node.id, "calls a process that is not among the diagrams"
            continue
        for name in sorted(node.call_in.keys() - context.written(diagram)):
            yield node.id, f"hands over {name}, which nobody writes here"
        for name in sorted(node.call_out.keys() - context.written(called)):
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
