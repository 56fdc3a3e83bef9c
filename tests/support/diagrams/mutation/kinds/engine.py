"""Kinds of mistakes in what the engine reads besides the drawing: namespaces, ids, expressions."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc, type-arg, union-attr, arg-type, no-any-return, no-redef, list-item, index, var-annotated, operator, attr-defined, func-returns-value, untyped-decorator"
# ruff: noqa: E501

from collections.abc import Iterator

from lxml import etree  # type: ignore[import-untyped]

from bpmn.model.elements import Diagram
from bpmn.model.reader import BPMN, CAMUNDA
from tests.support.diagrams.mutation.kinds.registry import kind
from tests.support.diagrams.mutation.places import (
    Place,
    append,
    append_root,
    both,
    boundaries,
    calls,
    insert,
    mapping,
    parse,
    questions,
    splits,
    steps,
    users,
)

NAMESPACES = {
    "activiti": "http://activiti.org/bpmn",
    "operaton": "http://operaton.org/schema/1.0/bpmn",
}
SETS = "${execution.setVariable('approved', true)}"

for _prefix, _uri in NAMESPACES.items():

    @kind(f"listener in the namespace {_prefix}")
    def _(d: Diagram, uri=_uri) -> Iterator[Place]:
        for node in (*users(d), *steps(d)):

            def edit(x, n=node.id):
                listener = etree.SubElement(x._extensions(n), f"{{{uri}}}executionListener")
                listener.attrib.update({"event": "end", "expression": SETS})

            yield node.id, edit

    @kind(f"assignee in the namespace {_prefix}")
    def _(d: Diagram, uri=_uri) -> Iterator[Place]:
        for task in users(d):

            def edit(x, t=task.id):
                found = x.find(t)
                found.attrib.pop(f"{CAMUNDA}assignee")
                found.set(f"{{{uri}}}assignee", "ivanov")

            yield task.id, edit

    @kind(f"mapping in the namespace {_prefix}")
    def _(d: Diagram, uri=_uri) -> Iterator[Place]:
        for call in calls(d):

            def edit(x, c=call.id):
                found = etree.SubElement(x._extensions(c), f"{{{uri}}}in")
                found.set("variables", "all")

            yield call.id, edit


for _tag in ("potentialOwner", "humanPerformer"):

    @kind(f"person by {_tag}")
    def _(d: Diagram, tag=_tag) -> Iterator[Place]:
        for task in users(d):
            yield (
                task.id,
                append(
                    task.id,
                    f"<bpmn:{tag}><bpmn:resourceAssignmentExpression><bpmn:formalExpression>user(ivanov)</bpmn:formalExpression></bpmn:resourceAssignmentExpression></bpmn:{tag}>",
                ),
            )


@kind("file imported")
def _(d: Diagram) -> Iterator[Place]:
    yield (
        d.id,
        lambda x: x.root.insert(
            0,
            parse(
                '<bpmn:import importType="http://schemas.xmlsoap.org/wsdl/" location="http://x/y.wsdl" namespace="x" />'
            ),
        ),
    )


IDS = {
    "with a blank": "Gateway_ Next",
    "that begins with a digit": "1Gateway",
    "with a slash": "Gateway/Next",
}
for _name, _value in IDS.items():

    @kind(f"id {_name}")
    def _(d: Diagram, value=_value) -> Iterator[Place]:
        for node in (*splits(d), *steps(d)):
            yield node.id, lambda x, n=node.id, v=value: x.rename(f'"{n}"', f'"{v}"')

    @kind(f"id of an annotation {_name}")
    def _(d: Diagram, value=_value) -> Iterator[Place]:
        yield (
            d.id,
            append(
                d.id,
                f'<bpmn:textAnnotation id="{value}"><bpmn:text>x</bpmn:text></bpmn:textAnnotation>',
            ),
        )


@kind("id of an event definition twice")
def _(d: Diagram) -> Iterator[Place]:
    for one in boundaries(d, "error"):
        for other in boundaries(d, "error"):
            if one is not other:

                def edit(x, a=one.id, b=other.id):
                    wanted = next(x.find(a).iter(f"{BPMN}errorEventDefinition")).get("id")
                    next(x.find(b).iter(f"{BPMN}errorEventDefinition")).set("id", wanted)

                yield one.id, edit


@kind("id of a shape twice")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        yield (
            task.id,
            lambda x, t=task.id: next(e for e in x.root.iter() if e.get("bpmnElement") == t).set(
                "id", next(e.get("id") for e in x.root.iter() if e.get("bpmnElement") == d.id)
            ),
        )


FORMS = (
    "camunda-forms:deployment:decide.form",
    "${form}",
    "embedded:deployment:forms/decide.html",
    "app:x.html",
)
for _form in FORMS:

    @kind(f"form {_form}")
    def _(d: Diagram, form=_form) -> Iterator[Place]:
        for task in users(d):
            yield task.id, lambda x, t=task.id: x.camunda(t, "formKey", form)


INJECTED = {
    "of a class": "${''.getClass().forName('java.lang.Runtime')}",
    "of the engine": "${execution.getProcessEngineServices().getRuntimeService()}",
    "of a bean": "${runtimeService.deleteProcessInstance(dealId, '')}",
    "that sets a variable": SETS,
    "with a lambda": "${(x -> x)(1)}",
}
for _name, _text in INJECTED.items():

    @kind(f"input of a task: expression {_name}")
    def _(d: Diagram, text=_text) -> Iterator[Place]:
        for task in users(d):
            yield task.id, lambda x, t=task.id: x.parameter(t, "hint", text)

    @kind(f"condition or an expression {_name}")
    def _(d: Diagram, text=_text) -> Iterator[Place]:
        for flow in questions(d):
            both_of = "${" + flow.condition[2:-1] + " || " + text[2:-1] + " == null}"
            yield flow.id, lambda x, f=flow.id, t=both_of: x.condition(f, t)

    @kind(f"due date: expression {_name}")
    def _(d: Diagram, text=_text) -> Iterator[Place]:
        for task in users(d):
            yield task.id, lambda x, t=task.id: x.camunda(t, "dueDate", text)


LISTENERS = {
    "at an assignment": '<camunda:taskListener event="assignment" expression="${task.setName(dealTitle)}" />',
    "by a bean": '<camunda:taskListener event="create" delegateExpression="${listener}" />',
    "with a field": '<camunda:taskListener event="create" expression="${task.setName(dealTitle)}"><camunda:field name="a" stringValue="b" /></camunda:taskListener>',
    "at a time": '<camunda:taskListener event="timeout" id="L1" expression="${task.setName(dealTitle)}"><bpmn:timerEventDefinition xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"><bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition></camunda:taskListener>',
}
for _name, _xml in LISTENERS.items():

    @kind(f"listener {_name}")
    def _(d: Diagram, xml=_xml) -> Iterator[Place]:
        for task in users(d):
            yield task.id, lambda x, t=task.id: x.extend(t, xml)


@kind("groups of a variable and of a role")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        groups = task.attributes["candidateGroups"]
        if "{" in groups:
            yield (
                task.id,
                lambda x, t=task.id, g=groups: x.camunda(t, "candidateGroups", g + ",drivers"),
            )


@kind("output given twice")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        for name, value in task.outputs:

            def edit(x, t=task.id, n=name, v=value):
                io = next(x.find(t).iter(f"{CAMUNDA}inputOutput"))
                etree.SubElement(io, f"{CAMUNDA}outputParameter", name=n).text = v

            yield task.id, edit


@kind("everything taken back")
def _(d: Diagram) -> Iterator[Place]:
    for call in calls(d):
        yield call.id, lambda x, c=call.id: x.extend(c, '<camunda:out variables="all" />')


@kind("two business keys")
def _(d: Diagram) -> Iterator[Place]:
    for call in calls(d):
        yield (
            call.id,
            lambda x, c=call.id: x._extensions(c).insert(
                0, parse('<camunda:in businessKey="#{dealTitle}" />')
            ),
        )


@kind("answer of another task passed to a call")
def _(d: Diagram) -> Iterator[Place]:
    for call in calls(d):
        for source in call.call_in:
            if source.endswith("DecidedBy"):
                for task in users(d):
                    for name, value in task.outputs:
                        if value == "${decidedBy}" and name != source:
                            yield call.id, mapping(call.id, "in", source, source=name)


@kind("another answer of the same task passed to a call")
def _(d: Diagram) -> Iterator[Place]:
    for call in calls(d):
        for source in call.call_in:
            if source.endswith("Number"):
                for other in ("Comment", "Answer", "Picked"):
                    yield (
                        call.id,
                        mapping(
                            call.id, "in", source, source=source.removesuffix("Number") + other
                        ),
                    )


for _collection in ("${managers}", "files"):

    @kind(f"one instance for each of {_collection}")
    def _(d: Diagram, of=_collection) -> Iterator[Place]:
        for node in (*users(d), *calls(d)):
            yield (
                node.id,
                append(
                    node.id,
                    f'<bpmn:multiInstanceLoopCharacteristics camunda:collection="{of}" camunda:elementVariable="one" />',
                ),
            )


BESIDE = {
    "error": "<bpmn:errorEventDefinition />",
    "timer": "<bpmn:timerEventDefinition><bpmn:timeDuration>P1D</bpmn:timeDuration></bpmn:timerEventDefinition>",
    "conditional": "<bpmn:conditionalEventDefinition><bpmn:condition>${approved}</bpmn:condition></bpmn:conditionalEventDefinition>",
    "escalation": "<bpmn:escalationEventDefinition />",
}
for _name, _xml in BESIDE.items():

    @kind(f"event sub-process of a {_name}")
    def _(d: Diagram, xml=_xml) -> Iterator[Place]:
        yield (
            d.id,
            append(
                d.id,
                '<bpmn:subProcess id="SubProcess_New" name="Сбой" triggeredByEvent="true">'
                f'<bpmn:startEvent id="StartEvent_New" name="Сбой случился">{xml}</bpmn:startEvent>'
                '<bpmn:endEvent id="EndEvent_New" name="Сбой учтён" />'
                '<bpmn:sequenceFlow id="Flow_New" sourceRef="StartEvent_New" targetRef="EndEvent_New" />'
                "</bpmn:subProcess>",
            ),
        )


@kind("second start")
def _(d: Diagram) -> Iterator[Place]:
    for node in users(d):

        def edit(x, n=node):
            x.find(d.id).append(parse('<bpmn:startEvent id="StartEvent_New" name="Начато" />'))
            x.add_flow("Flow_New", "StartEvent_New", d.incoming(n)[0].source)

        yield node.id, edit


@kind("timer answers for the person", graph=True)
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        step = d.nodes[d.outgoing(task)[0].target]
        if step.topic and len(step.outgoing) == 1 and task.scope == d.id:
            target = d.outgoing(step)[0].target

            def edit(x, t=task.id, target=target):
                x.find(t).getparent().append(
                    parse(
                        f'<bpmn:boundaryEvent id="BoundaryEvent_New" name="Срок прошёл" attachedToRef="{t}">'
                        "<bpmn:timerEventDefinition><bpmn:timeDuration>P3D</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
                    )
                )
                x.add_flow("Flow_New", "BoundaryEvent_New", target)

            yield task.id, edit


@kind("wait of a fixed date")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        yield (
            task.id,
            insert(
                d.outgoing(task)[0],
                '<bpmn:intermediateCatchEvent id="CatchEvent_New" name="Наступил год"><bpmn:timerEventDefinition><bpmn:timeDate>2027</bpmn:timeDate></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>',
            ),
        )


def _timed(text: str, tag: str):
    def change(x, boundary):
        found = next(
            e for e in x.find(boundary).iter() if str(e.tag).endswith(("timeDuration", "timeCycle"))
        )
        found.text, found.tag = text, f"{BPMN}{tag}"

    return change


for _text, _tag in (
    ("P45M", "timeDuration"),
    ("P30M", "timeDuration"),
    ("P7Y", "timeDuration"),
    ("R/P15M", "timeCycle"),
):

    @kind(f"timer of another unit: {_text}")
    def _(d: Diagram, text=_text, tag=_tag) -> Iterator[Place]:
        for boundary in boundaries(d, "timer"):
            if boundary.event.timer_kind in ("timeDuration", "timeCycle"):
                yield boundary.id, lambda x, b=boundary.id: _timed(text, tag)(x, b)


@kind("message of the same name twice, one with an expression")
def _(d: Diagram) -> Iterator[Place]:
    for node in d.of_kind("boundaryEvent"):
        if node.event.kind == "message":
            yield (
                node.id,
                both(
                    lambda x: append_root(
                        x, '<bpmn:message id="Message_New" name="${dealTitle}" />'
                    ),
                    lambda x, n=node.id: next(x.find(n).iter(f"{BPMN}messageEventDefinition")).set(
                        "messageRef", "Message_New"
                    ),
                ),
            )
