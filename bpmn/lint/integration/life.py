"""Checks of a deal's life: what is opened is closed, waits can be left, reminders stay aside."""

from collections.abc import Iterator, Mapping

from bpmn.lint.finding import Violation
from bpmn.lint.integration.context import Check, LintContext
from bpmn.lint.integration.graph import main_way, onward, reachable
from bpmn.lint.integration.stages import CLOSE, REGISTER
from bpmn.lint.worker_contracts import DEAL_LOST, STAGE, STAGE_MOVED
from bpmn.model.elements import Diagram, Node

OPENED: Mapping[str, str] = {
    REGISTER: CLOSE,
    "open-approval-round": "close-approval-round",
    "open-shipment": "close-shipment",
}
"""Topic that opens something → topic that closes it on every way to an end."""
NAMES = {
    REGISTER: "сделка",
    "open-approval-round": "круг согласования",
    "open-shipment": "отгрузка",
}
NOT_DUPLICATE: Mapping[str, object] = {"duplicate": False}
"""An instance that ends at once because another one runs opens nothing."""


PASSED = frozenset({"exclusiveGateway", "parallelGateway", "businessRuleTask"})
"""Nodes besides steps at which a process does not wait for anything."""


def opened_is_closed(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Deals, rounds and shipments that a process opens are closed on every way to an end."""
    for node in diagram.external_tasks:
        closing = OPENED.get(node.topic or "")
        if closing is None:
            continue
        found = reachable(diagram, node, NOT_DUPLICATE, stop=(closing,))
        for end in found.values():
            if end.kind == "endEvent" and end.scope == diagram.id:
                yield (
                    end.id,
                    f"процесс кончается здесь, а {NAMES[node.topic or '']} не закрыта шагом "
                    f"«{closing}»; проведите путь через него",
                )


def closed_is_opened(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A process closes only what it has opened, and nobody waits behind the closing step."""
    for opening, closing in OPENED.items():
        for node in diagram.external_tasks:
            if node.topic != closing or node.scope != diagram.id:
                continue
            if not any(one.topic == opening for one in diagram.external_tasks):
                yield node.id, f"закрывает то, чего процесс не открыл; начните шагом «{opening}»"
            for one in reachable(diagram, node).values():
                if one.kind in ("userTask", "callActivity"):
                    yield node.id, f"после него ещё ждёт «{one.name}»; закрывайте последним"


def lost_deal_ends(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """The main process of a direction has an event sub-process that ends it at once and closes the
    deal when the deal is lost from outside."""
    if not context.is_main(diagram):
        return
    waits = [
        (diagram.nodes[start.scope], start)
        for start in diagram.of_kind("startEvent")
        if start.event
        and (start.event.kind, start.event.reference) == ("message", DEAL_LOST)
        and start.scope in diagram.nodes
    ]
    if not any(scope.is_event_sub_process and scope.scope == diagram.id for scope, _ in waits):
        yield diagram.id, f"никто не ждёт «{DEAL_LOST}»; верните событийный подпроцесс"
    for scope, _ in waits[1:]:
        yield scope.id, f"«{DEAL_LOST}» ждут дважды, сообщение не дойдёт; уберите копию"
    for scope, start in waits:
        if start.attributes.get("isInterrupting") == "false":
            yield start.id, "не прерывает процесс: проигранная сделка жила бы дальше; прервите"
        for end in reachable(diagram, start, stop=(CLOSE,)).values():
            if end.kind == "endEvent":
                yield scope.id, f"подпроцесс не закрывает сделку; добавьте шаг «{CLOSE}»"


def moves_reach_every_call(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A stage move ends every call of a main process, unless the called process moves the stage
    itself and returns it, or nobody but processes can move the deal on from there."""
    own = [one for one in context.catalog.directions.values() if one.process == diagram.id]
    for call in diagram.of_kind("callActivity") if own else ():
        by_hand = any(
            not target.system and target.outcome != "lost"
            for direction in own
            for stage in direction.stages
            if stage.fits(call.id)
            for target in (direction.stage(code) for code in stage.next)
        )
        if STAGE in call.call_out.values() or not by_hand:
            continue
        moved = [
            one
            for one in diagram.boundaries(call)
            if one.event and one.event.reference == STAGE_MOVED and one.is_interrupting
        ]
        if not moved:
            yield call.id, f"«{STAGE_MOVED}» его не завершает; добавьте прерывающее событие"


def reminders_stay_aside(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A way that starts beside an open task only reminds or refreshes: it does something, ends by
    itself and changes nothing that the task or the main way needs."""
    main = main_way(diagram)
    for boundary in diagram.of_kind("boundaryEvent"):
        if boundary.is_interrupting:
            continue
        aside = reachable(diagram, boundary)
        if any(node.id in main for node in aside.values()):
            yield boundary.id, "путь напоминания вливается в основной, и тот пошёл бы дважды"
            continue
        if not any(node.topic for node in aside.values()):
            yield boundary.id, "напоминание ничего не делает; добавьте шаг, например «notify»"
        for node in aside.values():
            yield from _beside(diagram, node, aside, context)


def interrupting_timers_lead_on(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A timer that ends a user task leads to more than a reminder, and not where the step behind
    the task leads: that would be an answer that nobody gave."""
    for boundary in diagram.of_kind("boundaryEvent"):
        host = diagram.nodes[boundary.attached_to or ""]
        if not boundary.is_interrupting or not boundary.event or boundary.event.kind != "timer":
            continue
        if host.kind != "userTask":
            continue
        own = reachable(diagram, boundary)
        if not any(
            node.id in main_way(diagram, without=(boundary.id,))
            or node.kind in ("userTask", "callActivity")
            or (node.topic and _writes(node, context))
            for node in own.values()
            if node is not boundary
        ):
            yield boundary.id, "таймер отнимает задачу и только напоминает; сделайте непрерывающим"
        steps = [node for node in onward(diagram, host, {}) if node.topic]
        answered = {node.id for step in steps for node in onward(diagram, step, {})}
        for node in onward(diagram, boundary, {}):
            if node.id in answered:
                yield (
                    boundary.id,
                    f"таймер ведёт к «{node.name}», как ответ, которого никто не дал; ведите иначе",
                )


def loops_wait(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Every loop passes a wait: a user task, a call, a timer or a message."""
    for node in diagram.nodes.values():
        if _passes(node) and node.id in _at_once(diagram, node):
            yield node.id, "путь возвращается сюда, никого не дождавшись; добавьте ожидание"
            return


def _passes(node: Node) -> bool:
    return bool(node.topic) or node.kind in PASSED


def _at_once(diagram: Diagram, node: Node) -> set[str]:
    """Nodes reached from ``node`` without any wait, ``node`` only if it is reached again."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        for flow in diagram.outgoing(waiting.pop()):
            target = diagram.nodes[flow.target]
            if _passes(target) and target.id not in found:
                found.add(target.id)
                waiting.append(target)
    return found


def _beside(
    diagram: Diagram, node: Node, aside: Mapping[str, Node], context: LintContext
) -> Iterator[Violation]:
    if node.kind in ("userTask", "callActivity"):
        yield node.id, "стоит на пути напоминания; перенесите на основной путь"
    contract = context.contracts.get(node.topic or "")
    if contract is not None and contract.results and not contract.parallel:
        yield (
            node.id,
            f"«{contract.name}» меняет переменные открытой задачи; возьмите шаг, который только "
            "напоминает",
        )
    asks = any(len(one.outgoing) > 1 for one in aside.values())
    if node.kind == "endEvent" and node.event is not None and not asks:
        yield node.id, "напоминание завершило бы весь процесс; сделайте конец обычным"


def _writes(node: Node, context: LintContext) -> bool:
    contract = context.contracts.get(node.topic or "")
    return contract is not None and bool(contract.results)


CHECKS: tuple[Check, ...] = (
    opened_is_closed,
    closed_is_opened,
    lost_deal_ends,
    moves_reach_every_call,
    reminders_stay_aside,
    interrupting_timers_lead_on,
    loops_wait,
)
