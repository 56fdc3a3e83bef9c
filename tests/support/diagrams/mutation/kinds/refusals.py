"""Kinds of mistakes in refusals: they return to the person whose answer was refused."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc, type-arg, union-attr, arg-type, no-any-return, no-redef, list-item, index, var-annotated, operator, attr-defined, func-returns-value, untyped-decorator"
# ruff: noqa: B007, E501

from collections.abc import Iterator

from bpmn.model.elements import Diagram
from bpmn.model.reader import BPMN
from tests.support.diagrams.mutation.kinds.registry import kind
from tests.support.diagrams.mutation.places import (
    Place,
    append_root,
    both,
    boundaries,
    ends,
    following,
    prune,
    reroute,
    users,
)


def _refusals(d: Diagram) -> Iterator[tuple[str, str, str]]:
    for boundary in boundaries(d, "error"):
        flow = d.outgoing(boundary)[0]
        yield boundary.id, flow.id, flow.target


@kind("refusal leads to another user task", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for boundary, flow, target in _refusals(d):
        home = following(d, d.nodes[boundary])
        for task in users(d):
            if task is not home:
                back = d.incoming(task)[0].source
                yield boundary, reroute(flow, back if back.startswith("Gateway") else task.id)


@kind("refusal leads to an end")
def _(d: Diagram) -> Iterator[Place]:
    for boundary, flow, _ in _refusals(d):
        yield boundary, reroute(flow, ends(d)[-1].id)


@kind("refusal leads on as if accepted")
def _(d: Diagram) -> Iterator[Place]:
    for boundary, flow, _ in _refusals(d):
        host = d.nodes[d.nodes[boundary].attached_to or ""]
        yield boundary, reroute(flow, d.outgoing(host)[0].target)


@kind("refusal not caught")
def _(d: Diagram) -> Iterator[Place]:
    for boundary, *_ in _refusals(d):
        yield boundary, prune(boundary)


@kind("refusal with a code nobody sends")
def _(d: Diagram) -> Iterator[Place]:
    for boundary, *_ in _refusals(d):
        yield (
            boundary,
            both(
                lambda x, b=boundary: next(x.find(b).iter(f"{BPMN}errorEventDefinition")).set(
                    "errorRef", "Error_New"
                ),
                lambda x: append_root(x, '<bpmn:error id="Error_New" errorCode="NOBODY" />'),
            ),
        )
