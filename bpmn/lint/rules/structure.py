"""Rules for control flow: start and end events, explicit splits and joins, connectivity."""

from collections import Counter
from collections.abc import Iterator, Mapping

from bpmn.lint.finding import Violation
from bpmn.model.elements import Diagram, Node

MAX_ELEMENTS = 50
DRAWN_KINDS = frozenset(
    {
        "userTask",
        "serviceTask",
        "businessRuleTask",
        "callActivity",
        "subProcess",
        "startEvent",
        "endEvent",
        "boundaryEvent",
        "intermediateCatchEvent",
        "exclusiveGateway",
        "parallelGateway",
        "eventBasedGateway",
    }
)


def _scopes(diagram: Diagram) -> Iterator[tuple[str, list[Node]]]:
    """Yield the process and each sub-process with its direct child nodes."""
    for scope in (diagram.id, *(node.id for node in diagram.of_kind("subProcess"))):
        yield scope, [node for node in diagram.nodes.values() if node.scope == scope]


def _is_gateway(node: Node) -> bool:
    return node.kind.endswith("Gateway")


def only_known_kinds(diagram: Diagram) -> Iterator[Violation]:
    """Only common elements are allowed; inclusive and complex gateways are often misread."""
    for node in diagram.nodes.values():
        if node.kind not in DRAWN_KINDS:
            yield (
                node.id,
                f"элемент {node.kind} не используется; нарисуйте задачами и простыми развилками",
            )


def single_start(diagram: Diagram) -> Iterator[Violation]:
    """A process or sub-process has exactly one start event."""
    for scope, nodes in _scopes(diagram):
        starts = [node for node in nodes if node.kind == "startEvent"]
        if len(starts) != 1:
            yield scope, f"начал {len(starts)}; нарисуйте ровно одно"


def end_required(diagram: Diagram) -> Iterator[Violation]:
    """A process or sub-process has at least one end event."""
    for scope, nodes in _scopes(diagram):
        if not any(node.kind == "endEvent" for node in nodes):
            yield scope, "нет конца; нарисуйте по одному на каждый итог"


def nothing_disconnected(diagram: Diagram) -> Iterator[Violation]:
    """Each node has an incoming flow and, unless it is an end event, an outgoing one."""
    for node in diagram.nodes.values():
        if node.is_event_sub_process:
            continue
        if node.kind not in ("startEvent", "boundaryEvent") and not node.incoming:
            yield node.id, "сюда ничто не ведёт; соедините или удалите"
        if node.kind != "endEvent" and not node.outgoing:
            yield node.id, "отсюда ничто не ведёт дальше; доведите путь до конца"


def no_implicit_split(diagram: Diagram) -> Iterator[Violation]:
    """Only gateways split: several flows out of a task run in parallel."""
    for node in diagram.nodes.values():
        flows = diagram.outgoing(node)
        if not _is_gateway(node) and (len(flows) > 1 or any(flow.condition for flow in flows)):
            yield node.id, "путь раздваивается без развилки; поставьте её"


def no_fake_join(diagram: Diagram) -> Iterator[Violation]:
    """Only gateways join: several flows into a task run it several times."""
    for node in diagram.nodes.values():
        if not _is_gateway(node) and len(node.incoming) > 1:
            yield node.id, "пути сходятся без соединения; поставьте его перед шагом"


def no_join_and_split(diagram: Diagram) -> Iterator[Violation]:
    """A gateway either joins or splits."""
    for node in filter(_is_gateway, diagram.nodes.values()):
        if len(node.incoming) > 1 and len(node.outgoing) > 1:
            yield node.id, "и соединяет, и разделяет; нарисуйте два элемента"


def no_superfluous_gateway(diagram: Diagram) -> Iterator[Violation]:
    """A gateway has more than one incoming or outgoing flow."""
    for node in filter(_is_gateway, diagram.nodes.values()):
        if len(node.incoming) == 1 and len(node.outgoing) == 1:
            yield node.id, "ничего не соединяет и не разделяет; удалите"


def no_duplicate_flows(diagram: Diagram) -> Iterator[Violation]:
    """At most one flow connects two elements in one direction."""
    pairs = Counter((flow.source, flow.target) for flow in diagram.flows.values())
    for flow in diagram.flows.values():
        if pairs[flow.source, flow.target] > 1:
            yield flow.id, f"{flow.source} и {flow.target} соединены дважды; оставьте одну стрелку"


def choices_complete(diagram: Diagram) -> Iterator[Violation]:
    """An exclusive split has a default flow and conditions on all others, so it never stalls."""
    for node in diagram.of_kind("exclusiveGateway"):
        flows = diagram.outgoing(node)
        if len(flows) < 2:
            continue
        if not any(flow.is_default for flow in flows):
            yield node.id, "нет ответа по умолчанию; отметьте тот, что верен во всех прочих случаях"
        for flow in flows:
            if flow.is_default == bool(flow.condition):
                fault = "у ответа по умолчанию условие" if flow.is_default else "нет условия"
                yield flow.id, f"{fault}; у ответа по умолчанию его нет, у всех других есть"


def parallel_blocks_close(diagram: Diagram) -> Iterator[Violation]:
    """Every branch of a parallel split comes to the same join, which waits for exactly them; a
    branch that ended or jumped elsewhere would leave the join waiting for ever."""
    splits = [n for n in diagram.of_kind("parallelGateway") if len(n.outgoing) > 1]
    joined: set[str] = set()
    for split in splits:
        branches = [_to_join(diagram, diagram.nodes[f.target]) for f in diagram.outgoing(split)]
        joins = {node.id for branch in branches for node in branch}
        joined |= joins
        first = diagram.nodes.get(next(iter(sorted(joins)), ""))
        if len(joins) != 1 or first is None or not _is_join(first):
            yield split.id, "ветви не сходятся в одном параллельном соединении; сведите их"
        elif len(first.incoming) != len(split.outgoing):
            yield first.id, "соединение ждёт не столько ветвей, сколько разошлось; сведите их"
    for node in diagram.of_kind("parallelGateway"):
        if _is_join(node) and node.id not in joined:
            yield node.id, "соединяет пути, которые параллельно не расходились; поставьте обычный"
        for flow in diagram.outgoing(node):
            if flow.condition or flow.is_default:
                yield flow.id, "условие у параллельной развилки не действует; уберите его"


def _is_join(node: Node) -> bool:
    return node.kind == "parallelGateway" and len(node.incoming) > 1


def _to_join(diagram: Diagram, node: Node) -> list[Node]:
    """The first parallel joins and the ends on all ways from here, reminders left out."""
    found: dict[str, Node] = {}
    waiting, seen = [node], {node.id}
    while waiting:
        at = waiting.pop()
        if _is_join(at) or at.kind == "endEvent":
            found[at.id] = at
            continue
        targets = [diagram.nodes[flow.target] for flow in diagram.outgoing(at)]
        targets += [one for one in diagram.boundaries(at) if one.is_interrupting]
        for target in targets:
            if target.id not in seen:
                seen.add(target.id)
                waiting.append(target)
    return list(found.values())


EVENTS: Mapping[str, frozenset[str | None]] = {
    "startEvent": frozenset({None, "message"}),
    "endEvent": frozenset({None, "terminate"}),
    "boundaryEvent": frozenset({"error", "timer", "message"}),
    "intermediateCatchEvent": frozenset({"timer", "message"}),
}
"""Kinds of events by where they stand."""


def events_in_place(diagram: Diagram) -> Iterator[Violation]:
    """Processes start without an event and end without one or at once; only timers, messages and
    refusals happen in between. A message is waited for beside a task or together with a timer.
    Messages and reminders are beside what waits for people: a system step is over at once."""
    for node in diagram.nodes.values():
        allowed = EVENTS.get(node.kind)
        if allowed is None:
            continue
        kind = node.event.kind if node.event else None
        if kind not in allowed or node.definitions > 1:
            yield node.id, f"событие вида «{kind or 'без вида'}» здесь не используется; уберите его"
        if node.kind == "startEvent":
            scope = diagram.nodes.get(node.scope)
            inside = scope is not None and scope.is_event_sub_process
            if inside != (kind is not None):
                yield node.id, "процесс начинают исполнители: начало без события, кроме событийного"
        host = diagram.nodes.get(node.attached_to or "")
        if host and not host.kind.endswith(("Task", "task", "callActivity", "ubProcess")):
            yield node.id, "прикреплено не к шагу; прикрепите к задаче, вызову или подпроцессу"
        waits = kind == "message" or (kind == "timer" and not node.is_interrupting)
        if waits and host and host.topic:
            yield node.id, "стоит на системном шаге; поставьте на задачу, где сделка ждёт"
        if node.kind == "intermediateCatchEvent" and kind == "message":
            before = [diagram.nodes[flow.source] for flow in diagram.incoming(node)]
            others = {
                diagram.nodes[flow.target].event.kind  # type: ignore[union-attr]
                for gateway in before
                for flow in diagram.outgoing(gateway)
                if diagram.nodes[flow.target].event
            }
            if any(one.kind != "eventBasedGateway" for one in before) or "timer" not in others:
                yield (
                    node.id,
                    "ждал бы сообщения без срока; поставьте развилку по событиям с таймером",
                )
    for gateway in diagram.of_kind("eventBasedGateway"):
        for flow in diagram.outgoing(gateway):
            target = diagram.nodes[flow.target]
            if target.kind != "intermediateCatchEvent" or len(target.incoming) > 1:
                yield gateway.id, "после развилки по событиям стоят только события ожидания"


def flows_stay_in_their_scope(diagram: Diagram) -> Iterator[Violation]:
    """A flow and a boundary event do not cross the border of a sub-process."""
    for flow in diagram.flows.values():
        if diagram.nodes[flow.source].scope != diagram.nodes[flow.target].scope:
            yield flow.id, "пересекает границу подпроцесса; ведите через его начало или конец"
    for node in diagram.of_kind("boundaryEvent"):
        if diagram.nodes[node.attached_to or ""].scope != node.scope:
            yield node.id, "прикреплено к шагу другого подпроцесса; прикрепите заново"


def conditions_at_questions(diagram: Diagram) -> Iterator[Violation]:
    """A condition is on an answer of a gateway. Anywhere else a flow whose condition does not hold
    leaves no way on."""
    for flow in diagram.flows.values():
        source = diagram.nodes[flow.source]
        asked = source.kind == "exclusiveGateway" and len(source.outgoing) > 1
        if flow.condition is not None and not asked:
            yield flow.id, "условие стоит не после развилки; уберите его"


def small_enough(diagram: Diagram) -> Iterator[Violation]:
    """A diagram has at most `MAX_ELEMENTS` nodes; larger ones call a process."""
    if len(diagram.nodes) > MAX_ELEMENTS:
        count = len(diagram.nodes)
        yield (
            diagram.id,
            f"элементов {count}, удобно читать до {MAX_ELEMENTS}; подумайте о вызове процесса",
        )


RULES = (
    only_known_kinds,
    single_start,
    end_required,
    nothing_disconnected,
    no_implicit_split,
    no_fake_join,
    no_join_and_split,
    no_superfluous_gateway,
    no_duplicate_flows,
    choices_complete,
    parallel_blocks_close,
    events_in_place,
    flows_stay_in_their_scope,
    conditions_at_questions,
)
WARNINGS = (small_enough,)
"""Rules whose findings do not forbid a deployment."""
