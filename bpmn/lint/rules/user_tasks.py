"""Rules for user tasks: candidate groups, forms, submitted variables, returns."""

import re
from collections import Counter
from collections.abc import Iterator

from bpmn.lint.finding import Violation
from bpmn.lint.rules.expressions import (
    Choice,
    Unary,
    Variable,
    is_null,
    members,
    single,
    variable,
    variables,
)
from bpmn.lint.worker_contracts import MOVE_VERSION, OWNERS, PERSONS, STAGE_MOVED
from bpmn.model.elements import Diagram, Listener, Node

DECIDED_BY = "decidedBy"
COMPLETE = Listener("task", "complete", "${task.setVariable('decidedBy', currentUser())}")
FORM_PREFIX = "embedded:deployment:"


def candidate_groups_required(diagram: Diagram) -> Iterator[Violation]:
    """A user task has candidate groups, so that absences do not block it."""
    for node in diagram.user_tasks:
        if not node.candidate_groups:
            yield node.id, "нет группы; укажите её, чтобы задачу всегда мог кто-то взять"


def due_date_required(diagram: Diagram) -> Iterator[Violation]:
    """A user task has a due date, so that it is reminded of and escalated."""
    for node in diagram.user_tasks:
        if not node.attributes.get("dueDate"):
            yield node.id, "нет срока исполнения; поставьте ${dueAt}, срок стадии сделки"


def form_required(diagram: Diagram) -> Iterator[Violation]:
    """A user task has an embedded form of the same deployment."""
    for node in diagram.user_tasks:
        if not node.attributes.get("formKey", "").startswith(FORM_PREFIX):
            yield node.id, f"нет формы; поставьте {FORM_PREFIX}<файл>.html"


def completing_user_recorded(diagram: Diagram) -> Iterator[Violation]:
    """A complete listener records the user; the form cannot set the name."""
    for node in diagram.user_tasks:
        if COMPLETE not in node.listeners:
            yield node.id, f"нет слушателя завершения; добавьте {COMPLETE.expression}"
        if not is_null(node, DECIDED_BY):
            yield node.id, f"объявите вход {DECIDED_BY} как ${{null}}"


def submitted_variables_local(diagram: Diagram) -> Iterator[Violation]:
    """Variables mapped by outputs are inputs declared as ${null}, so no earlier value remains."""
    for node in diagram.user_tasks:
        for output, value in node.outputs:
            name = variable(value)
            if name is None:
                yield node.id, f"выход {output} = «{value}»: поставьте одну переменную формы"
            elif not is_null(node, name):
                yield node.id, f"выход {output} читает {name}: объявите вход {name} как ${{null}}"


def output_names_unique(diagram: Diagram) -> Iterator[Violation]:
    """Output names are unique in a diagram and differ from submitted variables."""
    counted = Counter(name for node in diagram.nodes.values() for name, _ in node.outputs)
    local = {name for node in diagram.user_tasks for name in node.inputs}
    for node in diagram.user_tasks:
        for name, _ in node.outputs:
            if counted[name] > 1 or name in local:
                yield node.id, f"выход {name} занят другим; назовите его по задаче"


def submitted_variables_mapped(diagram: Diagram) -> Iterator[Violation]:
    """Each submitted variable is mapped to an output."""
    for node in diagram.user_tasks:
        passed = {name for _, value in node.outputs for name in variables(value)}
        for name, value in node.inputs.items():
            if value == "${null}" and name not in passed:
                yield node.id, f"{name} после задачи потеряется; добавьте для него выход"


def listeners_known(diagram: Diagram) -> Iterator[Violation]:
    """Listeners record who completed a task and name it; none sets another variable."""
    for node in diagram.nodes.values():
        for listener in node.listeners:
            if listener == COMPLETE:
                continue
            text = listener.expression or ""
            sets = "setVariable" in members(text)
            if (listener.scope, listener.event) != ("task", "create") or sets or not text:
                yield node.id, f"слушатель «{text}» не из известных; уберите его"


def owner_known(diagram: Diagram) -> Iterator[Violation]:
    """The assignee is found by a worker: the manager, the person found for the role, or to whom a
    refusal returns the task. The candidate group goes with the assignee."""
    for node in diagram.user_tasks:
        text = node.attributes.get("assignee", "")
        owner = _owner(text)
        if owner is None:
            known = ", ".join(f"${{{name}}}" for name in sorted(OWNERS))
            yield node.id, f"исполнитель «{text}» не из известных; поставьте одно из: {known}"
        elif owner in PERSONS and node.candidate_groups != (PERSONS[owner],):
            yield node.id, f"к исполнителю ${{{owner}}} нужна группа {PERSONS[owner]}"


def _owner(text: str) -> str | None:
    """The variable that names the assignee, as ``${x}`` or ``${empty returnTo ? x : returnTo}``."""
    match single(text):
        case Variable(name=name) if name in OWNERS:
            return name
        case Choice(
            condition=Unary(sign="empty", operand=Variable(name="returnTo")),
            yes=Variable(name=name),
            no=Variable(name="returnTo"),
        ) if name in OWNERS:
            return name
    return None


def instructions_required(diagram: Diagram) -> Iterator[Violation]:
    """A user task tells in its documentation what to do, in plain text: the engine would evaluate
    an expression in it and stop before the task if it cannot."""
    for node in diagram.user_tasks:
        if re.search(r"[$#]\{", node.documentation):
            yield node.id, "в описании выражение; напишите словами, данные сделки покажет форма"
        if not node.documentation.strip():
            yield node.id, "нет описания; напишите исполнителю, что сделать"


def stage_message_correlated(diagram: Diagram) -> Iterator[Violation]:
    """Tasks that wait for a stage message declare the move number it is correlated by."""
    for node in diagram.of_kind("boundaryEvent"):
        if node.event and node.event.reference == STAGE_MOVED and node.attached_to:
            host = diagram.nodes[node.attached_to]
            if variable(host.inputs.get(MOVE_VERSION)) != "nextMove":
                yield host.id, f"объявите вход {MOVE_VERSION} как ${{nextMove}}"


def bpmn_error_returns_to_user_task(diagram: Diagram) -> Iterator[Violation]:
    """An error boundary event leads back to a user task that keeps its assignee."""
    for node in diagram.of_kind("boundaryEvent"):
        if node.event and node.event.kind == "error":
            target = _next_activity(diagram, node)
            if target is None or target.kind != "userTask":
                yield node.id, "верните отказ к задаче человека"
            elif not variables(target.attributes.get("assignee", "")) & {"returnTo", "manager"}:
                yield target.id, "назначьте её на ${returnTo}, иначе вернувшаяся задача ничья"


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
    due_date_required,
    form_required,
    completing_user_recorded,
    submitted_variables_local,
    output_names_unique,
    submitted_variables_mapped,
    listeners_known,
    owner_known,
    instructions_required,
    stage_message_correlated,
    bpmn_error_returns_to_user_task,
)
