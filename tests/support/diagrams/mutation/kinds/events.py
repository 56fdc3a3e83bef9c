"""Kinds of mistakes in events out of place, and several instances of a step."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc, type-arg, union-attr, arg-type, no-any-return, no-redef, list-item, index, var-annotated, operator, attr-defined, func-returns-value, untyped-decorator"
# ruff: noqa: E501

from collections.abc import Iterator

from bpmn.model.elements import Diagram
from bpmn.model.reader import BPMN
from tests.support.diagrams.mutation.kinds.registry import kind
from tests.support.diagrams.mutation.places import (
    Place,
    append,
    append_root,
    both,
    boundaries,
    calls,
    child,
    ends,
    following,
    insert,
    reminders,
    steps,
    users,
)

SIGNAL = '<bpmn:signal id="Signal_New" name="Новый сигнал" />'
MESSAGE = '<bpmn:message id="Message_New" name="%s" />'


@kind("start by a timer")
def _(d: Diagram) -> Iterator[Place]:
    for start in d.of_kind("startEvent"):
        if start.scope == d.id:
            xml = "<bpmn:timerEventDefinition><bpmn:timeCycle>R/P1D</bpmn:timeCycle></bpmn:timerEventDefinition>"
            yield start.id, append(start.id, xml)


@kind("start by a message")
def _(d: Diagram) -> Iterator[Place]:
    for start in d.of_kind("startEvent"):
        if start.scope == d.id:
            yield (
                start.id,
                both(
                    lambda x: append_root(x, MESSAGE % "StageMoved"),
                    child(start.id, "messageEventDefinition", messageRef="Message_New"),
                ),
            )


@kind("start by a signal")
def _(d: Diagram) -> Iterator[Place]:
    for start in d.of_kind("startEvent"):
        if start.scope == d.id:
            yield (
                start.id,
                both(
                    lambda x: append_root(x, SIGNAL),
                    child(start.id, "signalEventDefinition", signalRef="Signal_New"),
                ),
            )


CATCH = '<bpmn:intermediateCatchEvent id="CatchEvent_New" name="Получено сообщение"><bpmn:%sEventDefinition %s /></bpmn:intermediateCatchEvent>'


def _flows_after_steps(d: Diagram) -> list:
    return [d.outgoing(n)[0] for n in steps(d) if n.scope == d.id and n.outgoing]


for _message in ("StageMoved", "DealLost", "PeriodChanged", "FailureGone"):

    @kind(f"wait for {_message} in the middle")
    def _(d: Diagram, message=_message) -> Iterator[Place]:
        for flow in _flows_after_steps(d):
            yield (
                "CatchEvent_New",
                both(
                    lambda x: append_root(x, MESSAGE % message),
                    insert(flow, CATCH % ("message", 'messageRef="Message_New"')),
                ),
            )


@kind("wait for a signal in the middle")
def _(d: Diagram) -> Iterator[Place]:
    for flow in _flows_after_steps(d):
        yield (
            "CatchEvent_New",
            both(
                lambda x: append_root(x, SIGNAL),
                insert(flow, CATCH % ("signal", 'signalRef="Signal_New"')),
            ),
        )


def _other_event(d: Diagram, had: str, wanted: str) -> Iterator[Place]:
    """Change the kind of event that a boundary waits for."""
    for boundary in boundaries(d, had):
        yield (
            boundary.id,
            lambda x, b=boundary.id: x.find(b)[-1].__setattr__(
                "tag", f"{BPMN}{wanted}EventDefinition"
            ),
        )


@kind("conditional event")
def _(d: Diagram) -> Iterator[Place]:
    return _other_event(d, "timer", "conditional")


@kind("escalation boundary")
def _(d: Diagram) -> Iterator[Place]:
    return _other_event(d, "timer", "escalation")


@kind("signal boundary")
def _(d: Diagram) -> Iterator[Place]:
    return _other_event(d, "message", "signal")


@kind("message with a typo")
def _(d: Diagram) -> Iterator[Place]:
    for boundary in boundaries(d, "message"):
        yield (
            boundary.id,
            lambda x, b=boundary: x.set(
                next(e.get("id") for e in x.root if e.get("name") == b.event.reference),
                name=b.event.reference + "s",
            ),
        )


@kind("message of another process")
def _(d: Diagram) -> Iterator[Place]:
    for boundary in boundaries(d, "message"):
        other = "FailureGone" if boundary.event.reference != "FailureGone" else "StageMoved"
        yield (
            boundary.id,
            lambda x, b=boundary, o=other: x.set(
                next(e.get("id") for e in x.root if e.get("name") == b.event.reference), name=o
            ),
        )


for _kind, _extra in (
    ("error", {}),
    ("message", {}),
    ("signal", {}),
    ("escalation", {}),
    ("terminate", {}),
):

    @kind(f"end becomes {_kind}", graph=_kind == "terminate")
    def _(d: Diagram, kind=_kind) -> Iterator[Place]:
        for end in ends(d):
            if end.event is None and kind != "terminate":
                yield end.id, child(end.id, f"{kind}EventDefinition", id="Definition_New")
        if kind == "terminate":
            for boundary in reminders(d):
                step = following(d, boundary)
                last = following(d, step) if step else None
                if last and last.event is None and last.kind == "endEvent":
                    yield last.id, child(last.id, "terminateEventDefinition", id="Definition_New")


@kind("boundary event on another step")
def _(d: Diagram) -> Iterator[Place]:
    for boundary in boundaries(d, "error"):
        for task in users(d)[:1]:
            yield boundary.id, lambda x, b=boundary.id, t=task.id: x.set(b, attachedToRef=t)


MULTI = '<bpmn:multiInstanceLoopCharacteristics isSequential="false"><bpmn:loopCardinality>3</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>'
for _name, _places in {"user task": users, "call": calls, "step": steps}.items():

    @kind(f"several instances of a {_name}")
    def _(d: Diagram, places=_places) -> Iterator[Place]:
        for node in places(d):
            yield node.id, append(node.id, MULTI)


@kind("standard loop")
def _(d: Diagram) -> Iterator[Place]:
    for node in users(d):
        yield node.id, append(node.id, "<bpmn:standardLoopCharacteristics />")


@kind("compensation")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        yield node.id, lambda x, n=node.id: x.set(n, isForCompensation="true")
