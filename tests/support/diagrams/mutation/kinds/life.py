"""Kinds of mistakes in a deal's life: stage moves, losing, ends, loops."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc, type-arg, union-attr, arg-type, no-any-return, no-redef, list-item, index, var-annotated, operator, attr-defined, func-returns-value, untyped-decorator"
# ruff: noqa: E501

from collections.abc import Iterator

from bpmn.model.elements import Diagram
from tests.support.diagrams.mutation.kinds.registry import kind
from tests.support.diagrams.mutation.places import (
    Place,
    both,
    bypass,
    ends,
    moved,
    prune,
    reroute,
    splits,
    steps,
    users,
)


@kind("StageMoved boundary deleted", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for boundary in moved(d):
        yield boundary.attached_to, prune(boundary.id)


@kind("StageMoved does not interrupt", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for boundary in moved(d):
        yield boundary.id, lambda x, b=boundary.id: x.set(b, cancelActivity="false")


@kind("StageMoved leads to an end", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for boundary in moved(d):
        yield boundary.id, reroute(d.outgoing(boundary)[0].id, ends(d)[0].id)


@kind("StageMoved leads to its own task", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for boundary in moved(d):
        host = d.nodes[boundary.attached_to]
        yield boundary.id, reroute(d.outgoing(boundary)[0].id, d.incoming(host)[0].source)


@kind("move number not declared")
def _(d: Diagram) -> Iterator[Place]:
    for boundary in moved(d):
        yield (
            boundary.attached_to,
            lambda x, n=boundary.attached_to: x.parameter(n, "moveVersion", None),
        )


@kind("move number of something else")
def _(d: Diagram) -> Iterator[Place]:
    for boundary in moved(d):
        yield (
            boundary.attached_to,
            lambda x, n=boundary.attached_to: x.parameter(n, "moveVersion", "1"),
        )


def _lost(d: Diagram) -> list:
    return [n for n in d.of_kind("subProcess") if n.is_event_sub_process]


@kind("DealLost deleted", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for scope in _lost(d):

        def edit(x, s=scope.id):
            inner = [e.get("id") for e in x.find(s).iter() if e.get("id") and e.get("id") != s]
            for name in inner:
                for picture in [e for e in x.root.iter() if e.get("bpmnElement") == name]:
                    picture.getparent().remove(picture)
            x.drop(s)

        yield scope.id, edit


@kind("DealLost does not interrupt", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for scope in _lost(d):
        for start in d.of_kind("startEvent"):
            if start.scope == scope.id:
                yield start.id, lambda x, s=start.id: x.set(s, isInterrupting="false")


@kind("DealLost does not close the deal", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d, "close-deal"):
        if node.scope != d.id:
            yield node.id, bypass(node)


@kind("DealLost waits for another message")
def _(d: Diagram) -> Iterator[Place]:
    for scope in _lost(d):
        yield (
            scope.id,
            lambda x: x.set(
                next(e.get("id") for e in x.root if e.get("name") == "DealLost"), name="StageMoved"
            ),
        )


@kind("closing step deleted", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d, "close-deal", "close-shipment"):
        if node.scope == d.id:
            yield node.id, bypass(node)


@kind("open deal reaches an end", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d, "update-deal-stage", "read-deal-stage", "find-route", "find-assignee"):
        yield node.id, reroute(d.outgoing(node)[0].id, ends(d)[-1].id)


@kind("user task leads to an end", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        yield task.id, reroute(d.outgoing(task)[0].id, ends(d)[-1].id)


@kind("stage not read again", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d, "read-deal-stage", "register-process", "advance-deal-stage"):
        yield node.id, bypass(node)


@kind("duplicate not stopped", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d, "register-process", "register-side-process"):
        gateway = d.nodes[d.outgoing(node)[0].target]
        on = next(f for f in d.outgoing(gateway) if f.is_default)
        yield (
            gateway.id,
            both(reroute(d.outgoing(node)[0].id, on.target), lambda x, g=gateway.id: x.drop(g)),
        )


@kind("loop without waiting", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for gateway in splits(d):
        for flow in d.outgoing(gateway):
            for joined in d.of_kind("exclusiveGateway"):
                before = [d.nodes[f.source] for f in d.incoming(joined)]
                if (
                    len(joined.incoming) > 1
                    and d.nodes[d.outgoing(joined)[0].target] is gateway
                    and before
                ):
                    yield flow.id, reroute(flow.id, joined.id)


@kind("assignee not found anew", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d, "find-assignee", "assign-discrepancy"):
        yield node.id, bypass(node)
