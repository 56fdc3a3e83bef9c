"""What the engine may run: workers' topics and harmless expressions, never code of its own."""

import re
from collections.abc import Iterator

from bpmn.lint.finding import Violation
from bpmn.lint.rules.expressions import forbidden
from bpmn.model.elements import Diagram

TIMER = re.compile(r"\$\{\w+\}|R?\d*/?P[0-9YMWDTHS]+|\d{4}-\d\d-\d\dT[0-9:.+Z-]+")
BUSINESS_KEY = re.compile(r"[$#]\{execution\.processBusinessKey\}")


def no_code(diagram: Diagram) -> Iterator[Violation]:
    """Deploying code means running it with the engine's rights: scripts, classes, shell, mail."""
    for snippet in diagram.snippets:
        if snippet.kind != "expression":
            yield snippet.element, f"{snippet.kind} {snippet.text!r}: let a worker do it"


def expressions_harmless(diagram: Diagram) -> Iterator[Violation]:
    """Expressions compare and copy variables; they call nothing that reaches further."""
    for snippet in diagram.snippets:
        if snippet.kind == "expression" and (found := forbidden(snippet.text)):
            yield snippet.element, f"{found} in {snippet.text!r} is not allowed; remove it"


def service_tasks_external(diagram: Diagram) -> Iterator[Violation]:
    """A system step waits for a worker."""
    for node in diagram.of_kind("serviceTask"):
        if node.attributes.get("type") != "external" or not node.topic:
            yield node.id, "choose the implementation «External» and a topic"


def calls_keep_the_deal(diagram: Diagram) -> Iterator[Violation]:
    """A called process gets the business key, and comes from the same deployment."""
    for node in diagram.of_kind("callActivity"):
        if not BUSINESS_KEY.fullmatch(node.call_business_key or ""):
            yield node.id, "pass the business key #{execution.processBusinessKey}"
        if node.attributes.get("calledElementBinding") != "deployment":
            yield node.id, "bind the called process to the deployment"


def timers_plain(diagram: Diagram) -> Iterator[Violation]:
    """A timer waits for an instant that a worker computed, or for an ISO 8601 constant."""
    for node in diagram.nodes.values():
        if node.event and node.event.kind == "timer":
            timer = node.event.timer or ""
            if not TIMER.fullmatch(timer):
                yield node.id, f"{timer!r}: use a variable or an ISO 8601 constant"


def parallel_joins_queue(diagram: Diagram) -> Iterator[Violation]:
    """Two people finishing at once would break a join in the second one's face."""
    for node in diagram.of_kind("parallelGateway"):
        queued = node.attributes.get("asyncBefore") == "true"
        exclusive = node.attributes.get("exclusive", "true") == "true"
        if len(node.incoming) > 1 and not (queued and exclusive):
            yield node.id, "mark the join «asynchronous before» and «exclusive»"


def process_runs_as_ours(diagram: Diagram) -> Iterator[Violation]:
    """Executable, with an end to its history, and started by the outbox only."""
    wanted = {"isExecutable": "true", "isStartableInTasklist": "false"}
    for name, value in wanted.items():
        if diagram.attributes.get(name) != value:
            yield diagram.id, f"set {name} to {value}"
    if not diagram.attributes.get("historyTimeToLive"):
        yield diagram.id, "set the history time to live, like P180D"


RULES = (
    no_code,
    expressions_harmless,
    service_tasks_external,
    calls_keep_the_deal,
    timers_plain,
    parallel_joins_queue,
    process_runs_as_ours,
)
