"""Kinds of mistakes in labels, ids and the drawing."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc, type-arg, union-attr, arg-type, no-any-return, no-redef, list-item, index, var-annotated, operator, attr-defined, func-returns-value, untyped-decorator"
# ruff: noqa: RUF007, E501

from collections.abc import Iterator

from bpmn.model.elements import Diagram
from bpmn.model.reader import BPMN
from tests.support.diagrams.mutation.kinds.registry import kind
from tests.support.diagrams.mutation.places import Place, ends, splits, steps, users

LABELS = {
    "label deleted": "",
    "label is a noun": "Проверка клиента",
    "label is technical": "Вызвать update_deal",
    "label in camel case": "Вызвать updateDealStage",
    "label without an object": "Проверить",
    "label too general": "Обработать заявку",
}  # fmt: skip
for _name, _value in LABELS.items():

    @kind(_name)
    def _(d: Diagram, value=_value) -> Iterator[Place]:
        for node in [*users(d), *steps(d)]:
            yield node.id, lambda x, n=node.id: x.set(n, name=value)


@kind("question without a question mark")
def _(d: Diagram) -> Iterator[Place]:
    for gateway in splits(d):
        yield gateway.id, lambda x, g=gateway: x.set(g.id, name=g.name[:-1])


@kind("answers have the same label")
def _(d: Diagram) -> Iterator[Place]:
    for gateway in splits(d):
        a, b = d.outgoing(gateway)[:2]
        yield gateway.id, lambda x, a=a, b=b: x.set(a.id, name=b.name)


@kind("answers labeled the other way round", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for gateway in splits(d):
        a, b = d.outgoing(gateway)[:2]
        yield gateway.id, lambda x, a=a, b=b: x.set(a.id, name=b.name).set(b.id, name=a.name)


@kind("answer without a label")
def _(d: Diagram) -> Iterator[Place]:
    for gateway in splits(d):
        yield gateway.id, lambda x, f=gateway.outgoing[0]: x.set(f, name="")


@kind("event named as an action")
def _(d: Diagram) -> Iterator[Place]:
    for end in ends(d):
        yield end.id, lambda x, e=end.id: x.set(e, name="Завершить процесс")


@kind("two ends of one name")
def _(d: Diagram) -> Iterator[Place]:
    found = ends(d)
    for a, b in zip(found, found[1:], strict=False):
        yield a.id, lambda x, a=a, b=b: x.set(a.id, name=b.name)


@kind("process without a name")
def _(d: Diagram) -> Iterator[Place]:
    yield d.id, lambda x: x.set(d.id, name="")


@kind("user task without instructions")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):

        def edit(x, t=task.id):
            found = x.find(t).find(f"{BPMN}documentation")
            x.find(t).remove(found)

        yield task.id, edit


@kind("id with no meaning")
def _(d: Diagram) -> Iterator[Place]:
    for node in d.of_kind("exclusiveGateway"):
        yield node.id, lambda x, n=node.id: x.rename(f'"{n}"', '"Gateway_0x1f3"')


@kind("shape on another", drawing=True)
def _(d: Diagram) -> Iterator[Place]:
    for node in users(d):
        yield node.id, lambda x, n=node.id: x.move(n, 120, 0)


@kind("slanted flow", drawing=True)
def _(d: Diagram) -> Iterator[Place]:
    for flow, edge in d.edges.items():
        yield (
            flow,
            lambda x, f=flow, e=edge: x.waypoints(
                f, e.points[0], (e.points[0][0] + 20, e.points[0][1] + 13), *e.points[1:]
            ),
        )


@kind("shape missing", drawing=True)
def _(d: Diagram) -> Iterator[Place]:
    for node in users(d):
        yield node.id, lambda x, n=node.id: x.drop_picture(n)


@kind("unusual size", drawing=True)
def _(d: Diagram) -> Iterator[Place]:
    for node in users(d):
        yield node.id, lambda x, n=node.id: x.resize(n, 300, 80)


@kind("outside the page", drawing=True)
def _(d: Diagram) -> Iterator[Place]:
    for node in users(d):
        yield node.id, lambda x, n=node.id: x.move(n, -5000, 0)
