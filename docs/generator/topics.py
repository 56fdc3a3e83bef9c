"""Topic reference: inputs, results, refusals and uses of every external-task topic."""

from collections.abc import Iterable, Iterator

from bpmn.lint.worker_contracts import ERROR_VARIABLES
from bpmn.model.diagrams import DIRECTORY
from bpmn.model.elements import Diagram
from bpmn.model.reader import read_diagrams
from docs.generator.page import Page, anchor, code, codes, table
from workers.topic_contracts import TopicReference, VariableReference, topic_references

INTRODUCTION = f"""# Topics

Each external task of the diagrams names a topic; a worker process serves all of them. A topic has
a typed input (local input parameters of the task), a typed result (process variables that the step
writes) and refusals (BPMN errors that the diagram catches at a boundary event). Every topic that
does not run in parallel to a user task also writes {codes(sorted(ERROR_VARIABLES))}: the reason
of a refusal, which its next success sets to null. A completion sends only variables whose value
the process does not have already.

This page is generated from `workers/topics/` and the diagrams.
"""


def pages() -> Iterator[Page]:
    """The page `reference/topics.md`."""
    diagrams = list(read_diagrams(DIRECTORY))
    topics = sorted(topic_references(), key=lambda topic: (topic.group, topic.name))
    parts = [INTRODUCTION]
    for group in dict.fromkeys(topic.group for topic in topics):
        parts.append(f"## {group}\n")
        parts += [_topic(topic, diagrams) for topic in topics if topic.group == group]
    yield Page("reference/topics.md", "\n".join(parts))


def _topic(topic: TopicReference, diagrams: Iterable[Diagram]) -> str:
    source = f"workers/topics/{topic.group}/{topic.name.replace('-', '_')}.py"
    about = [topic.description, topic.safe_to_repeat, f"Source: `{source}`."]
    if topic.parallel:
        about.append("Runs in parallel to a user task: its success leaves error variables alone.")
    refusals = [(code(one.code), one.description) for one in topic.refusals]
    return "\n\n".join(
        [
            f"### {topic.name} {anchor(topic.name)}",
            *(text.replace("``", "`") for text in about if text),
            "**Inputs**",
            _inputs(topic.inputs),
            "**Results**",
            _results(topic.results),
            "**Refusals**",
            table(("error code", "raised when"), refusals) if refusals else "None.",
            "**Used by**",
            _uses(topic.name, diagrams),
        ]
    )


def _inputs(inputs: Iterable[VariableReference]) -> str:
    rows = [
        (
            code(one.name),
            code(one.type),
            "yes" if one.required else "",
            "user" if one.from_user else "diagram",
            one.description,
        )
        for one in inputs
    ]
    if not rows:
        return "None: the step needs the business key (deal id) only."
    return table(("variable", "type", "required", "value from", "meaning"), rows)


def _results(results: Iterable[VariableReference]) -> str:
    rows = [(code(one.name), code(one.type), one.description) for one in results]
    return table(("variable", "type", "meaning"), rows) if rows else "None."


def _uses(name: str, diagrams: Iterable[Diagram]) -> str:
    return "\n".join(
        f"- [{diagram.id}](../processes/{diagram.id}.md): «{node.name}» ({code(node.id)})"
        for diagram in diagrams
        for node in diagram.external_tasks
        if node.topic == name
    )
