"""Kinds of mistakes in constants that exist, but belong elsewhere."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc, type-arg, union-attr, arg-type, no-any-return, no-redef, list-item, index, var-annotated, operator, attr-defined, func-returns-value, untyped-decorator"
# ruff: noqa: E501

from collections.abc import Iterator

from bpmn.model.elements import Diagram
from tests.support.diagrams.mutation.kinds.registry import kind
from tests.support.diagrams.mutation.places import Place, both, default_of, reroute, steps, users

OTHERS = {
    "repair step of another task": (
        "repairStep",
        ("diagnosis", "warranty", "cost", "repair", "check", "handover"),
    ),
    "product step of another task": ("productStep", ("duplicates", "placeTrial", "assessTrial")),
    "number of another kind": ("kind", ("contract", "shipment", "item")),
    "correction of another number": ("correctionOf", ("contract", "shipment", "item")),
    "text of another event": (
        "template",
        ("termsRejected", "shipped", "pickupWaits", "equipmentWaits", "approvalGranted"),
    ),
    "stage of another direction": ("toStage", ("diagnostics", "newLead", "repair", "review")),
    "stage skipped": ("toStage", ("delivery", "onecItem")),
    "stage before": ("toStage", ("realization", "application", "termsAgreed")),
    "closing stage": ("toStage", ("won", "lost", "inAssortment", "rejected")),
    "role that no list names": (
        "role",
        ("lawyers", "salesHeads", "portalAdmins", "categoryManagers"),
    ),
    "file of another role": ("field", ("contractFile", "receiptFile", "diagnosticsPhotos")),
    "field that is no file": ("field", ("comments", "inn", "shippingDirection")),
    "group of nobody": ("parallel", ("lawyers", "demand")),
}
for _name, (_input, _values) in OTHERS.items():

    @kind(_name)
    def _(d: Diagram, name=_input, values=_values) -> Iterator[Place]:
        for node in steps(d):
            for value in values:
                if "{" not in node.inputs.get(name, "{") and value != node.inputs[name]:
                    if d.id == "onec-override" and name == "template":
                        continue
                    yield node.id, lambda x, n=node.id, i=name, v=value: x.parameter(n, i, v)


@kind("place that the role has none of")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        if node.inputs.get("role") in ("onecOperators", "drivers", "serviceEngineers"):
            yield node.id, lambda x, n=node.id: x.parameter(n, "at", "receiver")


@kind("identity checked elsewhere")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d, "record-delivery"):
        other = "${null}" if node.inputs["checks"] == "identity" else "identity"
        yield node.id, lambda x, n=node.id, o=other: x.parameter(n, "checks", o)


@kind("input hides a fact of the deal from a form")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        for name in ("dealTitle", "returnTo"):
            yield task.id, lambda x, t=task.id, n=name: x.parameter(t, n, "x")


@kind("answer missing that is read", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        known = node.inputs.get("answers", "").split()
        for one in known:
            if one == "delivered":
                left = " ".join(a for a in known if a != one)
                yield node.id, lambda x, n=node.id, v=left: x.parameter(n, "answers", v)


@kind("steps of the round not compared")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d, "close-approval-round"):
        yield node.id, lambda x, n=node.id: x.parameter(n, "approvalSteps", "${null}")


ALSO = {
    "a fact of the deal": "${dealTitle}",
    "the client": "${clientName}",
    "the stage's name": "${stageName}",
    "the manager": "${manager}",
}
for _name, _text in ALSO.items():

    @kind(f"input that nobody fills reads {_name}")
    def _(d: Diagram, text=_text) -> Iterator[Place]:
        for node in steps(d):
            for name in ("enteredBy", "number", "sideKey", "kind", "failureId", "seenIncident"):
                if (
                    name in node.inputs
                    and node.inputs[name].startswith("${")
                    and (name != "number" or node.topic == "override-onec-number")
                ):
                    yield node.id, lambda x, n=node.id, i=name: x.parameter(n, i, text)


@kind("person who entered is the one who decides")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d, "override-onec-number"):
        yield (
            node.id,
            lambda x, n=node.id, v=node.inputs["decidedBy"]: x.parameter(n, "enteredBy", v),
        )


for _instant in ("escalateAt", "remindAt", "termsEndAt", "runOpenedAt", "failureSince"):

    @kind(f"due date: {_instant}")
    def _(d: Diagram, instant=_instant) -> Iterator[Place]:
        for task in users(d):
            yield task.id, lambda x, t=task.id: x.camunda(t, "dueDate", f"${{{instant}}}")


@kind("question about an answer deleted", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d, "record-repair-step", "record-product-step", "record-delivery"):
        gateway = d.nodes[d.outgoing(node)[0].target]
        default = default_of(d, gateway) if gateway.kind == "exclusiveGateway" else None
        for flow in d.outgoing(gateway) if default else ():
            yield (
                gateway.id,
                both(
                    reroute(d.outgoing(node)[0].id, flow.target),
                    lambda x, g=gateway.id: x.drop(g),
                ),
            )


@kind("nobody asks the table's answer", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for node in d.of_kind("businessRuleTask"):
        gateway = d.nodes[d.outgoing(node)[0].target]
        for flow in d.outgoing(gateway):
            yield (
                gateway.id,
                both(
                    reroute(d.outgoing(node)[0].id, flow.target),
                    lambda x, g=gateway.id: x.drop(g),
                ),
            )


@kind("table's answers lead the other way round", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for node in d.of_kind("businessRuleTask"):
        one, other = d.outgoing(d.nodes[d.outgoing(node)[0].target])
        yield (
            node.id,
            lambda x, a=one, b=other: x.set(a.id, targetRef=b.target).set(b.id, targetRef=a.target),
        )
