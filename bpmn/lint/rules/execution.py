"""Rules for executable content: external tasks and safe expressions only, no code."""

import re
from collections.abc import Iterator

from bpmn.lint.finding import Violation
from bpmn.lint.rules.expressions import forbidden
from bpmn.model.elements import Diagram

TIMER = re.compile(r"\$\{\w+\}|R?\d*/?P[0-9YMWDTHS]+|\d{4}-\d\d-\d\dT[0-9:.+Z-]+")
BUSINESS_KEY = re.compile(r"[$#]\{execution\.processBusinessKey\}")


def no_code(diagram: Diagram) -> Iterator[Violation]:
    """A diagram contains no scripts, classes, connectors, shell or mail tasks."""
    for snippet in diagram.snippets:
        if snippet.kind != "expression":
            yield snippet.element, f"{snippet.kind} {snippet.text!r}: use an external task"


def expressions_allowed(diagram: Diagram) -> Iterator[Violation]:
    """Expressions read variables and call allowed methods only."""
    for snippet in diagram.snippets:
        if snippet.kind == "expression" and (found := forbidden(snippet.text)):
            yield snippet.element, f"{found} in {snippet.text!r} is not allowed; remove it"


def service_tasks_external(diagram: Diagram) -> Iterator[Violation]:
    """Service tasks are external tasks with a topic."""
    for node in diagram.of_kind("serviceTask"):
        if node.attributes.get("type") != "external" or not node.topic:
            yield node.id, "choose the implementation «External» and a topic"


def call_activities_bound(diagram: Diagram) -> Iterator[Violation]:
    """Call activities pass the business key and bind to the same deployment."""
    for node in diagram.of_kind("callActivity"):
        if not BUSINESS_KEY.fullmatch(node.call_business_key or ""):
            yield node.id, "pass the business key #{execution.processBusinessKey}"
        if node.attributes.get("calledElementBinding") != "deployment":
            yield node.id, "bind the called process to the deployment"


def timers_allowed(diagram: Diagram) -> Iterator[Violation]:
    """Timers use a variable with a computed date, or an ISO 8601 constant."""
    for node in diagram.nodes.values():
        if node.event and node.event.kind == "timer":
            timer = node.event.timer or ""
            if not TIMER.fullmatch(timer):
                yield node.id, f"{timer!r}: use a variable or an ISO 8601 constant"


def parallel_joins_asynchronous(diagram: Diagram) -> Iterator[Violation]:
    """Parallel joins are asynchronous and exclusive: concurrent completions would conflict."""
    for node in diagram.of_kind("parallelGateway"):
        queued = node.attributes.get("asyncBefore") == "true"
        exclusive = node.attributes.get("exclusive", "true") == "true"
        if len(node.incoming) > 1 and not (queued and exclusive):
            yield node.id, "mark the join «asynchronous before» and «exclusive»"


def process_attributes_set(diagram: Diagram) -> Iterator[Violation]:
    """Processes are executable, not startable in Tasklist, and have a history time to live."""
    wanted = {"isExecutable": "true", "isStartableInTasklist": "false"}
    for name, value in wanted.items():
        if diagram.attributes.get(name) != value:
            yield diagram.id, f"set {name} to {value}"
    if not diagram.attributes.get("historyTimeToLive"):
        yield diagram.id, "set the history time to live, like P180D"


RULES = (
    no_code,
    expressions_allowed,
    service_tasks_external,
    call_activities_bound,
    timers_allowed,
    parallel_joins_asynchronous,
    process_attributes_set,
)
