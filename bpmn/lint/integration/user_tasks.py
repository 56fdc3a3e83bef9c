"""Checks against forms and roles."""

from collections import Counter
from collections.abc import Iterator

from bpmn.lint.finding import Violation
from bpmn.lint.integration.context import Check, LintContext, steps_before
from bpmn.lint.rules.expressions import is_null, variable, variables
from bpmn.lint.rules.user_tasks import DECIDED_BY
from bpmn.lint.worker_contracts import START_VARIABLES
from bpmn.model.assigned_tasks import ASSIGNEE
from bpmn.model.elements import Diagram

WRITTEN_BY_WORKERS = frozenset({"${headsGroup}", "${assigneeGroup}"})
"""Candidate group expressions that a worker evaluates at run time."""


def forms_fit(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """The form exists and submits exactly the inputs declared as ${null}."""
    for node in diagram.user_tasks:
        form = context.forms.get(node.form or "")
        if form is None:
            yield (
                node.id,
                f"формы {node.form} нет; выберите из forms/task_forms.py или добавьте туда строку",
            )
            continue
        awaited = {name for name in node.inputs if is_null(node, name)} - {DECIDED_BY}
        for name in sorted(form.submits - awaited):
            yield node.id, f"{form.name} отправляет {name}: объявите этот вход как ${{null}}"
        for name in sorted(awaited - form.submits):
            yield node.id, f"{form.name} не отправляет {name}: уберите этот вход и его выход"


def forms_in_their_place(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """No form is left without a task while two tasks show another that submits the same: people
    would be asked the wrong question, and their answer would fit."""
    shown = Counter(task.form for one in context.diagrams.values() for task in one.user_tasks)
    left = {form.submits: name for name, form in context.forms.items() if not shown[name]}
    for node in diagram.user_tasks:
        form = context.forms.get(node.form or "")
        if form is not None and shown[form.name] > 1 and form.submits in left:
            yield (
                node.id,
                f"{form.name} показывают задачи: {shown[form.name]}, а {left[form.submits]} "
                "ни одна; поставьте в одной из них её форму",
            )


def outputs_of_their_own(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """An answer of a person does not replace what a worker or the caller writes, unless the step
    right after the task writes it again."""
    taken = set(START_VARIABLES.get(diagram.id, ()))
    taken |= {name for node in diagram.nodes.values() for name in context.results(node)}
    for _, call in context.callers(diagram):
        taken |= set(call.call_in.values())
    for node in diagram.user_tasks:
        again = {
            name
            for flow in diagram.outgoing(node)
            for name in context.results(diagram.nodes[flow.target])
        }
        for name, _ in node.outputs:
            if name in taken - again:
                yield node.id, f"выход {name} заменит записанное исполнителем; назовите иначе"


def inputs_hide_nothing(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """An input of a user task does not hide a variable of the process from its form."""
    written = context.written(diagram)
    for node in diagram.user_tasks:
        form = context.forms.get(node.form or "")
        submits = form.submits if form else frozenset[str]()
        for name, value in node.inputs.items():
            if name in written - submits and variable(value) != name:
                yield node.id, f"вход {name} скроет от формы {name} процесса; уберите его"


def groups_known(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Candidate groups are roles of the catalog, or variables written by workers."""
    for node in diagram.user_tasks:
        for group in node.candidate_groups:
            if group not in WRITTEN_BY_WORKERS and group not in context.roles:
                yield node.id, f"роли «{group}» нет; роли: {', '.join(sorted(context.roles))}"


def assignee_found_last(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """The assignee is looked up directly before the task, because roles and absences change.

    Exception: a task reached again through an error boundary event keeps its assignee.
    """
    for task in diagram.user_tasks:
        if ASSIGNEE in variables(task.attributes.get("assignee", "")):
            for step in steps_before(diagram, task, refusals=False):
                if ASSIGNEE not in context.results(step):
                    yield (
                        task.id,
                        f"ищите исполнителя после «{step.name or step.id}», прямо перед ней",
                    )


CHECKS: tuple[Check, ...] = (
    forms_fit,
    forms_in_their_place,
    outputs_of_their_own,
    inputs_hide_nothing,
    groups_known,
    assignee_found_last,
)
