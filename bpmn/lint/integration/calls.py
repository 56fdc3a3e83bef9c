"""Checks of call activities: what is passed in and taken back, by each caller."""

from collections.abc import Collection, Iterator

from bpmn.lint.finding import Violation
from bpmn.lint.integration.context import Check, LintContext
from bpmn.lint.integration.data_flow import written_before
from bpmn.lint.integration.graph import onward
from bpmn.lint.rules.expressions import named_alike, variables
from bpmn.lint.worker_contracts import (
    AUXILIARY_PROCESSES,
    MESSAGE_VARIABLES,
    MOVED_WITH_STAGE,
    STAGE,
    START_VARIABLES,
)
from bpmn.model.elements import Diagram, Node

SHOWN = frozenset({"dealTitle", "clientName", "directionName", "stageName"})
"""Variables that the lists of Tasklist show of each task."""


def calls_pass_variables(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A call passes and takes back single variables, each once and under its own name, or under one
    alike where the caller has none of it: `operatorNumber` as `enteredNumber`."""
    for call in diagram.of_kind("callActivity"):
        called = context.diagrams.get(call.attributes.get("calledElement", ""))
        known = context.written(diagram)
        for one in call.call_mappings:
            if one.everything or one.is_local:
                yield call.id, "передаёт все переменные сразу; перечислите нужные по одной"
            elif one.expression is not None:
                yield call.id, f"передаёт выражение «{one.expression}»; передайте переменную"
            elif not one.source or not one.target:
                yield call.id, "в передаче переменной пусто; укажите источник и получателя"
        for source, target in call.call_in.items():
            if source != target and target in known:
                yield call.id, f"передаёт {source} под именем {target}; передайте {target}"
            elif not named_alike(target, source):
                yield call.id, f"передаёт {source} под именем {target}: это о другом; исправьте"
        for source, target in call.call_out.items():
            if source != target and called is not None:
                yield call.id, f"забирает {source} под именем {target}; оставьте имя {source}"
        plain = [m for m in call.call_mappings if m.source and m.target]
        if len(plain) != len(call.call_in) + len(call.call_out):
            yield call.id, "одна переменная передаётся дважды; оставьте одну передачу"


def calls_pass_what_is_read(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A called process gets from each caller what it reads before it writes it."""
    for call in diagram.of_kind("callActivity"):
        called = context.diagrams.get(call.attributes.get("calledElement", ""))
        if called is None:
            continue
        given = frozenset(call.call_in.values()) | START_VARIABLES.get(called.id, frozenset())
        told: set[str] = set()
        for node, name in unwritten(called, given, context):
            if name not in told:
                told.add(name)
                yield call.id, f"не передаёт {name}, а «{node.name or node.id}» его читает"


def written_before_read(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A process that nobody calls writes each variable before it reads it, on every way."""
    if any(True for _ in context.callers(diagram)):
        return
    given = START_VARIABLES.get(diagram.id, frozenset())
    for node, name in unwritten(diagram, given, context):
        yield node.id, f"читает {name}, но не на каждом пути к нему эта переменная записана"


def calls_not_circular(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A process does not call itself, directly or through others."""
    for call in diagram.of_kind("callActivity"):
        waiting, seen = [call.attributes.get("calledElement", "")], set[str]()
        while waiting:
            one = waiting.pop()
            if one == diagram.id:
                yield call.id, "процесс вызывает сам себя; такая цепочка не кончится"
                break
            if one not in seen and one in context.diagrams:
                seen.add(one)
                waiting += [
                    node.attributes.get("calledElement", "")
                    for node in context.diagrams[one].of_kind("callActivity")
                ]


def process_used(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Each process leads a direction, is called by another or is started by the workers."""
    if context.is_main(diagram) or diagram.id in AUXILIARY_PROCESSES:
        return
    if not any(True for _ in context.callers(diagram)):
        yield diagram.id, "этот процесс никто не вызывает; вызовите его или удалите файл"


def calls_of_one_choice_agree(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Calls that lead to the same place take back the same variables; old values would stay."""
    calls = list(diagram.of_kind("callActivity"))
    for call in calls:
        for other in calls:
            if call is other or _after(diagram, call) != _after(diagram, other):
                continue
            for name in sorted(set(other.call_out.values()) - set(call.call_out.values())):
                if name in context.written(
                    context.diagrams.get(call.attributes.get("calledElement", ""), diagram)
                ):
                    yield call.id, f"не забирает {name}, как «{other.name}»; заберите и здесь"


def stage_taken_back_whole(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A call that takes back the stage of a moved deal takes back all that moved with it."""
    whole = MOVED_WITH_STAGE
    for call in diagram.of_kind("callActivity"):
        taken = set(call.call_out.values())
        if STAGE not in taken and len(taken & whole) < 2:
            continue
        needed = {
            name
            for node in diagram.nodes.values()
            for name in (*reads(diagram, node), *node.call_in, *SHOWN)
        }
        for name in sorted((needed & whole) - taken):
            yield call.id, f"забирает стадию, но не {name}; после неё осталось бы прежнее"


def unwritten(
    diagram: Diagram, given: Collection[str], context: LintContext
) -> Iterator[tuple[Node, str]]:
    """Yield what a node reads although not every way to it has written it."""
    before = written_before(diagram, frozenset(given), context)
    for node in diagram.nodes.values():
        known = before[node.id] | node.inputs.keys() | MESSAGE_VARIABLES
        if node.attached_to:
            known |= diagram.nodes[node.attached_to].inputs.keys()
        for name in sorted(reads(diagram, node) - known):
            yield node, name


def reads(diagram: Diagram, node: Node) -> frozenset[str]:
    """Variables that the engine reads when it comes to a node."""
    texts = [*node.inputs.values(), *(node.attributes.get(a, "") for a in EVALUATED)]
    texts += [listener.expression or "" for listener in node.listeners]
    texts += [flow.condition or "" for flow in diagram.outgoing(node)]
    if node.event and node.event.timer:
        texts.append(node.event.timer)
    found = frozenset(name for text in texts for name in variables(text))
    if node.kind == "callActivity":
        found |= set(node.call_in)
    return found | (SHOWN if node.kind == "userTask" else frozenset())


EVALUATED = ("assignee", "candidateGroups", "dueDate", "followUpDate", "topic", "calledElement")
"""Attributes with expressions."""


def _after(diagram: Diagram, call: Node) -> tuple[str, ...]:
    return tuple(sorted(node.id for node in onward(diagram, call, {})))


CHECKS: tuple[Check, ...] = (
    calls_pass_variables,
    calls_pass_what_is_read,
    written_before_read,
    calls_not_circular,
    process_used,
    calls_of_one_choice_agree,
    stage_taken_back_whole,
)
