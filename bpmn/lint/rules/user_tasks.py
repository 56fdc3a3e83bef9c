"""People's tasks: who gets them, what they hand in, and that it counts for nobody else."""

from collections import Counter
from collections.abc import Iterator

from bpmn.lint.finding import Violation
from bpmn.lint.rules.expressions import is_null, variables
from bpmn.lint.worker_contracts import MOVE_VERSION, STAGE_MOVED
from bpmn.model.elements import Diagram, Listener, Node

DECIDED_BY = "decidedBy"
COMPLETE = Listener("task", "complete", "${task.setVariable('decidedBy', currentUser())}")
FORM_PREFIX = "embedded:deployment:"


def task_reaches_somebody(diagram: Diagram) -> Iterator[Violation]:
    """A person's task has a group that can take it, whoever is away."""
    for node in diagram.user_tasks:
        if not node.candidate_groups:
            yield node.id, "set candidate groups, so that somebody can always take it"


def task_has_form(diagram: Diagram) -> Iterator[Violation]:
    """A person's task is done in a form of the same deployment."""
    for node in diagram.user_tasks:
        if not node.attributes.get("formKey", "").startswith(FORM_PREFIX):
            yield node.id, f"set the form key to {FORM_PREFIX}<file>.html"


def completion_names_person(diagram: Diagram) -> Iterator[Violation]:
    """Who did it is what the engine says, not what the form says."""
    for node in diagram.user_tasks:
        if COMPLETE not in node.listeners:
            yield node.id, f"add the complete listener {COMPLETE.expression}"
        if not is_null(node, DECIDED_BY):
            yield node.id, f"declare the input {DECIDED_BY} as ${{null}}"


def submissions_local(diagram: Diagram) -> Iterator[Violation]:
    """What a person hands in starts empty in this task: no earlier answer counts for it."""
    for node in diagram.user_tasks:
        for output, value in node.outputs:
            for name in variables(value):
                if not is_null(node, name):
                    yield node.id, f"{output} reads {name}: declare the input {name} as ${{null}}"


def submissions_leave_by_own_name(diagram: Diagram) -> Iterator[Violation]:
    """Two tasks never write the same variable, and none a name that forms submit."""
    counted = Counter(name for node in diagram.nodes.values() for name, _ in node.outputs)
    local = {name for node in diagram.user_tasks for name in node.inputs}
    for node in diagram.user_tasks:
        for name, _ in node.outputs:
            if counted[name] > 1 or name in local:
                yield node.id, f"output {name} is not its own; name it after the task"


def submissions_all_leave(diagram: Diagram) -> Iterator[Violation]:
    """Everything a person hands in is passed on to the step after the task."""
    for node in diagram.user_tasks:
        passed = {name for _, value in node.outputs for name in variables(value)}
        for name, value in node.inputs.items():
            if value == "${null}" and name not in passed:
                yield node.id, f"{name} is lost after the task; add an output for it"


def stage_moved_once(diagram: Diagram) -> Iterator[Violation]:
    """A repeated message finds no task, since every move has a number of its own."""
    for node in diagram.of_kind("boundaryEvent"):
        if node.event and node.event.reference == STAGE_MOVED and node.attached_to:
            host = diagram.nodes[node.attached_to]
            if host.inputs.get(MOVE_VERSION) != "${nextMove}":
                yield host.id, f"declare the input {MOVE_VERSION} as ${{nextMove}}"


def refusal_returns_to_person(diagram: Diagram) -> Iterator[Violation]:
    """A refused step goes back to a person, assigned as before."""
    for node in diagram.of_kind("boundaryEvent"):
        if node.event and node.event.kind == "error":
            target = _next_activity(diagram, node)
            if target is None or target.kind != "userTask":
                yield node.id, "lead the refusal back to the person's task"
            elif not variables(target.attributes.get("assignee", "")) & {"returnTo", "manager"}:
                yield target.id, "assign it to ${returnTo}, else the returned task has no owner"


def _next_activity(diagram: Diagram, node: Node) -> Node | None:
    """What follows ``node`` behind joining gateways."""
    seen: set[str] = set()
    while len(node.outgoing) == 1 and node.id not in seen:
        seen.add(node.id)
        node = diagram.nodes[diagram.outgoing(node)[0].target]
        if not node.kind.endswith("Gateway"):
            return node
    return None


RULES = (
    task_reaches_somebody,
    task_has_form,
    completion_names_person,
    submissions_local,
    submissions_leave_by_own_name,
    submissions_all_leave,
    stage_moved_once,
    refusal_returns_to_person,
)
