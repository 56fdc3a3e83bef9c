"""Kinds of mistakes in inputs, outputs and errors of system steps."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc, type-arg, union-attr, arg-type, no-any-return, no-redef, list-item, index, var-annotated, operator, attr-defined, func-returns-value, untyped-decorator"
# ruff: noqa: E501

from collections.abc import Iterator
from copy import deepcopy

from bpmn.model.elements import Diagram
from bpmn.model.reader import BPMN, CAMUNDA
from tests.support.diagrams.mutation.kinds.registry import kind
from tests.support.diagrams.mutation.places import (
    Place,
    boundaries,
    ends,
    parse,
    picture,
    steps,
)  # fmt: skip


@kind("priority of a step in words")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        yield node.id, lambda x, n=node.id: x.camunda(n, "taskPriority", "высокий")


@kind("priority of a step from an unknown variable")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        yield node.id, lambda x, n=node.id: x.camunda(n, "taskPriority", "${urgency}")


@kind("topic by expression")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        yield node.id, lambda x, n=node: x.camunda(n.id, "topic", "${'" + n.topic + "'}")


def _read(node):
    return [(n, v) for n, v in node.inputs.items() if v.startswith("${") and v != "${null}"]


for _name, _change in {
    "with text after it": lambda v: v + ".",
    "with text before it": lambda v: "ответ " + v,
    "deferred and doubled": lambda v: v + v,
    "in capitals": lambda v: "${" + v[2:3].upper() + v[3:],
    "through a method": lambda v: v[:-1] + ".toLowerCase()}",
    "with a default": lambda v: "${empty " + v[2:-1] + " ? '-' : " + v[2:-1] + "}",
    "without braces": lambda v: v[2:-1],
    "with a dollar alone": lambda v: "$" + v[2:-1],
    "as a property": lambda v: v[:-1] + ".value}",
    "as a literal": lambda v: "${'" + v[2:-1] + "'}",
    "negated": lambda v: "${!" + v[2:],
    "by execution": lambda v: "${execution.getVariable('" + v[2:-1] + "')}",
}.items():

    @kind(f"input {_name}")
    def _(d: Diagram, change=_change) -> Iterator[Place]:
        for node in steps(d):
            for name, value in _read(node):
                yield node.id, lambda x, n=node.id, i=name, v=value: x.parameter(n, i, change(v))


@kind("input names another case")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        for name, value in node.inputs.items():
            yield (
                node.id,
                lambda x, n=node.id, i=name, v=value: x.parameter(n, i, None).parameter(
                    n, i.lower() if i.lower() != i else i.upper(), v
                ),
            )


@kind("input given twice")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        for name, _value in node.inputs.items():

            def edit(x, n=node.id, i=name):
                io = next(x.find(n).iter(f"{CAMUNDA}inputOutput"))
                io.append(
                    parse(f'<camunda:inputParameter name="{i}">approved</camunda:inputParameter>')
                )

            yield node.id, edit


@kind("input is a list")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        for name, _value in node.inputs.items():

            def edit(x, n=node.id, i=name):
                x.parameter(n, i, None)
                io = next(x.find(n).iter(f"{CAMUNDA}inputOutput"))
                io.append(
                    parse(
                        f'<camunda:inputParameter name="{i}"><camunda:list><camunda:value>approved</camunda:value></camunda:list></camunda:inputParameter>'
                    )
                )

            yield node.id, edit


@kind("input is a map")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        for name, _value in node.inputs.items():

            def edit(x, n=node.id, i=name):
                x.parameter(n, i, None)
                io = next(x.find(n).iter(f"{CAMUNDA}inputOutput"))
                io.append(
                    parse(
                        f'<camunda:inputParameter name="{i}"><camunda:map><camunda:entry key="a">b</camunda:entry></camunda:map></camunda:inputParameter>'
                    )
                )

            yield node.id, edit


@kind("step has an output")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        yield node.id, lambda x, n=node.id: x.output(n, "approved", "${true}")


@kind("step has an output of its own input")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        for name in node.inputs:
            yield node.id, lambda x, n=node.id, i=name: x.output(n, "answerKept", f"${{{i}}}")


@kind("step asked twice in a row", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        if "decidedBy" in node.inputs and len(node.outgoing) == 1:

            def edit(x, n=node):
                found = x.find(n.id)
                copy = deepcopy(found)
                copy.set("id", "Task_Again")
                for tag in ("incoming", "outgoing"):
                    for one in copy.findall(f"{BPMN}{tag}"):
                        copy.remove(one)
                found.getparent().append(copy)
                flow = x.find(d.outgoing(n)[0].id)
                target = flow.get("targetRef")
                flow.set("targetRef", "Task_Again")
                x.add_flow("Flow_Again", "Task_Again", target)
                picture(x, "Task_Again", n.id)

            yield node.id, edit


@kind("retries without end")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        yield (
            node.id,
            lambda x, n=node.id: x.camunda(n, "asyncBefore", "true").extend(
                n, "<camunda:failedJobRetryTimeCycle>R/PT</camunda:failedJobRetryTimeCycle>"
            ),
        )


@kind("error boundary twice on a step")
def _(d: Diagram) -> Iterator[Place]:
    for b in boundaries(d, "error"):

        def edit(x, b=b):
            found = x.find(b.id)
            copy = deepcopy(found)
            copy.set("id", "BoundaryEvent_Again")
            for one in copy.iter():
                if one is not copy and one.get("id"):
                    one.set("id", one.get("id") + "Again")
            for tag in ("incoming", "outgoing"):
                for one in copy.findall(f"{BPMN}{tag}"):
                    copy.remove(one)
            found.getparent().append(copy)
            x.add_flow(
                "Flow_Again",
                "BoundaryEvent_Again",
                ends(d)[-1].id if ends(d) else d.outgoing(b)[0].target,
            )
            picture(x, "BoundaryEvent_Again", b.id)

        yield b.id, edit


def _error(x, b, **attributes):
    definition = next(x.find(b).iter(f"{BPMN}errorEventDefinition"))
    for name, value in attributes.items():
        definition.set(f"{CAMUNDA}{name}", value)


@kind("error message overwrites a result")
def _(d: Diagram) -> Iterator[Place]:
    for b in boundaries(d, "error"):
        yield (
            b.id,
            lambda x, b=b.id: _error(
                x, b, errorMessageVariable="approved", errorCodeVariable="decision"
            ),
        )


@kind("error message overwrites the error of the form")
def _(d: Diagram) -> Iterator[Place]:
    for b in boundaries(d, "error"):
        yield b.id, lambda x, b=b.id: _error(x, b, errorMessageVariable="formError")


@kind("refusal sets an output")
def _(d: Diagram) -> Iterator[Place]:
    for b in boundaries(d, "error"):
        yield b.id, lambda x, b=b.id: x.output(b, "approved", "${true}")


@kind("end sets an output")
def _(d: Diagram) -> Iterator[Place]:
    for e in ends(d):
        yield e.id, lambda x, e=e.id: x.output(e, "approved", "${true}")


for _what in ("sequenceFlow", "exclusiveGateway", "process", "startEvent", "endEvent"):

    @kind(f"listener of a {_what} sets a variable")
    def _(d: Diagram, what=_what) -> Iterator[Place]:
        ids = {"sequenceFlow": list(d.flows), "process": [d.id]}.get(what) or [
            n.id for n in d.of_kind(what)
        ]
        event = "take" if what == "sequenceFlow" else "start"
        for one in ids:
            yield (
                one,
                lambda x, n=one: x.extend(
                    n,
                    f'<camunda:executionListener event="{event}" expression="${{execution.setVariable(\'approved\', true)}}" />',
                ),
            )
