"""Kinds of mistakes in gateways and conditions."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc, type-arg, union-attr, arg-type, no-any-return, no-redef, list-item, index, var-annotated, operator, attr-defined, func-returns-value, untyped-decorator"
# ruff: noqa: RUF007, E501

from collections.abc import Iterator

from bpmn.model.elements import Diagram
from tests.support.diagrams.mutation.kinds.registry import kind
from tests.support.diagrams.mutation.places import (
    Place,
    default_of,
    questions,
    splits,
    swap_targets,
    users,
)


def _negated(text: str) -> str:
    body = text[2:-1]
    if "==" in body:
        return f"${{{body.replace('==', '!=')}}}"
    return f"${{{body.replace('!=', '==')}}}" if "!=" in body else f"${{!{body}}}"


@kind("condition negated", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for flow in questions(d):
        yield flow.id, lambda x, f=flow: x.condition(f.id, _negated(f.condition))


@kind("condition always true")
def _(d: Diagram) -> Iterator[Place]:
    for flow in questions(d):
        yield flow.id, lambda x, f=flow: x.condition(f.id, "${true}")


@kind("condition true for every value")
def _(d: Diagram) -> Iterator[Place]:
    for flow in questions(d):
        body = flow.condition[2:-1]
        yield flow.id, lambda x, f=flow, b=body: x.condition(f.id, f"${{{b} || !({b})}}")


@kind("condition always false")
def _(d: Diagram) -> Iterator[Place]:
    for flow in questions(d):
        body = flow.condition[2:-1]
        yield flow.id, lambda x, f=flow, b=body: x.condition(f.id, f"${{({b}) && !({b})}}")


@kind("default and condition exchanged", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for gateway in splits(d):
        default = default_of(d, gateway)
        other = next((f for f in d.outgoing(gateway) if f.condition), None)
        if default and other:
            yield (
                gateway.id,
                lambda x, g=gateway.id, a=default, b=other: (
                    x.set(g, default=b.id).condition(a.id, b.condition).condition(b.id, None)
                ),
            )


@kind("targets of two answers exchanged", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for gateway in splits(d):
        flows = d.outgoing(gateway)
        for a, b in zip(flows, flows[1:], strict=False):
            yield gateway.id, swap_targets(a, b)


def _literal(text: str) -> str | None:
    return text.split("'")[1] if text.count("'") == 2 else None


@kind("literal with a typo")
def _(d: Diagram) -> Iterator[Place]:
    for flow in questions(d):
        if literal := _literal(flow.condition):
            text = flow.condition.replace(literal, literal[:3] + literal[2:])
            yield flow.id, lambda x, f=flow.id, t=text: x.condition(f, t)


@kind("literal of another answer", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for flow in questions(d):
        literal = _literal(flow.condition)
        others = {one for f in questions(d) if (one := _literal(f.condition))} - {literal}
        for other in sorted(others):
            text = flow.condition.replace(str(literal), other)
            if literal:
                yield flow.id, lambda x, f=flow.id, t=text: x.condition(f, t)


@kind("literal without quotes")
def _(d: Diagram) -> Iterator[Place]:
    for flow in questions(d):
        if _literal(flow.condition):
            yield flow.id, lambda x, f=flow: x.condition(f.id, f.condition.replace("'", ""))


@kind("same condition twice")
def _(d: Diagram) -> Iterator[Place]:
    for gateway in splits(d):
        flows = [f for f in d.outgoing(gateway) if f.condition]
        if len(flows) > 1:
            yield flows[1].id, lambda x, a=flows[0], b=flows[1]: x.condition(b.id, a.condition)


SYNTAX = {
    "one equals sign": lambda t: t.replace("==", "="),
    "three equals signs": lambda t: t.replace("==", "==="),
    "unclosed quote": lambda t: t.replace("'", "", 1),
    "unclosed brace": lambda t: t[:-1],
    "no braces": lambda t: t[2:-1],
    "text after the expression": lambda t: t + " да",
    "missing operand": lambda t: "${" + t[2:-1].split("=")[0].rstrip("!") + " == }",
    "double operator": lambda t: "${" + t[2:-1] + " && && true}",
    "unbalanced bracket": lambda t: "${(" + t[2:-1] + "}",
    "assignment": lambda t: "${" + t[2:-1].split(" ")[0] + " = true}",
    "empty expression": lambda t: "${}",
    "Python words": lambda t: "${" + t[2:-1] + " is True}",
    "Russian letter in a name": lambda t: t.replace("o", "о", 1).replace("a", "а", 1),
}
for _name, _change in SYNTAX.items():

    @kind(f"condition: {_name}")
    def _(d: Diagram, change=_change) -> Iterator[Place]:
        for flow in questions(d):
            if (text := change(flow.condition)) != flow.condition:
                yield flow.id, lambda x, f=flow.id, t=text: x.condition(f, t)


@kind("boolean compared with text")
def _(d: Diagram) -> Iterator[Place]:
    for flow in questions(d):
        if "=" not in flow.condition:
            yield flow.id, lambda x, f=flow: x.condition(f.id, f"${{{f.condition[2:-1]} == 'да'}}")


@kind("text used as boolean")
def _(d: Diagram) -> Iterator[Place]:
    for flow in questions(d):
        if "==" in flow.condition:
            body = flow.condition[2:-1].split(" ")[0]
            yield flow.id, lambda x, f=flow.id, b=body: x.condition(f, f"${{{b}}}")


@kind("text compared with a number")
def _(d: Diagram) -> Iterator[Place]:
    for flow in questions(d):
        if "==" in flow.condition:
            body = flow.condition[2:-1].split(" ")[0]
            yield flow.id, lambda x, f=flow.id, b=body: x.condition(f, f"${{{b} > 1}}")


@kind("variable with a typo")
def _(d: Diagram) -> Iterator[Place]:
    for flow in questions(d):
        yield (
            flow.id,
            lambda x, f=flow: x.condition(f.id, "${" + f.condition[2:3] + f.condition[2:]),
        )


@kind("condition reads an answer of a form")
def _(d: Diagram) -> Iterator[Place]:
    for flow in questions(d):
        for task in users(d)[:1]:
            if task.outputs:
                text = f"${{{task.outputs[0][0]} == 'approved'}}"
                yield flow.id, lambda x, f=flow.id, t=text: x.condition(f, t)


@kind("condition deleted")
def _(d: Diagram) -> Iterator[Place]:
    for flow in questions(d):
        yield flow.id, lambda x, f=flow.id: x.condition(f, None)


@kind("default deleted")
def _(d: Diagram) -> Iterator[Place]:
    for gateway in splits(d):
        yield gateway.id, lambda x, g=gateway.id: x.find(g).attrib.pop("default")


@kind("default of another gateway")
def _(d: Diagram) -> Iterator[Place]:
    gateways = splits(d)
    for a, b in zip(gateways, gateways[1:], strict=False):
        flow = default_of(d, b)
        yield a.id, lambda x, a=a.id, f=flow.id: x.set(a, default=f)


@kind("answer deleted", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for gateway in splits(d):
        if len(gateway.outgoing) > 2:
            for flow in d.outgoing(gateway):
                if flow.condition:
                    yield flow.id, lambda x, f=flow.id: x.drop(f)


@kind("script in a condition")
def _(d: Diagram) -> Iterator[Place]:
    for flow in questions(d):
        yield flow.id, lambda x, f=flow.id: x.find(f)[-1].set("language", "groovy")


@kind("method call in a condition")
def _(d: Diagram) -> Iterator[Place]:
    for flow in questions(d):
        yield flow.id, lambda x, f=flow.id: x.condition(f, "${execution.getVariable('x') == 1}")
