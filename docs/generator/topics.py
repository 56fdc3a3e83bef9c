"""Topic reference: inputs, results, refusals and uses of every external-task topic."""

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterable, Iterator
from itertools import pairwise

from bpmn.lint.worker_contracts import ALWAYS_WRITTEN
from bpmn.model.diagrams import DIRECTORY
from bpmn.model.elements import Diagram
from bpmn.model.reader import read_diagrams
from docs.generator.page import Page, anchor, code, codes, docstring, summary, table
from workers.runtime.contract import AnyTopic
from workers.topics import TOPICS

INTRODUCTION = f"""# Topics

Each external task of the diagrams names a topic; a worker process serves all of them. A topic has
a typed input (local input parameters of the task), a typed result (process variables that the step
writes) and refusals (BPMN errors that the diagram catches at a boundary event). Every topic also
writes {codes(sorted(ALWAYS_WRITTEN))}: the reason after a refusal, otherwise null.

This page is generated from `workers/topics/` and the diagrams.
"""


def pages() -> Iterator[Page]:
    """The page `reference/topics.md`."""
    diagrams = list(read_diagrams(DIRECTORY))
    parts = [INTRODUCTION]
    for folder in dict.fromkeys(_folder(topic) for topic in TOPICS):
        parts.append(f"## {folder}\n")
        served = (topic for topic in TOPICS if _folder(topic) == folder)
        parts += [_topic(topic, diagrams) for topic in sorted(served, key=lambda one: one.name)]
    yield Page("reference/topics.md", "\n".join(parts))


def _folder(topic: AnyTopic) -> str:
    return topic.handler.__module__.split(".")[-2]


def _topic(topic: AnyTopic, diagrams: Iterable[Diagram]) -> str:
    module = sys.modules[topic.handler.__module__]
    source = topic.handler.__module__.replace(".", "/") + ".py"
    parts = [f"### {topic.name} {anchor(topic.name)}\n", docstring(module), ""]
    if about := docstring(topic.handler):
        parts += [about, ""]
    parts += [f"Source: `{source}`", ""]
    parts += ["**Inputs**", "", _inputs(topic), "", "**Results**", "", _results(topic), ""]
    parts += ["**Refusals**", "", _refusals(topic), "", "**Used by**", ""]
    return "\n".join([*parts, _uses(topic.name, diagrams), ""])


def _inputs(topic: AnyTopic) -> str:
    names, fields = topic.input.wire_names(), topic.input.model_fields
    if not fields:
        return "None: the step needs the business key (deal id) only.\n"
    meanings = _attribute_docs(topic.input)
    rows = [
        (
            code(names[name]),
            _type(known.annotation),
            "yes" if known.is_required() else "",
            "form" if name in topic.input.user_inputs else "diagram",
            meanings.get(name, ""),
        )
        for name, known in fields.items()
    ]
    return table(("variable", "type", "required", "written by", "meaning"), rows)


def _results(topic: AnyTopic) -> str:
    names, fields = topic.result.wire_names(), topic.result.model_fields
    if not fields:
        return "None.\n"
    meanings = _attribute_docs(topic.result)
    rows = [
        (code(names[name]), _type(known.annotation), meanings.get(name, ""))
        for name, known in fields.items()
    ]
    return table(("variable", "type", "meaning"), rows)


def _refusals(topic: AnyTopic) -> str:
    if not topic.refusals:
        return "None.\n"
    rows = [(code(refusal.code), _reason(refusal)) for refusal in topic.refusals]
    return table(("error code", "raised when"), rows)


def _reason(refusal: type[Exception]) -> str:
    return summary(refusal) if refusal.__doc__ else refusal.__name__


def _uses(name: str, diagrams: Iterable[Diagram]) -> str:
    uses = [
        f"- [{diagram.id}](../processes/{diagram.id}.md): «{node.name}» ({code(node.id)})"
        for diagram in diagrams
        for node in diagram.external_tasks
        if node.topic == name
    ]
    return "\n".join(uses) + "\n"


def _type(annotation: object) -> str:
    text = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    return code(text.replace("typing.", "").replace("datetime.datetime", "datetime"))


def _attribute_docs(cls: type) -> dict[str, str]:
    """Field → the string literal below it, for the class and its bases."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if base.__module__.startswith("workers."):
            found |= _literals_below_fields(base)
    return found


def _literals_below_fields(cls: type) -> dict[str, str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for field, below in pairwise(tree.body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            match below:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    found[field.target.id] = text
    return found
