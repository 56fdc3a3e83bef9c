"""Kinds of mistakes in approvals: each step once, in order, both answers read."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc, type-arg, union-attr, arg-type, no-any-return, no-redef, list-item, index, var-annotated, operator, attr-defined, func-returns-value, untyped-decorator"
# ruff: noqa: B008, RUF007, E501

from collections.abc import Iterator

from bpmn.model.elements import Diagram
from tests.support.diagrams.mutation.kinds.registry import kind
from tests.support.diagrams.mutation.places import (
    Place,
    both,
    bypass,
    default_of,
    following,
    reroute,
    steps,
    users,
)


def _records(d: Diagram) -> list:
    return steps(d, "record-decision")


@kind("approval step deleted", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for node in _records(d):
        gateway, task = d.nodes[d.outgoing(node)[0].target], None
        for candidate in users(d):
            if following(d, candidate) is node:
                task = candidate
        if task and gateway.kind == "exclusiveGateway" and len(gateway.outgoing) == 2:
            yes = next(f for f in d.outgoing(gateway) if not f.is_default)
            yield (
                node.id,
                both(
                    bypass(node),
                    lambda x, g=gateway.id, no=default_of(d, gateway): x.drop(no.id),
                    lambda x, g=gateway.id: x.find(g).attrib.pop("default"),
                    lambda x, y=yes.id: x.condition(y, None),
                    bypass(task),
                ),
            )


@kind("approval steps in another order", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    rows = [(following_of(d, r), r) for r in _records(d) if r.scope == d.id]
    for (one, a), (other, b) in zip(rows, rows[1:], strict=False):
        if one and other:
            yield (
                a.id,
                both(
                    *(
                        lambda x, t=t, s=s, g=g: (
                            x.parameter(t, "step", s)
                            .parameter(r_of(t, rows), "step", s)
                            .camunda(t, "candidateGroups", g)
                        )
                        for t, s, g in (
                            (one.id, b.inputs["step"], other.attributes["candidateGroups"]),
                            (other.id, a.inputs["step"], one.attributes["candidateGroups"]),
                        )
                    )
                ),
            )


def following_of(d: Diagram, record):
    return next((t for t in users(d) if following(d, t) is record), None)


def r_of(task, rows):
    return next(r.id for t, r in rows if t and t.id == task)


@kind("approval step asked twice")
def _(d: Diagram) -> Iterator[Place]:
    records = _records(d)
    for a, b in zip(records, records[1:], strict=False):
        yield a.id, lambda x, a=a, b=b: x.parameter(a.id, "step", b.inputs["step"])


@kind("no is ignored", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for node in [*_records(d), *steps(d, "count-decisions")]:
        gateway = d.nodes[d.outgoing(node)[0].target]
        if len(gateway.outgoing) == 2:
            a, b = d.outgoing(gateway)
            yes, no = (b, a) if a.is_default else (a, b)
            yield gateway.id, reroute(no.id, yes.target)


@kind("nobody asks for the answer", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for node in _records(d):
        gateway = d.nodes[d.outgoing(node)[0].target]
        if len(gateway.outgoing) == 2:
            yes = next(f for f in d.outgoing(gateway) if not f.is_default)
            yield (
                gateway.id,
                both(
                    reroute(d.outgoing(node)[0].id, yes.target), lambda x, g=gateway.id: x.drop(g)
                ),
            )


@kind("round closed with the other outcome", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d, "close-approval-round"):
        other = "rejected" if node.inputs.get("roundOutcome") == "approved" else "approved"
        yield node.id, lambda x, n=node.id, o=other: x.parameter(n, "roundOutcome", o)


@kind("round not closed", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d, "close-approval-round"):
        yield node.id, bypass(node)


@kind("round not opened", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d, "open-approval-round"):
        yield node.id, bypass(node)


@kind("approval step with the group of another")
def _(d: Diagram) -> Iterator[Place]:
    for node in _records(d):
        task = following_of(d, node)
        if task:
            yield task.id, lambda x, t=task.id: x.camunda(t, "candidateGroups", "drivers")


@kind("approval step with the code of another")
def _(d: Diagram) -> Iterator[Place]:
    for node in _records(d):
        yield node.id, lambda x, n=node.id: x.parameter(n, "step", "lawyer2")
