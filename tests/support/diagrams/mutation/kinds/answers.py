"""Kinds of mistakes in answers: they are those of the task just before, and read."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc, type-arg, union-attr, arg-type, no-any-return, no-redef, list-item, index, var-annotated, operator, attr-defined, func-returns-value, untyped-decorator"
# ruff: noqa: E501

from collections.abc import Iterator

from bpmn.model.elements import Diagram
from tests.support.diagrams.mutation.kinds.registry import kind
from tests.support.diagrams.mutation.places import Place, both, bypass, following, steps, users

PEOPLE = {"decidedBy", "decision", "comment", "edits", "answer", "number", "picked", "fileId"} | {
    "reason", "values", "wantedStage", "seenVersion", "lossReason", "lossComment", "driver",
    "carrierDriver", "tracking", "shippingDirection", "identityChecked",
}  # fmt: skip
"""Inputs of steps that a person fills."""


def _answers(d: Diagram) -> Iterator[tuple[str, str, str]]:
    for node in steps(d):
        for name, value in node.inputs.items():
            if name in PEOPLE and value.startswith("${") and value != "${null}":
                yield node.id, name, value


@kind("answer of another task")
def _(d: Diagram) -> Iterator[Place]:
    for node, name, value in _answers(d):
        for task in users(d):
            for output, source in task.outputs:
                if source == f"${{{name}}}" and f"${{{output}}}" != value:
                    yield node, lambda x, n=node, i=name, o=output: x.parameter(n, i, f"${{{o}}}")


@kind("answer is a constant")
def _(d: Diagram) -> Iterator[Place]:
    for node, name, _ in _answers(d):
        if name != "decidedBy":
            yield node, lambda x, n=node, i=name: x.parameter(n, i, "approved")


@kind("answer is null")
def _(d: Diagram) -> Iterator[Place]:
    for node, name, _ in _answers(d):
        if name != "decidedBy":
            yield node, lambda x, n=node, i=name: x.parameter(n, i, "${null}")


@kind("answer is an expression with a constant")
def _(d: Diagram) -> Iterator[Place]:
    for node, name, value in _answers(d):
        text = f"${{empty {value[2:-1]} ? 'approved' : {value[2:-1]}}}"
        yield node, lambda x, n=node, i=name, t=text: x.parameter(n, i, t)


@kind("answers swapped")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        names = [
            n for n in node.inputs if n in PEOPLE - {"decidedBy"} and "null" not in node.inputs[n]
        ]
        if len(names) > 1:
            a, b = names[:2]
            yield (
                node.id,
                lambda x, n=node, a=a, b=b: x.parameter(n.id, a, n.inputs[b]).parameter(
                    n.id, b, n.inputs[a]
                ),
            )


@kind("decidedBy is a constant")
def _(d: Diagram) -> Iterator[Place]:
    for node, name, _ in _answers(d):
        if name == "decidedBy":
            yield node, lambda x, n=node: x.parameter(n, "decidedBy", "head1")


@kind("decidedBy of another task")
def _(d: Diagram) -> Iterator[Place]:
    for node, name, value in _answers(d):
        for task in users(d):
            for output, source in task.outputs:
                if name == "decidedBy" and source == "${decidedBy}" and output not in value:
                    yield node, lambda x, n=node, o=output: x.parameter(n, "decidedBy", f"${{{o}}}")


@kind("decidedBy is the manager")
def _(d: Diagram) -> Iterator[Place]:
    for node, name, _ in _answers(d):
        if name == "decidedBy":
            yield node, lambda x, n=node: x.parameter(n, "decidedBy", "${manager}")


@kind("output is a constant")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        for output, _ in task.outputs:
            yield task.id, lambda x, t=task.id, o=output: x.output(t, o, "approved")


@kind("outputs swapped")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        if len(task.outputs) > 1:
            (a, av), (b, bv) = task.outputs[:2]
            yield (
                task.id,
                lambda x, t=task.id, a=a, b=b, av=av, bv=bv: x.output(t, a, bv).output(t, b, av),
            )


@kind("output deleted")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        for output, _ in task.outputs:
            yield task.id, lambda x, t=task.id, o=output: x.output(t, o, None)


@kind("output renamed")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        for output, value in task.outputs:
            yield (
                task.id,
                lambda x, t=task.id, o=output, v=value: x.output(t, o, None).output(
                    t, f"{o}New", v
                ),
            )


@kind("form variable preset")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        for name, value in task.inputs.items():
            if value == "${null}":
                yield task.id, lambda x, t=task.id, n=name: x.parameter(t, n, "approved")


@kind("form variable not declared")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        for name, value in task.inputs.items():
            if value == "${null}":
                yield task.id, lambda x, t=task.id, n=name: x.parameter(t, n, None)


@kind("recording step deleted")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        if "decidedBy" in node.inputs:
            yield node.id, bypass(node)


@kind("user task deleted", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        yield task.id, bypass(task)


@kind("user task and its step deleted", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        step = following(d, task)
        if step and step.topic:
            yield task.id, both(bypass(step), bypass(task))
