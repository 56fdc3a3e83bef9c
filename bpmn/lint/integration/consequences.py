"""Checks that a result leads where its meaning demands: to an end, a step, a call or back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bpmn.lint.finding import Violation
from bpmn.lint.integration.context import Check, LintContext
from bpmn.lint.integration.graph import asked_behind, following_step, onward
from bpmn.model.elements import Diagram, Node
from db.domain.steps import products, repairs

Test = Callable[[Diagram, Node], bool]


@dataclass(frozen=True)
class Consequence:
    """Rule for the node after a result, with its Russian wording."""

    name: str
    value: object
    test: Test
    """Whether a node that comes next fits."""
    wanted: str
    """What fits, as a Russian phrase."""
    writers: tuple[str, ...] = ()
    """Topics that it is about, or "call"; none: all."""
    excludes: str = ""
    """Another result, which is "no" then."""
    always: bool = False
    """Also if no question behind asks for it."""


def is_end(_: Diagram, node: Node) -> bool:
    """The process or this way of it ends."""
    return node.kind == "endEvent"


def goes_on(_: Diagram, node: Node) -> bool:
    """Something else follows."""
    return node.kind != "endEvent"


def stops_all(_: Diagram, node: Node) -> bool:
    """The whole process ends, with the task beside."""
    return node.kind == "endEvent" and node.event is not None and node.event.kind == "terminate"


def ends_alone(_: Diagram, node: Node) -> bool:
    """Only this way ends."""
    return node.kind == "endEvent" and node.event is None


def step(topic: str, **inputs: str) -> Test:
    """The first steps behind a node are of this topic, with these inputs."""

    def test(diagram: Diagram, node: Node) -> bool:
        found = list(following_step(diagram, node))
        return bool(found) and all(
            one.topic == topic and all(one.inputs.get(k) == v for k, v in inputs.items())
            for one in found
        )

    return test


def no_step(topic: str, **inputs: str) -> Test:
    """None of the first steps behind a node is of this topic with these inputs."""

    def test(diagram: Diagram, node: Node) -> bool:
        return not any(
            one.topic == topic and all(one.inputs.get(k) == v for k, v in inputs.items())
            for one in following_step(diagram, node)
        )

    return test


def calls(process: str) -> Test:
    """The next node calls this process."""
    return lambda _, node: node.attributes.get("calledElement") == process


def calls_not(process: str) -> Test:
    """The next node does not call this process."""
    return lambda _, node: node.attributes.get("calledElement") != process


def every(*tests: Test) -> Test:
    """All of the tests hold."""
    return lambda diagram, node: all(test(diagram, node) for test in tests)


DRIVER, CANCELLED, SHIPPED = "driver-assignment", "cancelled", "shipped"
SHIPMENT = "close-shipment"
CONSEQUENCES = (
    Consequence("duplicate", True, is_end, "сразу конец: другой экземпляр уже идёт"),
    Consequence("duplicate", False, goes_on, "работа, а не конец"),
    Consequence(
        "requisitesWrong",
        True,
        step("close-correction"),
        "исправление реквизитов",
        excludes="orderReturned",
    ),
    Consequence("requisitesWrong", False, no_step("close-correction"), "продолжение"),
    Consequence("driverKnown", False, calls(DRIVER), "назначение водителя"),
    Consequence("driverKnown", True, calls_not(DRIVER), "продолжение: водитель есть"),
    Consequence("deliverAgain", True, step("find-route"), "новый выбор маршрута"),
    Consequence("deliverAgain", False, step(SHIPMENT, runOutcome=CANCELLED), "отмена отгрузки"),
    Consequence(
        "orderReturned", True, step(SHIPMENT, runOutcome=CANCELLED), "отмена отгрузки", ("call",)
    ),
    Consequence("orderReturned", False, no_step(SHIPMENT), "продолжение отгрузки", ("call",)),
    Consequence(
        "orderReturned",
        True,
        is_end,
        "конец",
        ("sync-onec-number",),
        excludes="requisitesWrong",
    ),
    Consequence("overridden", False, step("sync-onec-number"), "новая проверка в 1С", ("call",)),
    Consequence("overridden", True, no_step("sync-onec-number"), "продолжение", ("call",)),
    Consequence("overridden", True, is_end, "конец", ("override-onec-number",)),
    Consequence("overridden", False, is_end, "конец", ("override-onec-number",)),
    Consequence(
        "onecAnswers", True, stops_all, "завершение процесса: ждать больше нечего", always=True
    ),
    Consequence("onecAnswers", False, ends_alone, "обычный конец: задача остаётся", always=True),
    Consequence("differenceGone", True, is_end, "конец", ("recheck-onec",)),
    Consequence("differenceGone", False, goes_on, "снова задача", ("recheck-onec",)),
    Consequence("differenceGone", True, stops_all, "завершение процесса", ("show-discrepancy",)),
    Consequence("differenceGone", False, ends_alone, "обычный конец", ("show-discrepancy",)),
    Consequence("failureGone", True, is_end, "конец", always=True),
    Consequence("failureGone", False, goes_on, "снова задача", always=True),
    Consequence("termsStand", True, goes_on, "ожидание конца периода", always=True),
    Consequence("termsStand", False, is_end, "конец", always=True),
    Consequence("termsEnded", False, step("plan-temporary-terms"), "новый расчёт срока"),
    Consequence("termsEnded", True, no_step("plan-temporary-terms"), "продолжение"),
    Consequence(
        "deliveryOutcome",
        "delivered",
        every(no_step("plan-redelivery"), no_step(SHIPMENT, runOutcome=CANCELLED)),
        "завершение доставки",
    ),
    *(
        Consequence(
            "deliveryOutcome",
            value,
            every(
                no_step(SHIPMENT, runOutcome=SHIPPED),
                no_step("find-route"),
                calls_not(DRIVER),
                no_step("find-assignee"),
            ),
            "возврат к менеджеру или отмена",
        )
        for value in ("failed", "cancel")
    ),
    Consequence("deliveryOutcome", "cancel", no_step("plan-redelivery"), "отмена отгрузки"),
    Consequence("deliveryOutcome", "proceed", goes_on, "продолжение", ("record-delivery",)),
    Consequence(
        "deliveryOutcome",
        "discrepancy",
        every(goes_on, no_step("find-route")),
        "решение менеджера",
        ("record-delivery",),
    ),
    Consequence(
        "deliveryOutcome", "driverChanged", calls(DRIVER), "смена водителя", ("record-delivery",)
    ),
)


def results_lead_where_they_mean(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Results lead where they must: a shipment called off is not shipped, a difference that stands
    is not closed, an answer that moves the repair on ends its process."""
    for node in diagram.nodes.values():
        if node.kind not in ("serviceTask", "callActivity"):
            continue
        written = context.results(node)
        for one in (*CONSEQUENCES, *_of_repairs(node), *_of_products(node)):
            kind = "call" if node.kind == "callActivity" else node.topic or ""
            if one.name not in written or (one.writers and kind not in one.writers):
                continue
            known = context.type_after(node, one.name)
            if isinstance(one.value, str) and (
                known is None or known.values is None or one.value not in known.values
            ):
                continue
            asked = one.always or asked_behind(diagram, node, one.name)
            facts = {one.name: one.value, **({one.excludes: False} if one.excludes else {})}
            for target in onward(diagram, node, facts) if asked else ():
                if not one.test(diagram, target):
                    said = {True: "да", False: "нет"}.get(one.value, one.value)  # type: ignore[call-overload]
                    yield (
                        node.id,
                        f"после «{one.name}: {said}» идёт «{target.name}», а должно быть: "
                        f"{one.wanted}; проверьте ответы развилки",
                    )


def _of_repairs(node: Node) -> Iterator[Consequence]:
    """An answer of a repair that moves the deal on ends the called process; others go on in it."""
    known = repairs.STEPS.get(node.inputs.get("repairStep", ""))
    for code, answer in known.answers.items() if known else ():
        moves = bool(answer.stages or answer.closes or answer.returns or answer.paid)
        wanted = "конец: стадия сделки уже другая" if moves else "следующая задача этой стадии"
        test = is_end if moves else goes_on
        yield Consequence("repairAnswer", code, test, wanted, always=True)


def _of_products(node: Node) -> Iterator[Consequence]:
    """An answer that moves or rejects the product ends the called process; others go on in it."""
    known = products.STEPS.get(node.inputs.get("productStep", ""))
    for code, answer in known.answers.items() if known else ():
        moves = bool(answer.stage or answer.lost)
        wanted = "конец: стадия сделки уже другая" if moves else "следующая задача этой стадии"
        test = is_end if moves else goes_on
        yield Consequence("productAnswer", code, test, wanted, always=True)


CHECKS: tuple[Check, ...] = (results_lead_where_they_mean,)
