"""Kinds of mistakes in called processes: what is passed and taken back."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc, type-arg, union-attr, arg-type, no-any-return, no-redef, list-item, index, var-annotated, operator, attr-defined, func-returns-value, untyped-decorator"
# ruff: noqa: RUF007, E501

from collections.abc import Iterator

from bpmn.model.elements import Diagram
from bpmn.model.reader import CAMUNDA
from tests.support.diagrams.mutation.kinds.registry import kind
from tests.support.diagrams.mutation.places import Place, calls, mapping


@kind("variable not passed")
def _(d: Diagram) -> Iterator[Place]:
    for call in calls(d):
        for source in call.call_in:
            if source not in (
                "stage",
                "outcome",
                "nextMove",
                "runOpenedAt",
                "manager",
                "headsGroup",
            ):
                yield call.id, mapping(call.id, "in", source)


@kind("variable not taken back")
def _(d: Diagram) -> Iterator[Place]:
    for call in calls(d):
        for source in call.call_out:
            yield call.id, mapping(call.id, "out", source)


@kind("variable passed from another")
def _(d: Diagram) -> Iterator[Place]:
    for call in calls(d):
        names = list(call.call_in)
        for a, b in zip(names, names[1:], strict=False):
            yield call.id, mapping(call.id, "in", a, source=b)


@kind("variable passed under another name")
def _(d: Diagram) -> Iterator[Place]:
    for call in calls(d):
        for name in call.call_in:
            if name not in ("stage", "outcome", "nextMove", "runOpenedAt", "manager", "headsGroup"):
                yield call.id, mapping(call.id, "in", name, target=f"{name}Of")


@kind("variable taken back under another name")
def _(d: Diagram) -> Iterator[Place]:
    for call in calls(d):
        for name in call.call_out:
            yield call.id, mapping(call.id, "out", name, target=f"{name}Of")


@kind("variable nobody has is passed")
def _(d: Diagram) -> Iterator[Place]:
    for call in calls(d):
        for name in call.call_in:
            yield call.id, mapping(call.id, "in", name, source=f"{name}Of")


@kind("constant passed")
def _(d: Diagram) -> Iterator[Place]:
    for call in calls(d):
        for name in call.call_in:
            yield call.id, mapping(call.id, "in", name, source=None, sourceExpression="${'x'}")


@kind("everything passed")
def _(d: Diagram) -> Iterator[Place]:
    for call in calls(d):
        for name in list(call.call_in)[:1]:
            yield call.id, mapping(call.id, "in", name, source=None, target=None, variables="all")


@kind("another process called", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for call in calls(d):
        for other in ("order-picking", "own-delivery", "driver-assignment"):
            if call.attributes["calledElement"] != other:
                yield call.id, lambda x, c=call.id, o=other: x.set(c, calledElement=o)


@kind("process calls itself")
def _(d: Diagram) -> Iterator[Place]:
    for call in calls(d):
        yield call.id, lambda x, c=call.id: x.set(c, calledElement=d.id)


@kind("unknown process called")
def _(d: Diagram) -> Iterator[Place]:
    for call in calls(d):
        yield call.id, lambda x, c=call.id: x.set(c, calledElement="nobody")


@kind("called process by expression")
def _(d: Diagram) -> Iterator[Place]:
    for call in calls(d):
        yield call.id, lambda x, c=call.id: x.set(c, calledElement="${stage}")


@kind("latest version called")
def _(d: Diagram) -> Iterator[Place]:
    for call in calls(d):
        yield call.id, lambda x, c=call.id: x.camunda(c, "calledElementBinding", "latest")


@kind("call without business key")
def _(d: Diagram) -> Iterator[Place]:
    for call in calls(d):

        def edit(x, c=call.id):
            for found in list(x.find(c).iter(f"{CAMUNDA}in")):
                if found.get("businessKey"):
                    found.getparent().remove(found)

        yield call.id, edit
