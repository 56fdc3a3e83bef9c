"""Kinds of mistakes in reminders, timers and due dates."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc, type-arg, union-attr, arg-type, no-any-return, no-redef, list-item, index, var-annotated, operator, attr-defined, func-returns-value, untyped-decorator"
# ruff: noqa: E501

from collections.abc import Iterator

from bpmn.model.elements import Diagram
from bpmn.model.reader import BPMN
from tests.support.diagrams.mutation.kinds.registry import kind
from tests.support.diagrams.mutation.places import (
    Place,
    boundaries,
    bypass,
    child,
    following,
    reminders,
    reroute,
    users,
)


@kind("reminder interrupts", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for boundary in reminders(d):
        yield boundary.id, lambda x, b=boundary.id: x.find(b).attrib.pop("cancelActivity")


@kind("reminder terminates", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for boundary in reminders(d):
        step = following(d, boundary)
        end = following(d, step) if step else None
        if end and end.kind == "endEvent" and end.event is None:
            yield end.id, child(end.id, "terminateEventDefinition", id="Terminate_New")


@kind("reminder joins the main way", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for boundary in reminders(d):
        step, host = following(d, boundary), d.nodes[boundary.attached_to]
        if step and len(step.outgoing) == 1:
            yield step.id, reroute(d.outgoing(step)[0].id, d.outgoing(host)[0].target)


@kind("reminder reminds nobody", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for boundary in reminders(d):
        if (step := following(d, boundary)) and step.topic == "notify":
            yield step.id, bypass(step)


@kind("reminder starts a user task", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for boundary in reminders(d):
        host = d.nodes[boundary.attached_to]
        yield boundary.id, reroute(d.outgoing(boundary)[0].id, d.incoming(host)[0].source)


@kind("reminder by a step that forgets refusals")
def _(d: Diagram) -> Iterator[Place]:
    for boundary in reminders(d):
        step = following(d, boundary)
        if step and step.topic == "notify":
            yield (
                step.id,
                lambda x, s=step.id: (
                    x.camunda(s, "topic", "read-deal-stage")
                    .parameter(s, "template", None)
                    .parameter(s, "recipient", None)
                ),
            )


def _timer(text: str, tag: str | None = None):
    def change(x, boundary):
        found = next(
            e
            for e in x.find(boundary).iter()
            if str(e.tag).endswith(("timeDate", "timeDuration", "timeCycle"))
        )
        found.text = text
        if tag:
            found.tag = f"{BPMN}{tag}"

    return change


TIMERS = {
    "PT": _timer("PT", "timeDuration"),
    "P1D12H": _timer("P1D12H", "timeDuration"),
    "PT45": _timer("PT45", "timeDuration"),
    "negative": _timer("-PT5M", "timeDuration"),
    "zero": _timer("PT0S", "timeDuration"),
    "lower case": _timer("pt45m", "timeDuration"),
    "minutes before T": _timer("P45MT", "timeDuration"),
    "Russian letters": _timer("РТ45М", "timeDuration"),
    "date as duration": _timer("${escalateAt}", "timeDuration"),
    "duration as date": _timer("PT45M", "timeDate"),
    "duration as cycle": _timer("PT45M", "timeCycle"),
    "impossible date": _timer("2026-13-41T25:00:00Z", "timeDate"),
    "date in words": _timer("завтра", "timeDate"),
    "empty": _timer("", "timeDate"),
    "text variable": _timer("${dealTitle}", "timeDate"),
    "unknown variable": _timer("${escalateOn}", "timeDate"),
    "cycle of nothing": _timer("R/", "timeCycle"),
    "cycle of seconds": _timer("R/PT1S", "timeCycle"),
}  # fmt: skip
for _name, _change in TIMERS.items():

    @kind(f"timer: {_name}")
    def _(d: Diagram, change=_change) -> Iterator[Place]:
        for boundary in boundaries(d, "timer"):
            yield boundary.id, lambda x, b=boundary.id: change(x, b)


DUE = {
    "deleted": None,
    "empty": "",
    "in words": "завтра",
    "a duration": "PT8H",
    "a text variable": "${dealTitle}",
    "an unknown variable": "${dueOn}",
    "an impossible date": "2026-02-31T10:00:00",
    "a constant date": "2026-12-01T10:00:00",
}  # fmt: skip
for _name, _value in DUE.items():

    @kind(f"due date: {_name}")
    def _(d: Diagram, value=_value) -> Iterator[Place]:
        for task in users(d):
            yield task.id, lambda x, t=task.id: x.camunda(t, "dueDate", value)


for _name, _value in {
    "deleted": None,
    "months": "P6M",
    "words": "полгода",
    "hours": "PT12H",
    "zero": "P0D",
}.items():

    @kind(f"time to live: {_name}")
    def _(d: Diagram, value=_value) -> Iterator[Place]:
        yield d.id, lambda x: x.camunda(d.id, "historyTimeToLive", value)
