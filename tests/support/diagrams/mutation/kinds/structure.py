"""Kinds of mistakes in structure: splits, joins, dead ends, attributes of the process."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc, type-arg, union-attr, arg-type, no-any-return, no-redef, list-item, index, var-annotated, operator, attr-defined, func-returns-value, untyped-decorator"
# ruff: noqa: E501

from collections.abc import Iterator

from bpmn.model.elements import Diagram
from tests.support.diagrams.mutation.kinds.registry import kind
from tests.support.diagrams.mutation.places import Place, both, ends, moved, reroute, steps, users

KINDS_OF_GATEWAY = {
    "choice becomes parallel": ("exclusiveGateway", 1, 2, "parallelGateway"),
    "choice becomes inclusive": ("exclusiveGateway", 1, 2, "inclusiveGateway"),
    "choice becomes event-based": ("exclusiveGateway", 1, 2, "eventBasedGateway"),
    "join becomes parallel": ("exclusiveGateway", 2, 1, "parallelGateway"),
    "parallel split becomes a choice": ("parallelGateway", 1, 2, "exclusiveGateway"),
    "parallel join becomes a choice": ("parallelGateway", 2, 1, "exclusiveGateway"),
}
for _name, (_from, _in, _out, _to) in KINDS_OF_GATEWAY.items():

    @kind(_name)
    def _(d: Diagram, one=_from, ways_in=_in, ways_out=_out, to=_to) -> Iterator[Place]:
        for node in d.of_kind(one):
            if len(node.incoming) >= ways_in and len(node.outgoing) >= ways_out:
                yield node.id, lambda x, n=node.id: x.retag(n, to)


@kind("parallel branch leaves its block", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for join in d.of_kind("parallelGateway"):
        if len(join.incoming) > 1:
            after = d.outgoing(join)[0].target
            for flow in d.incoming(join)[:2]:
                yield flow.id, reroute(flow.id, after)


@kind("parallel join not asynchronous")
def _(d: Diagram) -> Iterator[Place]:
    for join in d.of_kind("parallelGateway"):
        if len(join.incoming) > 1:
            yield join.id, lambda x, j=join.id: x.camunda(j, "asyncBefore", None)


@kind("join without a gateway")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        if d.incoming(task)[0].source.startswith("Gateway_Before"):
            gateway = d.nodes[d.incoming(task)[0].source]
            yield (
                task.id,
                both(
                    *(reroute(f.id, task.id) for f in d.incoming(gateway)),
                    lambda x, g=gateway.id: x.drop(g),
                ),
            )


@kind("split without a gateway")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        if node.outgoing:
            yield node.id, lambda x, n=node.id: x.add_flow("Flow_New", n, ends(d)[0].id)


@kind("dead end")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        if node.outgoing:
            yield node.id, lambda x, n=node: x.drop(n.outgoing[0])


@kind("unreachable step")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        if node.incoming:
            yield node.id, lambda x, n=node: x.drop(n.incoming[0])


@kind("step becomes an undefined task")
def _(d: Diagram) -> Iterator[Place]:
    for node in [*users(d), *steps(d)]:
        yield node.id, lambda x, n=node.id: x.retag(n, "manualTask")


@kind("not executable")
def _(d: Diagram) -> Iterator[Place]:
    yield d.id, lambda x: x.set(d.id, isExecutable="false")


@kind("startable in Tasklist")
def _(d: Diagram) -> Iterator[Place]:
    yield d.id, lambda x: x.camunda(d.id, "isStartableInTasklist", None)


@kind("process renamed")
def _(d: Diagram) -> Iterator[Place]:
    yield d.id, lambda x: x.set(d.id, id=f"{d.id}-2")


@kind("repair place renamed")
def _(d: Diagram) -> Iterator[Place]:
    for node in d.nodes.values():
        if node.scope == d.id and node.kind in ("userTask", "callActivity") and moved(d):
            yield node.id, lambda x, n=node.id: x.rename(f'"{n}"', f'"{n}Renamed"')
