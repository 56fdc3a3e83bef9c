"""Kinds of mistakes in flows, gateways and what a condition asks."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc, type-arg, union-attr, arg-type, no-any-return, no-redef, list-item, index, var-annotated, operator, attr-defined, func-returns-value, untyped-decorator"
# ruff: noqa: E501

from collections.abc import Iterator

from bpmn.model.elements import Diagram
from tests.support.diagrams.mutation.kinds.registry import kind
from tests.support.diagrams.mutation.places import (
    Place,
    boundaries,
    default_of,
    ends,
    questions,
    reroute,
    splits,
    steps,
    users,
)  # fmt: skip

for _old, _new in (
    ("exclusiveGateway", "parallelGateway"),
    ("exclusiveGateway", "inclusiveGateway"),
    ("exclusiveGateway", "complexGateway"),
    ("exclusiveGateway", "eventBasedGateway"),
    ("parallelGateway", "exclusiveGateway"),
    ("parallelGateway", "inclusiveGateway"),
):
    for _side in ("join", "split"):

        @kind(f"{_old} ({_side}) becomes {_new}")
        def _(d: Diagram, old=_old, new=_new, side=_side) -> Iterator[Place]:
            for g in d.of_kind(old):
                if (len(g.outgoing) > 1) == (side == "split"):
                    yield g.id, lambda x, g=g.id: x.retag(g, new)


@kind("condition after a task")
def _(d: Diagram) -> Iterator[Place]:
    for node in (*users(d), *steps(d)):
        for flow in d.outgoing(node):
            yield flow.id, lambda x, f=flow.id: x.condition(f, "${approved}")


@kind("condition after a join")
def _(d: Diagram) -> Iterator[Place]:
    for g in d.of_kind("exclusiveGateway"):
        if len(g.outgoing) == 1:
            yield g.id, lambda x, f=g.outgoing[0]: x.condition(f, "${approved}")


@kind("condition after a refusal")
def _(d: Diagram) -> Iterator[Place]:
    for b in boundaries(d, "error"):
        yield b.id, lambda x, f=b.outgoing[0]: x.condition(f, "${empty formError}")


@kind("condition on the default")
def _(d: Diagram) -> Iterator[Place]:
    for g in splits(d):
        if f := default_of(d, g):
            yield f.id, lambda x, f=f.id: x.condition(f, "${approved}")


@kind("answers lead to the same place", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for g in splits(d):
        default = default_of(d, g)
        for f in d.outgoing(g):
            if f is not default and default and f.target != default.target:
                yield f.id, reroute(f.id, default.target)


@kind("default leads where the answer leads", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for g in splits(d):
        default = default_of(d, g)
        for f in d.outgoing(g):
            if f is not default and default and f.target != default.target:
                yield f.id, reroute(default.id, f.target)


@kind("answer leads back to the step that gave it", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        target = d.nodes[d.outgoing(node)[0].target] if len(node.outgoing) == 1 else None
        if target and target.kind == "exclusiveGateway" and len(target.outgoing) > 1:
            for f in d.outgoing(target):
                yield f.id, reroute(f.id, node.id)


for _target in ("startEvent", "boundaryEvent"):

    @kind(f"flow into a {_target}")
    def _(d: Diagram, target=_target) -> Iterator[Place]:
        for node in users(d):
            for n in d.of_kind(target):
                yield node.id, reroute(d.outgoing(node)[0].id, n.id)


@kind("flow out of an end")
def _(d: Diagram) -> Iterator[Place]:
    for e in ends(d):
        for t in users(d)[:1]:
            yield e.id, lambda x, e=e.id, t=t.id: x.add_flow("Flow_New", e, t)


@kind("dangling flow")
def _(d: Diagram) -> Iterator[Place]:
    for f in d.flows.values():
        yield f.id, lambda x, f=f.id: x.find(f).attrib.pop("targetRef")


@kind("flow to a deleted element")
def _(d: Diagram) -> Iterator[Place]:
    for f in d.flows.values():
        yield f.id, reroute(f.id, "Task_Deleted")


@kind("flow drawn twice")
def _(d: Diagram) -> Iterator[Place]:
    for node in (*users(d), *steps(d)):
        for f in d.outgoing(node):
            yield f.id, lambda x, f=f: x.add_flow("Flow_Again", f.source, f.target)


for _name, _change in {
    "asks whether empty": lambda t: "${empty " + t[2:-1].split(" ")[0] + "}",
    "asks whether not empty": lambda t: "${not empty " + t[2:-1].split(" ")[0] + "}",
    "with another question": lambda t: "${" + t[2:-1] + " && formError == null}",
    "or another question": lambda t: "${" + t[2:-1] + " || resolved}",
    "compares with null": lambda t: "${" + t[2:-1].split(" ")[0] + " != null}",
    "compares with a Russian word": lambda t: "${" + t[2:-1].split(" ")[0] + " == 'да'}",
    "compares a variable with itself": lambda t: (
        "${" + t[2:-1].split(" ")[0] + " == " + t[2:-1].split(" ")[0] + "}"
    ),
    "compares two variables": lambda t: "${" + t[2:-1].split(" ")[0] + " == manager}",
    "of a property": lambda t: "${" + t[2:-1].split(" ")[0] + ".code == 'x'}",
    "in capitals": lambda t: t.upper(),
    "literal in capitals": lambda t: (
        t.split("'")[0] + "'" + t.split("'")[1].upper() + "'" + t.split("'")[2]
        if t.count("'") == 2
        else t
    ),
    "literal with a space": lambda t: t.replace("'", "' ", 1) if t.count("'") == 2 else t,
    "ternary": lambda t: "${" + t[2:-1] + " ? true : true}",
    "of the time": lambda t: "${dateTime().getHourOfDay() > 12}",
    "two expressions": lambda t: t + t,
}.items():

    @kind(f"condition {_name}")
    def _(d: Diagram, change=_change) -> Iterator[Place]:
        for f in questions(d):
            if change(f.condition) != f.condition:
                yield f.id, lambda x, f=f: x.condition(f.id, change(f.condition))


@kind("condition of another gateway")
def _(d: Diagram) -> Iterator[Place]:
    for f in questions(d):
        for other in questions(d):
            if other.source != f.source and other.condition.split(" ")[0].strip(
                "${}!"
            ) != f.condition.split(" ")[0].strip("${}!"):
                yield f.id, lambda x, f=f, o=other: x.condition(f.id, o.condition)
