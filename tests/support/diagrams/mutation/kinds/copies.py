"""Kinds of mistakes of copying, pasting and exchanging: twice the same, one in another's place."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc, type-arg, union-attr, arg-type, no-any-return, no-redef, list-item, index, var-annotated, operator, attr-defined, func-returns-value, untyped-decorator"
# ruff: noqa: E501

from collections.abc import Iterator
from copy import deepcopy
from itertools import combinations

from bpmn.model.elements import Diagram
from bpmn.model.reader import BPMN
from tests.support.diagrams.mutation.kinds.registry import kind
from tests.support.diagrams.mutation.places import Place, calls, picture, splits, steps

NAMES = ("id", "sourceRef", "targetRef", "attachedToRef", "default")
FLOWS = (f"{BPMN}incoming", f"{BPMN}outgoing")


@kind("event sub-process pasted a second time")
def _(d: Diagram) -> Iterator[Place]:
    for node in d.nodes.values():
        if node.is_event_sub_process:

            def edit(x, n=node.id):
                copy = deepcopy(x.find(n))
                for one in copy.iter():
                    one.attrib.update({a: f"{one.get(a)}Again" for a in NAMES if one.get(a)})
                    one.text = f"{one.text}Again" if one.tag in FLOWS else one.text
                x.find(n).getparent().append(copy)
                copied = {one.get("id") for one in copy.iter()}
                for drawn in [e for e in x.root.iter() if e.get("bpmnElement")]:
                    if f"{drawn.get('bpmnElement')}Again" in copied:
                        again = deepcopy(drawn)
                        again.set("id", f"{drawn.get('id')}Again")
                        again.set("bpmnElement", f"{drawn.get('bpmnElement')}Again")
                        drawn.getparent().append(again)

            yield node.id, edit


@kind("system step pasted a second time behind itself")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        if len(node.outgoing) == 1 and not d.boundaries(node):
            flow = d.outgoing(node)[0]

            def edit(x, n=node.id, flow=flow):
                copy = deepcopy(x.find(n))
                copy.set("id", "Task_Again")
                for one in [e for e in copy if e.tag in FLOWS]:
                    copy.remove(one)
                x.find(n).getparent().append(copy)
                x.set(flow.id, targetRef="Task_Again")
                x.add_flow("Flow_Again", "Task_Again", flow.target)
                picture(x, "Task_Again", n)

            yield node.id, edit


@kind("file of the form stored nowhere")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        if node.inputs.get("field", "${null}") != "${null}":
            yield node.id, lambda x, n=node.id: x.parameter(n, "field", "${null}")


@kind("file of another form of the same role")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        for field in ("ttnFile", "signedUpdFile", "discrepancyFile"):
            if node.inputs.get("field", field) != field:
                yield node.id, lambda x, n=node.id, f=field: x.parameter(n, "field", f)


@kind("conditions of two routes exchanged")
def _(d: Diagram) -> Iterator[Place]:
    for gateway in splits(d):
        asked = [f for f in d.outgoing(gateway) if "route ==" in (f.condition or "")]
        for one, other in combinations(asked, 2):
            yield (
                gateway.id,
                lambda x, a=one, b=other: x.condition(a.id, b.condition).condition(
                    b.id, a.condition
                ),
            )


@kind("two calls of a repair or a product exchanged", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for one, other in combinations(calls(d), 2):
        names = [c.attributes["calledElement"] for c in (one, other)]
        if d.id in ("service-request", "new-product") and len(set(names)) == 2:
            yield (
                one.id,
                lambda x, a=one.id, b=other.id, n=names: x.set(a, calledElement=n[1]).set(
                    b, calledElement=n[0]
                ),
            )
