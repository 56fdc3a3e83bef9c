"""Kinds of mistakes in steps of the workers: topics, inputs and constants."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc, type-arg, union-attr, arg-type, no-any-return, no-redef, list-item, index, var-annotated, operator, attr-defined, func-returns-value, untyped-decorator"
# ruff: noqa: E501

from collections.abc import Iterator

from bpmn.model.elements import Diagram
from bpmn.model.reader import CAMUNDA
from tests.support.diagrams.mutation.kinds.registry import kind
from tests.support.diagrams.mutation.places import Place, append, both, steps


def _constants(d: Diagram) -> Iterator[tuple[str, str, str]]:
    for node in steps(d):
        for name, value in node.inputs.items():
            if "{" not in value:
                yield node.id, name, value


@kind("constant with a typo")
def _(d: Diagram) -> Iterator[Place]:
    for node, name, value in _constants(d):
        yield node, lambda x, n=node, i=name, v=value: x.parameter(n, i, v[:2] + v[1:])


@kind("constant emptied")
def _(d: Diagram) -> Iterator[Place]:
    for node, name, _ in _constants(d):
        yield node, lambda x, n=node, i=name: x.parameter(n, i, "")


@kind("constant becomes null")
def _(d: Diagram) -> Iterator[Place]:
    for node, name, _ in _constants(d):
        if name not in ("template", "toStage", "field", "checks"):
            yield node, lambda x, n=node, i=name: x.parameter(n, i, "${null}")


@kind("constant becomes another variable")
def _(d: Diagram) -> Iterator[Place]:
    for node, name, _ in _constants(d):
        yield node, lambda x, n=node, i=name: x.parameter(n, i, "${dealTitle}")


@kind("input not declared")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        for name in node.inputs:
            yield node.id, lambda x, n=node.id, i=name: x.parameter(n, i, None)


@kind("input nobody reads")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        yield node.id, lambda x, n=node.id: x.parameter(n, "remark", "x")


@kind("topic with a typo")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        yield node.id, lambda x, n=node: x.camunda(n.id, "topic", n.topic + "s")


@kind("topic of another step", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    same = {"read-deal-stage": "close-deal", "close-deal": "read-deal-stage", "register-process": "read-deal-stage",
            "open-approval-round": "read-deal-stage", "open-shipment": "read-deal-stage",
            "record-tracking": "notify", "assign-discrepancy": "show-discrepancy",
            "plan-temporary-terms": "end-temporary-terms", "register-side-process": "assign-discrepancy"}  # fmt: skip
    for node in steps(d, *same):
        yield node.id, lambda x, n=node: x.camunda(n.id, "topic", same[n.topic])


@kind("step is no external task")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        yield node.id, lambda x, n=node.id: x.camunda(n, "type", None)


@kind("step runs a class")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        yield node.id, lambda x, n=node.id: x.camunda(n, "class", "org.example.Delegate")


@kind("step becomes a script")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        yield (
            node.id,
            both(
                lambda x, n=node.id: x.retag(n, "scriptTask"),
                append(node.id, "<bpmn:script>x = 1</bpmn:script>"),
            ),
        )


@kind("input is a script")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        for name in list(node.inputs)[:1]:

            def edit(x, n=node.id, i=name):
                found = next(
                    e for e in x.find(n).iter(f"{CAMUNDA}inputParameter") if e.get("name") == i
                )
                found.text = None
                script = found.makeelement(f"{CAMUNDA}script", scriptFormat="groovy")
                script.text = "1"
                found.append(script)

            yield node.id, edit


@kind("step throws errors by expression")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        yield (
            node.id,
            lambda x, n=node.id: x.extend(
                n, '<camunda:errorEventDefinition expression="${true}" />'
            ),
        )
