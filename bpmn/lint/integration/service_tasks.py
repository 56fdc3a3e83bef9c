"""Checks against workers: topics, inputs, results, BPMN errors, messages and calls."""

from collections.abc import Iterator

from bpmn.lint.finding import Violation
from bpmn.lint.integration.context import Check, LintContext, contracted, steps_before
from bpmn.lint.rules.expressions import variables
from bpmn.lint.rules.user_tasks import DECIDED_BY
from bpmn.lint.worker_contracts import MESSAGE_VARIABLES, MESSAGES
from bpmn.model.elements import Diagram


def topics_served(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Each topic in a diagram has a worker."""
    for node in diagram.external_tasks:
        if node.topic not in context.contracts:
            known = ", ".join(sorted(context.contracts))
            yield node.id, f"no worker serves «{node.topic}»; choose one of: {known}"


def inputs_as_declared(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """An external task declares exactly the input parameters that its topic reads."""
    for node, contract in contracted(diagram, context):
        for name in sorted(contract.inputs - node.inputs.keys()):
            yield node.id, f"«{contract.name}» reads {name}; add this input parameter"
        for name in sorted(node.inputs.keys() - contract.inputs):
            yield node.id, f"«{contract.name}» does not read {name}; remove this input parameter"


def results_not_shadowed(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Input parameters do not shadow result variables, which would stay local to the task."""
    for node, _ in contracted(diagram, context):
        for name in sorted(node.inputs.keys() & context.results(node)):
            yield node.id, f"its input {name} hides its result {name}; rename the input"


def bpmn_errors_caught(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Each BPMN error of a topic is caught, otherwise the path would end silently."""
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
    """Each variable read by an expression is written somewhere in the process."""
    written = context.written(diagram) - MESSAGE_VARIABLES
    for snippet in diagram.snippets:
        node = diagram.nodes.get(snippet.element)
        local = node.inputs.keys() if node else frozenset[str]()
        for name in sorted(variables(snippet.text) - written - local):
            if name in MESSAGE_VARIABLES:
                yield snippet.element, f"{name} exists only after a refusal: leave it to the form"
            else:
                yield snippet.element, f"nothing writes {name}, read in {snippet.text!r}"


def gateways_read_preceding_step(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Gateways read only results of the preceding step: forms could submit any value."""
    for gateway in diagram.of_kind("exclusiveGateway"):
        for flow in diagram.outgoing(gateway):
            asked = variables(flow.condition or "")
            for step in steps_before(diagram, gateway) if asked else ():
                for name in sorted(asked - context.results(step)):
                    yield flow.id, f"{step.id} before it does not write {name}"


def decided_by_passed_on(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """`decidedBy` of an external task comes from the user task directly before it."""
    for node in diagram.external_tasks:
        given = variables(node.inputs.get(DECIDED_BY, ""))
        if not given:
            continue
        for task in steps_before(diagram, node):
            if task.kind == "callActivity":
                continue  # the external tasks of the called process record its users
            if not given & {name for name, value in task.outputs if DECIDED_BY in variables(value)}:
                yield node.id, f"takes {DECIDED_BY} from elsewhere than {task.id} before it"


def messages_sent(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Message events wait only for messages that the suite sends."""
    for node in diagram.nodes.values():
        if node.event and node.event.kind == "message" and node.event.reference not in MESSAGES:
            yield node.id, f"nothing sends «{node.event.reference}»; known: {sorted(MESSAGES)}"


def calls_complete(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Called processes exist; mapped variables are written on the side they come from."""
    for node in diagram.of_kind("callActivity"):
        called = context.diagrams.get(node.attributes.get("calledElement", ""))
        if called is None:
            yield node.id, "calls a process that is not among the diagrams"
            continue
        for name in sorted(node.call_in.keys() - context.written(diagram)):
            yield node.id, f"passes {name}, which nothing writes here"
        for name in sorted(node.call_out.keys() - context.written(called)):
            yield node.id, f"takes {name}, which «{called.id}» does not write"


CHECKS: tuple[Check, ...] = (
    topics_served,
    inputs_as_declared,
    results_not_shadowed,
    bpmn_errors_caught,
    variables_written,
    gateways_read_preceding_step,
    decided_by_passed_on,
    messages_sent,
    calls_complete,
)
