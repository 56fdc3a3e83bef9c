"""Kinds of mistakes in tasks of people: assignee, group, form, listeners."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc, type-arg, union-attr, arg-type, no-any-return, no-redef, list-item, index, var-annotated, operator, attr-defined, func-returns-value, untyped-decorator"
# ruff: noqa: E501

from collections.abc import Iterator

from bpmn.model.elements import Diagram
from tests.support.diagrams.mutation.kinds.registry import kind
from tests.support.diagrams.mutation.places import Place, users

PERSON = {
    "assignee is a constant": ("assignee", "ivanov"),
    "assignee is an unknown variable": ("assignee", "${boss}"),
    "assignee is a text": ("assignee", "${dealTitle}"),
    "candidate group deleted": ("candidateGroups", None),
    "candidate group with a typo": ("candidateGroups", "salesHeadz"),
    "candidate group is a text": ("candidateGroups", "${dealTitle}"),
    "second candidate group": ("candidateGroups", "lawyers,lawyerz"),
    "candidate users": ("candidateUsers", "ivanov"),
    "form deleted": ("formKey", None),
    "form with a typo": ("formKey", "embedded:deployment:decidee.html"),
    "form of the webapp": ("formKey", "embedded:app:forms/x.html"),
    "form by reference": ("formRef", "x"),
    "form generated": ("formHandlerClass", "x.Y"),
    "follow-up date in words": ("followUpDate", "завтра"),
}  # fmt: skip
for _name, (_attribute, _value) in PERSON.items():

    @kind(_name)
    def _(d: Diagram, attribute=_attribute, value=_value) -> Iterator[Place]:
        for task in users(d):
            yield task.id, lambda x, t=task.id: x.camunda(t, attribute, value)


@kind("assignee is the person before")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        for other in users(d):
            for name, value in other.outputs:
                if other is not task and value == "${decidedBy}":
                    yield (
                        task.id,
                        lambda x, t=task.id, n=name: x.camunda(t, "assignee", f"${{{n}}}"),
                    )


@kind("assignee without its group")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        if "manager" in task.attributes["assignee"]:
            yield (
                task.id,
                lambda x, t=task.id: x.camunda(
                    t, "assignee", "${empty returnTo ? assignee : returnTo}"
                ),
            )


@kind("another form", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        other = "pick-order.html" if "decide" in task.attributes["formKey"] else "decide.html"
        yield (
            task.id,
            lambda x, t=task.id, o=other: x.camunda(t, "formKey", f"embedded:deployment:{o}"),
        )


@kind("complete listener deleted")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        yield task.id, lambda x, t=task.id: x.drop_listener(t, "complete")


LISTENERS = {
    "listener sets the answer": '<camunda:taskListener event="complete" expression="${task.setVariable(\'decision\', \'approved\')}" />',
    "listener sets a result": '<camunda:executionListener event="end" expression="${execution.setVariable(\'approved\', true)}" />',
    "listener at creation sets a variable": '<camunda:taskListener event="create" expression="${task.setVariable(\'returnTo\', \'ivanov\')}" />',
    "listener with a class": '<camunda:taskListener event="create" class="x.Y" />',
    "listener with a script": '<camunda:taskListener event="create"><camunda:script scriptFormat="groovy">1</camunda:script></camunda:taskListener>',
    "listener that changes the name at the end": '<camunda:taskListener event="complete" expression="${task.setVariable(\'decidedBy\', manager)}" />',
    "form fields": '<camunda:formData><camunda:formField id="approved" type="boolean" /></camunda:formData>',
    "connector": '<camunda:connector><camunda:connectorId>http-connector</camunda:connectorId></camunda:connector>',
}  # fmt: skip
for _name, _xml in LISTENERS.items():

    @kind(_name)
    def _(d: Diagram, xml=_xml) -> Iterator[Place]:
        for task in users(d):
            yield task.id, lambda x, t=task.id: x.extend(t, xml)
