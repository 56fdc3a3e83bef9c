"""Rules for user tasks: candidate groups, forms, submitted variables, returns."""

from collections import Counter
from collections.abc import Iterator

from bpmn.lint.finding import Violation
from bpmn.lint.rules.expressions import is_null, variables
from bpmn.lint.worker_contracts import MOVE_VERSION, STAGE_MOVED
from bpmn.model.elements import Diagram, Listener, Node

DECIDED_BY = "decidedBy"
COMPLETE = Listener("task", "complete", "${task.setVariable('decidedBy', currentUser())}")
FORM_PREFIX = "embedded:deployment:"


def candidate_groups_required(diagram: Diagram) -> Iterator[Violation]:
    """A user task has candidate groups, so that absences do not block it."""
    for node in diagram.user_tasks:
        if not node.candidate_groups:
            yield node.id, "set candidate groups, so that it can always be claimed"


def form_required(diagram: Diagram) -> Iterator[Violation]:
    """A user task has an embedded form of the same deployment."""
    for node in diagram.user_tasks:
        if not node.attributes.get("formKey", "").startswith(FORM_PREFIX):
            yield node.id, f"set the form key to {FORM_PREFIX}<file>.html"


def completing_user_recorded(diagram: Diagram) -> Iterator[Violation]:
    """A complete listener records the user; the form cannot set the name."""
    for node in diagram.user_tasks:
        if COMPLETE not in node.listeners:
            yield node.id, f"add the complete listener {COMPLETE.expression}"
        if not is_null(node, DECIDED_BY):
            yield node.id, f"declare the input {DECIDED_BY} as ${{null}}"


def submitted_variables_local(diagram: Diagram) -> Iterator[Violation]:
    """Variables mapped by outputs are inputs declared as ${null}, so no earlier value remains."""
    for node in diagram.user_tasks:
        for output, value in node.outputs:
            for name in variables(value):
                if not is_null(node, name):
                    yield node.id, f"{output} reads {name}: declare the input {name} as ${{null}}"


def output_names_unique(diagram: Diagram) -> Iterator[Violation]:
    """Output names are unique in a diagram and differ from submitted variables."""
    counted = Counter(name for node in diagram.nodes.values() for name, _ in node.outputs)
    local = {name for node in diagram.user_tasks for name in node.inputs}
    for node in diagram.user_tasks:
        for name, _ in node.outputs:
            if counted[name] > 1 or name in local:
                yield node.id, f"output {name} is used elsewhere; name it after the task"


def submitted_variables_mapped(diagram: Diagram) -> Iterator[Violation]:
    """Each submitted variable is mapped to an output."""
    for node in diagram.user_tasks:
        passed = {name for _, value in node.outputs for name in variables(value)}
        for name, value in node.inputs.items():
            if value == "${null}" and name not in passed:
                yield node.id, f"{name} is lost after the task; add an output for it"


def stage_message_correlated(diagram: Diagram) -> Iterator[Violation]:
    """Tasks that wait for a stage message declare the move number it is correlated by."""
    for node in diagram.of_kind("boundaryEvent"):
        if node.event and node.event.reference == STAGE_MOVED and node.attached_to:
            host = diagram.nodes[node.attached_to]
            if host.inputs.get(MOVE_VERSION) != "${nextMove}":
                yield host.id, f"declare the input {MOVE_VERSION} as ${{nextMove}}"


def bpmn_error_returns_to_user_task(diagram: Diagram) -> Iterator[Violation]:
    """An error boundary event leads back to a user task that keeps its assignee."""
    for node in diagram.of_kind("boundaryEvent"):
        if node.event and node.event.kind == "error":
            target = _next_activity(diagram, node)
            if target is None or target.kind != "userTask":
                yield node.id, "lead the error back to the user task"
            elif not variables(target.attributes.get("assignee", "")) & {"returnTo", "manager"}:
                yield target.id, "assign it to ${returnTo}, else the returned task has no owner"


def _next_activity(diagram: Diagram, node: Node) -> Node | None:
    """Return the next activity after joining gateways."""
    seen: set[str] = set()
    while len(node.outgoing) == 1 and node.id not in seen:
        seen.add(node.id)
        node = diagram.nodes[diagram.outgoing(node)[0].target]
        if not node.kind.endswith("Gateway"):
            return node
    return None


RULES = (
    candidate_groups_required,
    form_required,
    completing_user_recorded,
    submitted_variables_local,
    output_names_unique,
    submitted_variables_mapped,
    stage_message_correlated,
    bpmn_error_returns_to_user_task,
)
