"""Edits of a modeler that change nothing for the engine, or something that is allowed."""

# ruff: noqa: E501
import re
from collections.abc import Callable

from lxml import etree  # type: ignore[import-untyped]

from bpmn.model.reader import BPMN, BPMNDI, CAMUNDA, DC, DI
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


@harmless("spaces in expressions")
def _(d: Drawing) -> None:
    for found in d.root.iter(f"{CAMUNDA}inputParameter", f"{CAMUNDA}outputParameter"):
        found.text = re.sub(r"^\$\{(.*)\}$", r"${ \1 }", found.text or "")
    for task in d.root.iter(f"{BPMN}userTask"):
        for name in (f"{CAMUNDA}assignee", f"{CAMUNDA}dueDate"):
            task.set(name, task.get(name).replace("${", "${ "))


@harmless("line breaks around conditions and in names")
def _(d: Drawing) -> None:
    for found in d.root.iter(f"{BPMN}conditionExpression"):
        found.text = f"\n        {found.text}\n      "
    for found in d.root.iter(f"{BPMN}userTask", f"{BPMN}serviceTask"):
        found.set("name", found.get("name").replace(" ", "\n", 1))


@harmless("compared with true, constant first, word for a sign")
def _(d: Drawing) -> None:
    for found in d.root.iter(f"{BPMN}conditionExpression"):
        text = re.sub(r"^\$\{!(\w+)\}$", r"${not \1}", found.text)
        text = re.sub(r"^\$\{(\w+)\}$", r"${\1 == true}", text)
        found.text = re.sub(r"^\$\{(\w+) == ('[^']*')\}$", r"${\2 == \1}", text)


@harmless("retries and properties", "deal")
def _(d: Drawing) -> None:
    step = _first_step(d)
    d.camunda(step, "asyncBefore", "true")
    d.extend(step, "<camunda:failedJobRetryTimeCycle>R3/PT5M</camunda:failedJobRetryTimeCycle>")
    for found in (_process(d), next(d.root.iter(f"{BPMN}sequenceFlow")).get("id")):
        d.extend(
            found,
            '<camunda:properties><camunda:property name="a" value="b" /></camunda:properties>',
        )


@harmless("version tag and templates")
def _(d: Drawing) -> None:
    d.camunda(_process(d), "versionTag", "2.1")
    d.camunda(_first_step(d), "modelerTemplate", "deals.topic.register-process")
    d.camunda(_first_step(d), "modelerTemplateVersion", "1")


@harmless("explanations on flows and gateways")
def _(d: Drawing) -> None:
    for found in d.root.iter(f"{BPMN}sequenceFlow", f"{BPMN}exclusiveGateway"):
        note = etree.Element(f"{BPMN}documentation", textFormat="text/markdown")
        note.text = "Сумма в $, { скобки }, **важно**"
        found.insert(0, note)


@harmless("annotation with an expression at a flow")
def _(d: Drawing) -> None:
    flow = next(d.root.iter(f"{BPMN}sequenceFlow")).get("id")
    append(
        _process(d),
        '<bpmn:textAnnotation id="Note"><bpmn:text>${лимит} важен</bpmn:text></bpmn:textAnnotation>',
    )(d)
    append(_process(d), f'<bpmn:association id="ToNote" sourceRef="{flow}" targetRef="Note" />')(d)
    _shape(d, "Note", 300, 20, 100, 30)


@harmless("flows and gateways renamed")
def _(d: Drawing) -> None:
    names = [e.get("id") for e in d.root.iter(f"{BPMN}sequenceFlow", f"{BPMN}exclusiveGateway")]
    text = etree.tostring(d.root, encoding="unicode")
    for name in names:
        text = re.sub(rf"\b{name}\b", f"{name}Renamed", text)
    d.root = etree.fromstring(text)


@harmless("comments and CDATA inside elements")
def _(d: Drawing) -> None:
    for found in list(d.root.iter(f"{BPMN}userTask", f"{BPMN}extensionElements")):
        found.insert(0, etree.Comment(" спросить ${кого} "))
    for found in d.root.iter(f"{BPMN}conditionExpression"):
        found.text = etree.CDATA(found.text)


@harmless("asynchronous steps and tasks")
def _(d: Drawing) -> None:
    for found in d.root.iter(f"{BPMN}serviceTask", f"{BPMN}userTask"):
        d.camunda(found.get("id"), "asyncBefore", "true")
        d.camunda(found.get("id"), "exclusive", "true")


@harmless("flows with the ids of the modeler")
def _(d: Drawing) -> None:
    text = etree.tostring(d.root, encoding="unicode")
    for number, flow in enumerate(e.get("id") for e in d.root.iter(f"{BPMN}sequenceFlow")):
        text = re.sub(rf"\b{flow}\b", f"Flow_0{number:02}kx9z", text)
    d.root = etree.fromstring(text)


@harmless("ids of messages, errors and event definitions")
def _(d: Drawing) -> None:
    text = etree.tostring(d.root, encoding="unicode")
    for found in d.root.iter():
        tag = etree.QName(found).localname if isinstance(found.tag, str) else ""
        if tag in ("message", "error") or tag.endswith("EventDefinition"):
            text = re.sub(rf"\b{found.get('id')}\b", f"{found.get('id')}_1a2b", text)
    d.root = etree.fromstring(text)


@harmless("labels moved a little")
def _(d: Drawing) -> None:
    for label in d.root.iter(f"{BPMNDI}BPMNLabel"):
        bounds = label.find(f"{DC}Bounds")
        bounds.set("x", str(float(bounds.get("x")) + 1))
        bounds.set("width", str(float(bounds.get("width")) - 1))


@harmless("labels measured in a wider font")
def _(d: Drawing) -> None:
    for label in d.root.iter(f"{BPMNDI}BPMNLabel"):
        bounds = label.find(f"{DC}Bounds")
        bounds.set("x", str(float(bounds.get("x")) - 10))
        bounds.set("width", str(float(bounds.get("width")) + 20))
        bounds.set("height", str(float(bounds.get("height")) + 3))


@harmless("data read and written by a step")
def _(d: Drawing) -> None:
    step = d.find(_first_step(d))
    append(_process(d), '<bpmn:dataObject id="Data" />')(d)
    append(
        _process(d), '<bpmn:dataObjectReference id="DataRef" name="Договор" dataObjectRef="Data" />'
    )(d)
    for xml in (
        '<bpmn:property id="Property_New" name="__targetRef_placeholder" />',
        '<bpmn:dataInputAssociation id="DataIn"><bpmn:sourceRef>DataRef</bpmn:sourceRef><bpmn:targetRef>Property_New</bpmn:targetRef></bpmn:dataInputAssociation>',
        '<bpmn:dataOutputAssociation id="DataOut"><bpmn:targetRef>DataRef</bpmn:targetRef></bpmn:dataOutputAssociation>',
    ):
        step.append(parse(xml))
    _shape(d, "DataRef", 300, 20, 36, 50)
    for line in ("DataIn", "DataOut"):
        edge = etree.SubElement(_plane(d), f"{BPMNDI}BPMNEdge", id=f"{line}_di", bpmnElement=line)
        for x, y in ((310, 80), (333, 50)):
            etree.SubElement(edge, f"{DI}waypoint", x=str(x), y=str(y))


@harmless("message of a client's collapsed pool")
def _(d: Drawing) -> None:
    d.root.insert(0, parse(
        '<bpmn:collaboration id="Pools">'
        f'<bpmn:participant id="Pool_New" name="Дистрибьютор" processRef="{_process(d)}" />'
        '<bpmn:participant id="Pool_Client" name="Клиент" />'
        f'<bpmn:messageFlow id="Message_Call" name="Звонит" sourceRef="Pool_Client" targetRef="{_first_step(d)}" /></bpmn:collaboration>'
    ))  # fmt: skip
    _plane(d).set("bpmnElement", "Pools")
    _shape(d, "Pool_New", 80, 60, 5000, 1200)
    _shape(d, "Pool_Client", 80, 1400, 5000, 120)
    edge = etree.SubElement(
        _plane(d), f"{BPMNDI}BPMNEdge", id="Message_Call_di", bpmnElement="Message_Call"
    )
    for x, y in ((310, 1400), (310, 300)):
        etree.SubElement(edge, f"{DI}waypoint", x=str(x), y=str(y))


@harmless("lanes in lanes")
def _(d: Drawing) -> None:
    refs = [e.get("id") for e in d.root.iter(f"{BPMN}userTask")]
    inner = "".join(f"<bpmn:flowNodeRef>{one}</bpmn:flowNodeRef>" for one in refs)
    append(
        _process(d),
        f'<bpmn:laneSet id="Lanes"><bpmn:lane id="Lane_Sales" name="Продажи"><bpmn:childLaneSet id="Inner"><bpmn:lane id="Lane_Moscow" name="Москва">{inner}</bpmn:lane></bpmn:childLaneSet></bpmn:lane></bpmn:laneSet>',
    )(d)
    _shape(d, "Lane_Sales", 80, 60, 5000, 1200)
    _shape(d, "Lane_Moscow", 110, 60, 4970, 1200)


@harmless("defaults written out")
def _(d: Drawing) -> None:
    for found in d.root.iter(f"{BPMN}boundaryEvent"):
        found.set("cancelActivity", found.get("cancelActivity", "true"))
    for found in d.root.iter(f"{BPMN}subProcess"):
        found.set("triggeredByEvent", found.get("triggeredByEvent", "false"))
    for found in d.root.iter(f"{BPMN}serviceTask", f"{BPMN}userTask", f"{BPMN}callActivity"):
        d.camunda(found.get("id"), "asyncAfter", "false")
        d.camunda(found.get("id"), "exclusive", "true")
    d.root.find(f"{BPMN}process").set("isClosed", "false")
    d.root.find(f"{BPMN}process").set("processType", "None")


@harmless("direction of gateways")
def _(d: Drawing) -> None:
    for found in d.root.iter(f"{BPMN}exclusiveGateway"):
        outgoing = len(found.findall(f"{BPMN}outgoing"))
        found.set("gatewayDirection", "Diverging" if outgoing > 1 else "Converging")


@harmless("properties on everything")
def _(d: Drawing) -> None:
    for tag in ("userTask", "serviceTask", "callActivity", "exclusiveGateway", "boundaryEvent"):
        for found in list(d.root.iter(f"{BPMN}{tag}")):
            d.extend(
                found.get("id"),
                '<camunda:properties><camunda:property name="note" value="важно: ${сумма}" /></camunda:properties>'
                if tag != "exclusiveGateway"
                else '<camunda:properties><camunda:property name="note" value="важно" /></camunda:properties>',
            )


@harmless("spaces in groups")
def _(d: Drawing) -> None:
    for task in d.root.iter(f"{BPMN}userTask"):
        task.set(f"{CAMUNDA}candidateGroups", f" {task.get(f'{CAMUNDA}candidateGroups')} ")


@harmless("another version of the modeler")
def _(d: Drawing) -> None:
    for name in [n for n in d.root.attrib if "ersion" in n or "exporter" in n]:
        d.root.set(name, "9.9.9")
    d.root.set("expressionLanguage", "http://www.w3.org/1999/XPath")
    d.root.set("typeLanguage", "http://www.w3.org/2001/XMLSchema")


@harmless("no prefix, and a line of declarations")
def _(d: Drawing) -> None:
    text = etree.tostring(d.root, encoding="unicode")
    text = text.replace("xmlns:bpmn=", "xmlns=").replace("<bpmn:", "<").replace("</bpmn:", "</")
    text = text.replace('"bpmn:tFormal', '"tFormal')
    d.root = etree.fromstring(text)


@harmless("unused things beside the process")
def _(d: Drawing) -> None:
    for xml in (
        '<bpmn:signal id="Signal_Unused" name="Ничей" />',
        '<bpmn:escalation id="Escalation_Unused" name="Ничья" escalationCode="x" />',
        '<bpmn:dataStore id="Store_Unused" name="1С" />',
        '<bpmn:itemDefinition id="Item_Unused" />',
    ):
        d.root.append(parse(xml))


@harmless("documentation of everything")
def _(d: Drawing) -> None:
    for tag in ("serviceTask", "callActivity", "boundaryEvent", "startEvent", "endEvent"):
        for found in d.root.iter(f"{BPMN}{tag}"):
            for old in found.findall(f"{BPMN}documentation"):
                found.remove(old)
            note = etree.Element(f"{BPMN}documentation")
            note.text = "Спросить у бухгалтера; см. регламент п. 4.2"
            found.insert(0, note)


@harmless("questions and answers in other words", "new-client-approval", "order-fulfillment")
def _(d: Drawing) -> None:
    for gateway in d.root.iter(f"{BPMN}exclusiveGateway"):
        if gateway.get("name"):
            gateway.set(
                "name", f"Как быть: {gateway.get('name')[0].lower()}{gateway.get('name')[1:]}"
            )
    words = {"Да": "Согласен", "Нет": "Против"}
    for flow in d.root.iter(f"{BPMN}sequenceFlow"):
        flow.set("name", words.get(flow.get("name", ""), flow.get("name", "")))


@harmless("ends and the start in other words")
def _(d: Drawing) -> None:
    for number, found in enumerate(d.root.iter(f"{BPMN}startEvent", f"{BPMN}endEvent")):
        found.set("name", f"Работа по пункту {number} регламента окончена")


@harmless("drawing of a second page")
def _(d: Drawing) -> None:
    d.root.append(parse(
        '<x xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"><bpmndi:BPMNDiagram id="Page_Two">'
        f'<bpmndi:BPMNPlane id="Plane_Two" bpmnElement="{_process(d)}" /></bpmndi:BPMNDiagram></x>'
    )[0])  # fmt: skip


@harmless("markers of gateways and of sub-processes", "new-product-review", "new-client")
def _(d: Drawing) -> None:
    for shape in d.root.iter(f"{BPMNDI}BPMNShape"):
        if "Gateway" in shape.get("bpmnElement", ""):
            shape.set("isMarkerVisible", "true")


@harmless("a reminder more often or seldom", "onec-override", "equipment-handover")
def _(d: Drawing) -> None:
    for found in d.root.iter(f"{BPMN}timeCycle"):
        found.text = "R/PT1H"
    for found in d.root.iter(f"{BPMN}timeDuration"):
        found.text = "P14D" if found.text == "P7D" else "P60D"


@harmless("a moment asked whether it is there", "customer-pickup", "carrier-delivery")
def _(d: Drawing) -> None:
    for task in d.root.iter(f"{BPMN}userTask"):
        d.camunda(task.get("id"), "followUpDate", "${dueAt}")


@harmless("variables given only if they are there", "onec-override")
def _(d: Drawing) -> None:
    step = "Task_StoreOverride"
    d.parameter(step, "kind", "${execution.hasVariable('numberKind') ? numberKind : null}")
    d.parameter(step, "enteredBy", "${execution.hasVariable('enteredBy') ? enteredBy : null}")


@harmless("labels and waits that say about the same", "equipment-handover", "new-client-approval")
def _(d: Drawing) -> None:
    names = iter(("Не забирают 45 дней", "Прошло больше недели"))
    for event in d.root.iter(f"{BPMN}boundaryEvent"):
        for found in event.iter(f"{BPMN}timeDuration"):
            name = next(names)
            if _process(d) == "new-client-approval":
                found.text, name = "PT12H", "1С молчит полдня"
            event.set("name", name)


@harmless("answers in another order", "own-delivery", "branch-transfer")
def _(d: Drawing) -> None:
    for found in d.root.iter(f"{CAMUNDA}inputParameter"):
        if found.get("name") == "answers":
            found.text = " ".join(reversed(found.text.split()))


@harmless("a follow-up date", "deal")
def _(d: Drawing) -> None:
    for task in d.root.iter(f"{BPMN}userTask"):
        d.camunda(task.get("id"), "followUpDate", "${escalateAt}")


@harmless("task and its look-up renamed", "order-picking", "driver-assignment")
def _(d: Drawing) -> None:
    for tag, name in (
        ("userTask", "Собрать и упаковать"),
        ("serviceTask", "Найти человека склада"),
    ):
        for found in d.root.iter(f"{BPMN}{tag}"):
            found.set("name", name)
            break


@harmless("assignee not returned where nothing refuses", "order-picking")
def _(d: Drawing) -> None:
    d.camunda("Task_PickOrder", "assignee", "${assignee}")
