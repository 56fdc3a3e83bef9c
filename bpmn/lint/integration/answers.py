"""Checks of what a person answered: whose answer a step records, where a refusal leads."""

from collections.abc import Iterator

from bpmn.lint.finding import Violation
from bpmn.lint.integration.context import Check, LintContext, contracted, steps_before
from bpmn.lint.integration.graph import onward, people_before
from bpmn.lint.rules.expressions import is_null, variable
from bpmn.lint.rules.user_tasks import DECIDED_BY
from bpmn.lint.worker_contracts import Kind, TopicContract
from bpmn.model.elements import Diagram, Node


def answers_of_task_before(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A step records what the person of the task just before answered, and their login: never a
    constant, another task's answer or another variable. A call passes on the same answers only."""
    told = {name: task for task in diagram.user_tasks for name, _ in task.outputs}
    for call in diagram.of_kind("callActivity"):
        before = people_before(diagram, call)
        for name in call.call_in:
            if name in told and told[name] not in before:
                yield (
                    call.id,
                    f"передаёт {name}, ответ задачи «{told[name].name}», а она не перед ним",
                )
    for node, contract in contracted(diagram, context):
        people = people_before(diagram, node)
        if contract.answers and not people:
            yield node.id, "записывает ответ человека, но перед ним нет его задачи; нарисуйте её"
        for task in people:
            yield from _from(task, node, contract, context)


def answers_recorded(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Each answer of a user task is read by a step or call behind it; others would be lost. A
    step does not record again what the same step just before it recorded."""
    read: set[tuple[str, str]] = set()
    for node in diagram.nodes.values():
        names = {variable(value) for value in node.inputs.values()} | set(node.call_in)
        if names and node.kind in ("serviceTask", "callActivity"):
            for task in people_before(diagram, node):
                read |= {(task.id, name) for name in names if name}
    for node in diagram.external_tasks:
        for step in steps_before(diagram, node, refusals=False):
            same = step is not node and (step.topic, step.inputs) == (node.topic, node.inputs)
            if same and DECIDED_BY in node.inputs:
                yield node.id, f"ответ уже записал шаг «{step.name}»; уберите повтор"
    for task in diagram.user_tasks:
        for name, _ in task.outputs:
            if (task.id, name) not in read:
                yield task.id, f"ответ {name} никто после неё не записывает; передайте его шагу"


def refusals_return_to_their_task(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A refusal returns to the user task whose answers the step did not accept."""
    for boundary in diagram.of_kind("boundaryEvent"):
        if not boundary.event or boundary.event.kind != "error" or not boundary.attached_to:
            continue
        asked = {task.id for task in people_before(diagram, diagram.nodes[boundary.attached_to])}
        for target in onward(diagram, boundary, {}):
            if target.id not in asked:
                names = ", ".join(f"«{diagram.nodes[one].name}»" for one in sorted(asked))
                yield (
                    boundary.id,
                    f"отказ ведёт к «{target.name}»; верните его к задаче, где дали этот ответ"
                    f"{': ' + names if names else ''}",
                )


def _from(
    task: Node, node: Node, contract: TopicContract, context: LintContext
) -> Iterator[Violation]:
    form = context.forms.get(task.form or "")
    submits = (form.submits if form else frozenset()) | {DECIDED_BY}
    for name in sorted(contract.inputs & node.inputs.keys()):
        known = contract.types.get(name)
        asked = name in contract.answers or name == DECIDED_BY
        if name in submits and (asked or (known is not None and known.kind is Kind.ANY)):
            wanted = {output for output, value in task.outputs if variable(value) == name}
            if variable(node.inputs[name]) not in wanted:
                says = f"${{{min(wanted)}}}" if wanted else f"выходной параметр с {name}"
                yield (
                    node.id,
                    f"вход {name} = «{node.inputs[name]}» не из задачи «{task.name}» перед ним; "
                    f"поставьте {says}",
                )
        elif name in contract.answers and not is_null(node, name):
            yield (
                node.id,
                f"вход {name} = «{node.inputs[name]}», но форма задачи «{task.name}» его не "
                "спрашивает; поставьте ${null}",
            )


CHECKS: tuple[Check, ...] = (
    answers_of_task_before,
    answers_recorded,
    refusals_return_to_their_task,
)
