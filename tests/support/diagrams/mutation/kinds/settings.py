"""Kinds of mistakes in events, calls, decisions and settings of the process."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc, type-arg, union-attr, arg-type, no-any-return, no-redef, list-item, index, var-annotated, operator, attr-defined, func-returns-value, untyped-decorator"
# ruff: noqa: E501

from collections.abc import Iterator

from bpmn.model.elements import Diagram
from bpmn.model.reader import BPMN, CAMUNDA
from tests.support.diagrams.mutation.kinds.registry import kind
from tests.support.diagrams.mutation.places import (
    Place,
    append_root,
    both,
    boundaries,
    calls,
    child,
    following,
    insert,
    mapping,
    parse,
    reroute,
    splits,
    users,
)  # fmt: skip


@kind("timer becomes an error")
def _(d: Diagram) -> Iterator[Place]:
    for b in boundaries(d, "timer"):
        yield (
            b.id,
            both(
                lambda x, b=b.id: x.without(b, "timerEventDefinition"),
                child(b.id, "errorEventDefinition"),
            ),
        )


@kind("refusal becomes a timer")
def _(d: Diagram) -> Iterator[Place]:
    for b in boundaries(d, "error"):
        yield (
            b.id,
            both(
                lambda x, b=b.id: x.without(b, "errorEventDefinition"),
                lambda x, b=b.id: x.find(b).append(
                    parse(
                        '<bpmn:timerEventDefinition id="T1"><bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition>'
                    )
                ),
            ),
        )


@kind("event without its definition")
def _(d: Diagram) -> Iterator[Place]:
    for b in d.of_kind("boundaryEvent"):
        yield b.id, lambda x, b=b: x.without(b.id, b.event.kind + "EventDefinition")


@kind("message reference missing")
def _(d: Diagram) -> Iterator[Place]:
    for n in d.nodes.values():
        if n.event and n.event.kind == "message":
            yield (
                n.id,
                lambda x, n=n.id: next(x.find(n).iter(f"{BPMN}messageEventDefinition")).attrib.pop(
                    "messageRef", None
                ),
            )


@kind("message name is an expression")
def _(d: Diagram) -> Iterator[Place]:
    def edit(x):
        for m in x.root.iter(f"{BPMN}message"):
            m.set("name", m.get("name") + "-${dealId}")

    if any(n.event and n.event.kind == "message" for n in d.nodes.values()):
        yield d.id, edit


@kind("boundary event of a call moved to the step after it", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for b in d.of_kind("boundaryEvent"):
        host = d.nodes[b.attached_to]
        n = following(d, host)
        if n and n.kind in ("userTask", "serviceTask", "callActivity") and n.scope == host.scope:
            yield b.id, lambda x, b=b.id, n=n.id: x.set(b, attachedToRef=n)


@kind("boundary event on a gateway")
def _(d: Diagram) -> Iterator[Place]:
    for b in d.of_kind("boundaryEvent"):
        for g in splits(d)[:1]:
            yield b.id, lambda x, b=b.id, g=g.id: x.set(b, attachedToRef=g)


@kind("initiator overwrites a variable")
def _(d: Diagram) -> Iterator[Place]:
    for s in d.of_kind("startEvent"):
        yield s.id, lambda x, s=s.id: x.camunda(s, "initiator", "manager")


for _event in ("message", "signal", "escalation", "link", "compensate"):

    @kind(f"{_event} thrown in the middle")
    def _(d: Diagram, event=_event) -> Iterator[Place]:
        for node in users(d):
            yield (
                node.id,
                insert(
                    d.outgoing(node)[0],
                    f'<bpmn:intermediateThrowEvent id="ThrowEvent_New" name="Сообщено"><bpmn:{event}EventDefinition id="E1" /></bpmn:intermediateThrowEvent>',
                ),
            )


@kind("long wait in the middle", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for node in users(d):
        yield (
            node.id,
            insert(
                d.outgoing(node)[0],
                '<bpmn:intermediateCatchEvent id="CatchEvent_New" name="Прошёл год"><bpmn:timerEventDefinition id="E1"><bpmn:timeDuration>${waitTime}</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>',
            ),
        )


for _tag in ("transaction", "adHocSubProcess"):

    @kind(f"sub-process becomes a {_tag}")
    def _(d: Diagram, tag=_tag) -> Iterator[Place]:
        for s in d.of_kind("subProcess"):
            yield s.id, lambda x, s=s.id: x.retag(s, tag)


for _attr, _value in (
    ("calledElementVersion", "1"),
    ("calledElementVersionTag", "v1"),
    ("calledElementTenantId", "x"),
    ("variableMappingClass", "x.Y"),
    ("variableMappingDelegateExpression", "${x}"),
    ("caseRef", "x"),
):

    @kind(f"call with {_attr}")
    def _(d: Diagram, attr=_attr, value=_value) -> Iterator[Place]:
        for c in calls(d):
            yield c.id, lambda x, c=c.id: x.camunda(c, attr, value)


@kind("called by version")
def _(d: Diagram) -> Iterator[Place]:
    for c in calls(d):
        yield (
            c.id,
            lambda x, c=c.id: x.camunda(c, "calledElementBinding", "version").camunda(
                c, "calledElementVersion", "1"
            ),
        )


@kind("business key of something else")
def _(d: Diagram) -> Iterator[Place]:
    for c in calls(d):

        def edit(x, c=c.id):
            for i in x.find(c).iter(f"{CAMUNDA}in"):
                if i.get("businessKey"):
                    i.set("businessKey", "#{manager}")

        yield c.id, edit


@kind("taken back from another variable", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for c in calls(d):
        sources = list(c.call_out)
        for s in sources:
            for o in (*sources, "stage", "formError"):
                if o != s:
                    yield c.id, mapping(c.id, "out", s, source=o)


@kind("results of a call swapped")
def _(d: Diagram) -> Iterator[Place]:
    for c in calls(d):
        out = list(c.call_out.items())
        if len(out) > 1:
            (a, at), (b, bt) = out[:2]

            def edit(x, c=c.id, a=a, at=at, b=b, bt=bt):
                for o in x.find(c).iter(f"{CAMUNDA}out"):
                    if o.get("source") == a:
                        o.set("target", bt)
                    elif o.get("source") == b:
                        o.set("target", at)

            yield c.id, edit


@kind("passed variables swapped")
def _(d: Diagram) -> Iterator[Place]:
    for c in calls(d):
        into = list(c.call_in.items())
        if len(into) > 1:
            (a, at), (b, bt) = into[:2]

            def edit(x, c=c.id, a=a, at=at, b=b, bt=bt):
                for o in x.find(c).iter(f"{CAMUNDA}in"):
                    if o.get("source") == a:
                        o.set("target", bt)
                    elif o.get("source") == b:
                        o.set("target", at)

            yield c.id, edit


@kind("result taken back by a constant")
def _(d: Diagram) -> Iterator[Place]:
    for c in calls(d):
        for s in c.call_out:

            def edit(x, c=c.id, s=s):
                for o in x.find(c).iter(f"{CAMUNDA}out"):
                    if o.get("source") == s:
                        o.attrib.pop("source")
                        o.set("sourceExpression", "${'approved'}")

            yield c.id, edit


@kind("result taken back locally")
def _(d: Diagram) -> Iterator[Place]:
    for c in calls(d):
        for s in c.call_out:
            yield c.id, mapping(c.id, "out", s, local="true")


@kind("second process in a file")
def _(d: Diagram) -> Iterator[Place]:
    yield (
        d.id,
        lambda x: append_root(
            x,
            '<bpmn:process id="second-process" name="Второй" isExecutable="true" camunda:historyTimeToLive="P180D"><bpmn:startEvent id="StartEvent_Two" name="Начато" /></bpmn:process>',
        ),
    )


@kind("priority of all jobs in words")
def _(d: Diagram) -> Iterator[Place]:
    yield (
        d.id,
        lambda x: x.camunda(x.root.find(f"{BPMN}process").get("id"), "jobPriority", "высокий"),
    )


@kind("task priority of the process unknown")
def _(d: Diagram) -> Iterator[Place]:
    yield (
        d.id,
        lambda x: x.camunda(x.root.find(f"{BPMN}process").get("id"), "taskPriority", "${urgency}"),
    )


@kind("variable renamed at its writer only")
def _(d: Diagram) -> Iterator[Place]:
    for c in calls(d):
        for s, t in c.call_out.items():
            yield c.id, mapping(c.id, "out", s, target=t + "Value")


@kind("loop past the person", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for b in boundaries(d, "error"):
        yield b.id, reroute(d.outgoing(b)[0].id, b.attached_to)


@kind("refusal leads to the start of the process", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    first = next((n for n in d.of_kind("startEvent") if n.scope == d.id), None)
    for b in boundaries(d, "error"):
        if first and first.outgoing:
            target = d.outgoing(first)[0].target
            if target not in (d.outgoing(b)[0].target,):
                yield b.id, reroute(d.outgoing(b)[0].id, target)


# --- decision in a diagram
for _name, _edit in {
    "latest table": ("decisionRefBinding", "latest"),
    "table unknown": ("decisionRef", "director-treshold"),
    "list of results": ("mapDecisionResult", "resultList"),
    "result of another name": ("resultVariable", "needed"),
    "collected entries": ("mapDecisionResult", "collectEntries"),
    "result deleted": ("resultVariable", None),
    "table by expression": ("decisionRef", "${table}"),
    "not asynchronous": ("asyncBefore", None),
}.items():

    @kind(f"decision: {_name}")
    def _(d: Diagram, edit=_edit) -> Iterator[Place]:
        for n in d.of_kind("businessRuleTask"):
            yield n.id, lambda x, n=n.id: x.camunda(n, *edit)
