"""Rules for executable content: external tasks and safe expressions only, no code."""

import re
from collections.abc import Iterator
from itertools import pairwise
from operator import itemgetter

from bpmn.lint.finding import Violation
from bpmn.lint.rules.expressions import forbidden, members, variable
from bpmn.lint.rules.moments import is_moment, is_time_to_live, seconds_of, seconds_said
from bpmn.lint.rules.user_tasks import COMPLETE
from bpmn.model.elements import Diagram, Node

IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
WHOLE = re.compile(r"-?[0-9]{1,9}")
REPEATED = re.compile(r"R[1-9]")
SETTER = "setVariable"
BUSINESS_KEY = re.compile(r"[$#]\{execution\.processBusinessKey\}")


def no_code(diagram: Diagram) -> Iterator[Violation]:
    """A diagram contains no scripts, classes, connectors, shell or mail tasks."""
    for snippet in diagram.snippets:
        if snippet.kind != "expression":
            yield (
                snippet.element,
                f"на схеме код ({snippet.kind}: {snippet.text[:80]!r}); возьмите внешнюю задачу",
            )


def expressions_allowed(diagram: Diagram) -> Iterator[Violation]:
    """Expressions read variables and call allowed methods only. None sets a variable, except that
    of a task's end, which records who completed it."""
    for snippet in diagram.snippets:
        if snippet.kind != "expression":
            continue
        if found := forbidden(snippet.text):
            yield snippet.element, f"выражение «{snippet.text[:120]}»: {found}; исправьте"
        elif snippet.text != COMPLETE.expression and SETTER in members(snippet.text):
            yield (
                snippet.element,
                f"выражение «{snippet.text[:120]}» записывает переменную; пишут только исполнители",
            )


def service_tasks_external(diagram: Diagram) -> Iterator[Violation]:
    """Service tasks are external tasks with a topic."""
    for node in diagram.of_kind("serviceTask"):
        if node.attributes.get("type") != "external" or not node.topic:
            yield node.id, "выберите исполнение «External» и тему"


def decisions_bound(diagram: Diagram) -> Iterator[Violation]:
    """Business rule tasks read one value from a table of the same deployment. They are
    asynchronous: a table that fails stops as a job that can be repeated."""
    wanted = {
        "decisionRefBinding": "deployment",
        "mapDecisionResult": "singleEntry",
        "asyncBefore": "true",
    }
    for node in diagram.of_kind("businessRuleTask"):
        if not IDENTIFIER.fullmatch(node.attributes.get("decisionRef", "")):
            yield node.id, "выберите исполнение «DMN» и идентификатор таблицы"
        if not node.attributes.get("resultVariable"):
            yield node.id, "назовите переменную результата"
        for name, value in wanted.items():
            if node.attributes.get(name) != value:
                yield node.id, f"поставьте {name} = {value}"


def call_activities_bound(diagram: Diagram) -> Iterator[Violation]:
    """Call activities pass the business key and bind to the same deployment."""
    for node in diagram.of_kind("callActivity"):
        if not BUSINESS_KEY.fullmatch(node.call_business_key or ""):
            yield node.id, "передайте бизнес-ключ #{execution.processBusinessKey}"
        if node.attributes.get("calledElementBinding") != "deployment":
            yield node.id, "привяжите вызываемый процесс к развёртыванию (deployment)"


def timers_allowed(diagram: Diagram) -> Iterator[Violation]:
    """A timer waits for a date, a duration or a cycle of ISO 8601, or for a variable with a date;
    a duration has a minute to 180 days, longer ones are months taken for minutes.

    A cycle repeats only beside its task: an event that interrupts happens once.
    """
    for node in diagram.nodes.values():
        if not node.event or node.event.kind != "timer":
            continue
        text, kind = node.event.timer or "", node.event.timer_kind or ""
        if kind == "timeDate" and variable(text) is not None:
            continue
        if not is_moment(text, kind):
            yield node.id, f"{KINDS.get(kind, 'таймер')} «{text}» не годится; {EXAMPLES}"
        elif kind == "timeCycle" and (node.is_interrupting or node.kind != "boundaryEvent"):
            yield node.id, "повторяющийся таймер прерывает задачу; сделайте его непрерывающим"


def timers_as_labeled(diagram: Diagram) -> Iterator[Violation]:
    """A timer that names a length of time waits about that long: not minutes instead of days. Of
    two timers of one task the one that says the longer time waits longer. A step of a worker is not
    waited for longer than a day."""
    said: dict[str, list[tuple[int, int, Node]]] = {}
    for node in diagram.nodes.values():
        if not node.event or node.event.kind != "timer":
            continue
        waits = seconds_of(node.event.timer or "", node.event.timer_kind or "")
        named = seconds_said(node.name)
        if waits is None:
            continue
        text = node.event.timer
        host = diagram.nodes.get(node.attached_to or "")
        if host is not None and host.kind == "serviceTask" and waits > LONGEST_STEP:
            yield node.id, f"ждёт шаг исполнителя «{text}», это дольше суток; исправьте срок"
        if named is None:
            continue
        if not 1 / ABOUT < waits / named < ABOUT:
            yield node.id, f"на подписи «{node.name}», а ждёт «{text}»; исправьте срок или подпись"
        said.setdefault(node.attached_to or node.id, []).append((named, waits, node))
    for timers in said.values():
        for (sooner, first, _), (later, second, node) in pairwise(
            sorted(timers, key=itemgetter(0))
        ):
            if sooner < later and first >= second:
                yield (
                    node.id,
                    f"по подписи «{node.name}» сработает не раньше другого, а по сроку раньше; "
                    "поменяйте сроки местами",
                )


ABOUT = 6
"""Times by which a timer may differ from its label, which says it in round words."""
LONGEST_STEP = 86_400
KINDS = {"timeDate": "дата", "timeDuration": "срок", "timeCycle": "повтор"}
EXAMPLES = (
    "пишите срок как PT45M или P7D (от минуты до 180 дней), повтор как R/PT15M, дату как "
    "${переменная}"
)


def only_known_settings(diagram: Diagram) -> Iterator[Violation]:
    """Elements have only settings that the suite knows: no repetition of a task, no compensation,
    no generated forms, candidate users or expressions that throw errors; flows and the process
    have no listeners."""
    for node in diagram.nodes.values():
        if node.loop is not None or node.attributes.get("isForCompensation") == "true":
            yield node.id, "выполняется несколько раз или для отмены; уберите этот признак"
        for name in sorted(node.children & PERFORMERS):
            yield node.id, f"исполнителя назначает ещё и {name}; уберите, оставьте группу задачи"
        known = ATTRIBUTES | (OF_DECISIONS if node.kind == "businessRuleTask" else frozenset())
        for name in sorted(node.attributes.keys() - known):
            yield node.id, f"настройка {name} здесь не используется; уберите её"
    given = [(node.id, set(node.extensions) - EXTENSIONS) for node in diagram.nodes.values()]
    given += [(flow.id, set(flow.extensions) - PROPERTIES) for flow in diagram.flows.values()]
    for element, unknown in (*given, (diagram.id, set(diagram.extensions) - PROPERTIES)):
        for name in sorted(unknown):
            yield element, f"расширение {name} здесь не используется; уберите его"


def results_from_workers(diagram: Diagram) -> Iterator[Violation]:
    """Outputs map answers of people. A step, an end or an event writes nothing of its own: what
    the diagram sets would replace the worker's result."""
    for node in diagram.nodes.values():
        if node.kind != "userTask":
            for name, _ in node.outputs:
                yield node.id, f"выход {name} подменит записанное исполнителем; уберите его"
        for name in node.event.variables if node.event else ():
            yield node.id, f"событие запишет {name}; уберите имена переменных кода и текста ошибки"


def priorities_whole(diagram: Diagram) -> Iterator[Violation]:
    """A priority is a whole number, and a failed job is repeated a limited number of times."""
    places = [(node.id, node.attributes) for node in diagram.nodes.values()]
    for element, attributes in (*places, (diagram.id, diagram.attributes)):
        for name in ("priority", "jobPriority", "taskPriority"):
            text = attributes.get(name)
            if text is not None and not WHOLE.fullmatch(text):
                yield element, f"{name} «{text}»; поставьте целое число, как 50, или уберите"
    for node in diagram.nodes.values():
        cycle = node.retry_cycle
        if cycle is not None and not (REPEATED.match(cycle) and is_moment(cycle, "timeCycle")):
            yield node.id, f"повторы «{cycle}»; пишите число раз и срок, как R3/PT5M"


PERFORMERS = frozenset({"performer", "humanPerformer", "potentialOwner", "resourceRole"})
"""Elements by which the engine offers a task to more people than its attributes name."""
ATTRIBUTES = frozenset(
    {"id", "name", "default", "attachedToRef", "cancelActivity", "isInterrupting"}
    | {"triggeredByEvent", "calledElement", "calledElementBinding", "type", "topic", "formKey"}
    | {"assignee", "candidateGroups", "dueDate", "followUpDate", "asyncBefore", "asyncAfter"}
    | {"exclusive", "priority", "jobPriority", "taskPriority", "implementation"}
    | {"modelerTemplate", "modelerTemplateVersion", "modelerTemplateIcon"}
    | {"isForCompensation", "startQuantity", "completionQuantity", "parallelMultiple"}
    | {"gatewayDirection", "instantiate", "eventGatewayType"}
)
"""Known attributes of BPMN elements, by local name."""
OF_DECISIONS = frozenset(
    {"decisionRef", "decisionRefBinding", "mapDecisionResult", "resultVariable"}
)
"""Known attributes of business rule tasks besides."""
EXTENSIONS = frozenset(
    {"inputOutput", "inputParameter", "outputParameter", "taskListener", "in", "out"}
    | {"properties", "property", "failedJobRetryTimeCycle"}
)
"""Known extension elements of nodes."""
PROPERTIES = frozenset({"properties", "property"})
"""Known extension elements of flows and of the process."""


def parallel_joins_asynchronous(diagram: Diagram) -> Iterator[Violation]:
    """Parallel joins are asynchronous and exclusive: concurrent completions would conflict."""
    for node in diagram.of_kind("parallelGateway"):
        queued = node.attributes.get("asyncBefore") == "true"
        exclusive = node.attributes.get("exclusive", "true") == "true"
        if len(node.incoming) > 1 and not (queued and exclusive):
            yield node.id, "отметьте соединение «asynchronous before» и «exclusive»"


def process_attributes_set(diagram: Diagram) -> Iterator[Violation]:
    """Processes are executable, not startable in Tasklist, and have a history time to live."""
    wanted = {"isExecutable": "true", "isStartableInTasklist": "false"}
    for name, value in wanted.items():
        if diagram.attributes.get(name) != value:
            yield diagram.id, f"поставьте {name} = {value}"
    if not is_time_to_live(diagram.attributes.get("historyTimeToLive", "")):
        yield diagram.id, "срок хранения истории пишется днями, как P180D; исправьте его"
    if not diagram.name.strip():
        yield diagram.id, "у процесса нет названия; дайте его"


RULES = (
    no_code,
    expressions_allowed,
    service_tasks_external,
    decisions_bound,
    call_activities_bound,
    timers_allowed,
    timers_as_labeled,
    only_known_settings,
    results_from_workers,
    priorities_whole,
    parallel_joins_asynchronous,
    process_attributes_set,
)
