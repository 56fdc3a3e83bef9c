"""Kinds of mistakes in user tasks: who is recorded, what the engine evaluates, what is overwritten."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc, type-arg, union-attr, arg-type, no-any-return, no-redef, list-item, index, var-annotated, operator, attr-defined, func-returns-value, untyped-decorator"
# ruff: noqa: E501

from collections.abc import Iterator

from bpmn.model.elements import Diagram
from bpmn.model.reader import BPMN, CAMUNDA
from forms.task_forms import FORMS
from tests.support.diagrams.mutation.kinds.registry import kind
from tests.support.diagrams.mutation.places import (
    Place,
    steps,
    users,
)  # fmt: skip


@kind("form of a sibling task", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        own = next((f for f in FORMS if f.name == task.form), None)
        for other in FORMS:
            if own and other.name != own.name and set(other.variables) == set(own.variables):
                yield (
                    task.id,
                    lambda x, t=task.id, o=other.name: x.camunda(
                        t, "formKey", f"embedded:deployment:{o}"
                    ),
                )


@kind("group of another role", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        for role in ("drivers", "lawyers", "portalAdmins"):
            if role not in task.candidate_groups:
                yield task.id, lambda x, t=task.id, r=role: x.camunda(t, "candidateGroups", r)


for _tag in ("manualTask", "receiveTask", "sendTask", "task", "scriptTask", "businessRuleTask"):

    @kind(f"user task becomes a {_tag}")
    def _(d: Diagram, tag=_tag) -> Iterator[Place]:
        for task in users(d):
            yield task.id, lambda x, t=task.id: x.retag(t, tag)


@kind("service task becomes a sendTask")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        yield node.id, lambda x, t=node.id: x.retag(t, "sendTask")


def _listener(x, task, **change):
    for found in x.find(task).iter(f"{CAMUNDA}taskListener"):
        if found.get("event") == "complete":
            found.attrib.update(change)


for _event in ("create", "assignment", "delete", "update", "timeout"):

    @kind(f"person recorded at {_event}")
    def _(d: Diagram, event=_event) -> Iterator[Place]:
        for task in users(d):
            yield task.id, lambda x, t=task.id: _listener(x, t, event=event)


for _name, _text in {
    "assignee": "${task.setVariable('decidedBy', task.getAssignee())}",
    "owner": "${task.setVariable('decidedBy', task.owner)}",
    "a constant": "${task.setVariable('decidedBy', 'head1')}",
    "another name": "${task.setVariable('decidedby', currentUser())}",
    "execution": "${execution.setVariable('decidedBy', currentUser())}",
    "local": "${task.setVariableLocal('decidedBy', currentUser())}",
}.items():

    @kind(f"person recorded as {_name}")
    def _(d: Diagram, text=_text) -> Iterator[Place]:
        for task in users(d):
            yield task.id, lambda x, t=task.id: _listener(x, t, expression=text)


for _attr, _value in (
    ("priority", "${dealPriority}"), ("priority", "высокий"),
    ("followUpDate", "${remindOn}"), ("followUpDate", "P1D"),
):  # fmt: skip

    @kind(f"task {_attr}: {_value}")
    def _(d: Diagram, attr=_attr, value=_value) -> Iterator[Place]:
        for task in users(d):
            yield task.id, lambda x, t=task.id: x.camunda(t, attr, value)


@kind("task name is an expression")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        yield task.id, lambda x, t=task: x.set(t.id, name=t.name + " ${clientFullName}")


@kind("task documentation is an expression")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):

        def edit(x, t=task.id):
            x.find(t).find(f"{BPMN}documentation").text = "Проверьте клиента ${clientFullName}"

        yield task.id, edit


@kind("task input reads an unwritten variable")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        yield task.id, lambda x, t=task.id: x.parameter(t, "hint", "${contractSum}")


@kind("form variable is an empty text")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        for name, value in task.inputs.items():
            if value == "${null}":
                yield task.id, lambda x, t=task.id, n=name: x.parameter(t, n, "")


@kind("task output of an unwritten variable")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        for name, _value in task.outputs:
            yield task.id, lambda x, t=task.id, n=name: x.output(t, n, "${answerOfForm}")


@kind("task output overwrites a fact of the deal")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        for _name, value in task.outputs:
            for fact in ("dealId", "manager"):
                yield task.id, lambda x, t=task.id, v=value, f=fact: x.output(t, f, v)


@kind("task output overwrites a result of a step")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        for _name, value in task.outputs:
            for fact in ("approved", "returnTo"):
                yield task.id, lambda x, t=task.id, v=value, f=fact: x.output(t, f, v)


@kind("description deleted with its tag kept")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):

        def edit(x, t=task.id):
            x.find(t).find(f"{BPMN}documentation").text = "  "

        yield task.id, edit
