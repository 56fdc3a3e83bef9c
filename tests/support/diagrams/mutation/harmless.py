"""Edits of a modeler that change nothing for the engine, or something that is allowed."""

# ruff: noqa: E501
import re
from collections.abc import Callable

from lxml import etree  # type: ignore[import-untyped]

from bpmn.model.reader import BPMN, BPMNDI, DC, DI
from tests.support.diagrams.drawn import Drawing, Edit
from tests.support.diagrams.mutation.places import append, parse

HARMLESS: list[tuple[str, str, Edit]] = []
DIAGRAMS = ("deal", "new-client-approval", "order-fulfillment", "onec-override")


def harmless(name: str, *diagrams: str) -> Callable[[Edit], Edit]:
    def register(edit: Edit) -> Edit:
        HARMLESS.extend((name, diagram, edit) for diagram in diagrams or DIAGRAMS)
        return edit

    return register


def _process(d: Drawing) -> str:
    return str(d.root.find(f"{BPMN}process").get("id"))


def _plane(d: Drawing) -> etree._Element:
    return next(d.root.iter(f"{BPMNDI}BPMNPlane"))


def _shape(d: Drawing, element: str, x: int, y: int, width: int, height: int) -> None:
    shape = etree.SubElement(
        _plane(d), f"{BPMNDI}BPMNShape", id=f"{element}_di", bpmnElement=element
    )
    bounds = {"x": str(x), "y": str(y), "width": str(width), "height": str(height)}
    etree.SubElement(shape, f"{DC}Bounds", bounds)


def _first_step(d: Drawing) -> str:
    return str(next(d.root.iter(f"{BPMN}serviceTask")).get("id"))


@harmless("text annotation")
def _(d: Drawing) -> None:
    append(
        _process(d),
        '<bpmn:textAnnotation id="Note"><bpmn:text>Важно</bpmn:text></bpmn:textAnnotation>',
    )(d)
    append(
        _process(d),
        f'<bpmn:association id="ToNote" sourceRef="{_first_step(d)}" targetRef="Note" />',
    )(d)
    _shape(d, "Note", 300, 20, 100, 30)
    edge = etree.SubElement(_plane(d), f"{BPMNDI}BPMNEdge", id="ToNote_di", bpmnElement="ToNote")
    for x, y in ((310, 80), (333, 50)):
        etree.SubElement(edge, f"{DI}waypoint", x=str(x), y=str(y))


@harmless("group")
def _(d: Drawing) -> None:
    d.root.append(
        parse(
            '<bpmn:category id="Cat"><bpmn:categoryValue id="CatValue" value="Важное" /></bpmn:category>'
        )
    )
    append(_process(d), '<bpmn:group id="Group_New" categoryValueRef="CatValue" />')(d)
    _shape(d, "Group_New", 100, 100, 900, 500)


@harmless("lanes")
def _(d: Drawing) -> None:
    refs = "".join(
        f"<bpmn:flowNodeRef>{e.get('id')}</bpmn:flowNodeRef>"
        for e in d.root.iter(f"{BPMN}userTask")
    )
    append(
        _process(d),
        f'<bpmn:laneSet id="Lanes"><bpmn:lane id="Lane_New" name="Sales CRM">{refs}</bpmn:lane></bpmn:laneSet>',
    )(d)
    _shape(d, "Lane_New", 80, 60, 5000, 1200)


@harmless("pool")
def _(d: Drawing) -> None:
    d.root.insert(0, parse(
        '<bpmn:collaboration id="Pools">'
        f'<bpmn:participant id="Pool_New" name="Дистрибьютор" processRef="{_process(d)}" />'
        '<bpmn:participant id="Pool_Client" name="Клиент" /></bpmn:collaboration>'
    ))  # fmt: skip
    _plane(d).set("bpmnElement", "Pools")
    _shape(d, "Pool_New", 80, 60, 5000, 1200)
    _shape(d, "Pool_Client", 80, 1400, 5000, 120)


@harmless("data object")
def _(d: Drawing) -> None:
    append(_process(d), '<bpmn:dataObject id="Data" />')(d)
    append(
        _process(d), '<bpmn:dataObjectReference id="DataRef" name="Договор" dataObjectRef="Data" />'
    )(d)
    append(_process(d), '<bpmn:dataStoreReference id="StoreRef" name="1С" />')(d)
    _shape(d, "DataRef", 300, 20, 36, 50)
    _shape(d, "StoreRef", 400, 20, 50, 50)


@harmless("documentation and a comment")
def _(d: Drawing) -> None:
    d.root.insert(0, etree.Comment("Изменено ${сегодня}"))
    found = next(d.root.iter(f"{BPMN}documentation"))
    found.text = "Новое описание с ${фигурными} скобками и № 5."


@harmless("moved as a whole")
def _(d: Drawing) -> None:
    for found in (*d.root.iter(f"{DC}Bounds"), *d.root.iter(f"{DI}waypoint")):
        found.set("x", str(float(found.get("x")) + 50))
        found.set("y", str(float(found.get("y")) + 40))


@harmless("elements in another order")
def _(d: Drawing) -> None:
    process = d.root.find(f"{BPMN}process")
    process[:] = sorted(process, key=lambda e: str(e.get("id")))


@harmless("no incoming and outgoing")
def _(d: Drawing) -> None:
    for tag in ("incoming", "outgoing"):
        for found in list(d.root.iter(f"{BPMN}{tag}")):
            found.getparent().remove(found)


@harmless("another prefix")
def _(d: Drawing) -> None:
    text = etree.tostring(d.root, encoding="unicode")
    text = (
        text.replace("xmlns:bpmn=", "xmlns:b2=")
        .replace("<bpmn:", "<b2:")
        .replace("</bpmn:", "</b2:")
    )
    d.root = etree.fromstring(text.replace('"bpmn:tFormal', '"b2:tFormal'))


@harmless("spaces in conditions")
def _(d: Drawing) -> None:
    for found in d.root.iter(f"{BPMN}conditionExpression"):
        found.text = re.sub(r"\$\{(.*)\}", r"${ ( \1 ) }", found.text)


@harmless("other quotes and words")
def _(d: Drawing) -> None:
    for found in d.root.iter(f"{BPMN}conditionExpression"):
        found.text = found.text.replace("'", '"').replace("==", " eq ")


@harmless("deferred expressions")
def _(d: Drawing) -> None:
    for found in d.root.iter(f"{BPMN}conditionExpression"):
        found.text = found.text.replace("${", "#{")


@harmless("end named after a system", "deal")
def _(d: Drawing) -> None:
    d.set("EndEvent_DealWon", name="Сделка передана в CRM")


@harmless("task renamed", "deal")
def _(d: Drawing) -> None:
    d.set("Task_WorkDeal", name="Вести сделку Bosch по e-mail")


@harmless("condition and default turned round", "new-client-approval")
def _(d: Drawing) -> None:
    d.set("Gateway_TermsApproved", default="Flow_TermsApprovedYes")
    d.condition("Flow_TermsApprovedYes", None).condition("Flow_TermsApprovedNo", "${!approved}")


@harmless("longer wait for 1C", "new-client-approval")
def _(d: Drawing) -> None:
    next(d.root.iter(f"{BPMN}timeDuration")).text = "PT1H30M"


@harmless("longer history")
def _(d: Drawing) -> None:
    d.camunda(_process(d), "historyTimeToLive", "P365D")


@harmless("priority and properties", "order-fulfillment")
def _(d: Drawing) -> None:
    d.camunda("Task_PrepareUpd", "priority", "60")
    d.extend(
        "Task_PrepareUpd",
        '<camunda:properties><camunda:property name="a" value="b" /></camunda:properties>',
    )


@harmless("asynchronous step", "order-fulfillment")
def _(d: Drawing) -> None:
    d.camunda("Task_FindRoute", "asyncBefore", "true")


@harmless("attributes of another modeler", "deal")
def _(d: Drawing) -> None:
    d.set("Task_WorkDeal", isForCompensation="false", startQuantity="1", completionQuantity="1")


@harmless("colors")
def _(d: Drawing) -> None:
    for shape in d.root.iter(f"{BPMNDI}BPMNShape"):
        for name in [n for n in shape.attrib if "color" in n or "fill" in n or "stroke" in n]:
            del shape.attrib[name]


@harmless("unused message and error")
def _(d: Drawing) -> None:
    d.root.append(parse('<bpmn:message id="Message_Unused" name="Ничьё" />'))
    d.root.append(parse('<bpmn:error id="Error_Unused" errorCode="X" />'))


@harmless("stage move by 'no' of a service reception", "service-reception")
def _(d: Drawing) -> None:
    d.condition("Flow_ReceivedYes", '${outcome eq "open"}')
