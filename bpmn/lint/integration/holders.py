"""Checks of who holds a user task: the role that its form is for, looked up where it is used."""

from collections.abc import Iterator

from bpmn.lint.finding import Violation
from bpmn.lint.integration.constants import AT, ROLE
from bpmn.lint.integration.context import Check, LintContext, steps_before
from bpmn.lint.rules.expressions import is_null, variables
from bpmn.lint.worker_contracts import PERSONS
from bpmn.model.assigned_tasks import ASSIGNEE, FIND_TOPICS
from bpmn.model.elements import Diagram, Node
from bpmn.model.manager_tasks import MANAGER as MANAGER_FOUND
from db.domain.people.assignment import At
from forms.task_forms import MANAGER, Form

FORMS_FILE = "forms/task_forms.py"
STEP = "step"
GROUP_OF_PERSON = {group: person for person, group in PERSONS.items()}


def tasks_of_their_role(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A user task is held by a role that its form is for, and by the person at that end of a
    transfer. The catalog says the role of an approval step."""
    for task in diagram.user_tasks:
        form = context.forms.get(task.form or "")
        if form is None or _approves(diagram, task, context):
            continue
        if not form.roles:
            yield (
                task.id,
                f"{form.name} не говорит, чья это задача; добавьте её roles в {FORMS_FILE}",
            )
            continue
        for role in sorted(set(form.roles) - {MANAGER} - set(context.roles)):
            yield task.id, f"роли «{role}» формы {form.name} нет; исправьте roles в {FORMS_FILE}"
        for group in task.candidate_groups:
            yield from _held(diagram, task, form, group)


def people_looked_for(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Somebody of a role is looked up exactly where the next task is given to the person found."""
    passed = {name for call in diagram.of_kind("callActivity") for name in call.call_in}
    wanted = {
        step.id
        for task in diagram.user_tasks
        if ASSIGNEE in variables(task.attributes.get("assignee", ""))
        for step in steps_before(diagram, task, refusals=False)
    }
    for node in diagram.external_tasks:
        if node.topic not in FIND_TOPICS or ROLE not in node.inputs:
            continue
        looks = not is_null(node, ROLE)
        if node.id in wanted and not looks:
            yield node.id, f"следующая задача ждёт найденного им; задайте {ROLE} и {AT}"
        elif looks and node.id not in wanted and ASSIGNEE not in passed:
            yield (
                node.id,
                f"ищет сотрудника роли {node.inputs[ROLE]}, а задачи для него следом нет; "
                "поставьте ${null} или уберите шаг",
            )


def _approves(diagram: Diagram, task: Node, context: LintContext) -> bool:
    """Whether the task decides a step of an approval, whose role the catalog knows."""
    return any(
        task.inputs.get(STEP) in chain.steps
        for chain in context.catalog.chains.values()
        if chain.process == diagram.id
    )


def _held(diagram: Diagram, task: Node, form: Form, group: str) -> Iterator[Violation]:
    owners = variables(task.attributes.get("assignee", ""))
    person = GROUP_OF_PERSON.get(group)
    if person is not None and person not in owners:
        yield (
            task.id,
            f"группа {group} идёт к исполнителю ${{{person}}}, а здесь другой; поставьте его или "
            "другую группу",
        )
    elif person is None:
        if group not in form.roles:
            yield task.id, _of_others(form, group)
    elif group == PERSONS["manager"]:
        if MANAGER not in form.roles:
            yield task.id, _of_others(form, MANAGER_FOUND)
    else:
        for step in steps_before(diagram, task, refusals=False):
            yield from _found(step, task, form)


def _found(step: Node, task: Node, form: Form) -> Iterator[Violation]:
    role, place = step.inputs.get(ROLE, ""), step.inputs.get(AT, At.SOURCE.value)
    if not role or "{" in role:
        return
    if role not in form.roles:
        yield step.id, f"ищет сотрудника для «{task.name}»: {_of_others(form, role)}"
    elif place in set(At) and place != form.at:
        yield (
            step.id,
            f"{AT} = «{place}», а «{task.name}» с {form.name} ждёт сотрудника на {form.at.value}; "
            f"исправьте {AT} здесь или у формы в {FORMS_FILE}",
        )


def _of_others(form: Form, given: str) -> str:
    return (
        f"задача достанется {given}, а {form.name} для: {', '.join(form.roles)}; исправьте роль "
        f"здесь или roles формы в {FORMS_FILE}"
    )


CHECKS: tuple[Check, ...] = (
    tasks_of_their_role,
    people_looked_for,
)
