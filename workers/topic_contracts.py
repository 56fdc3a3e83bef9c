"""Topics described from their code: contracts for the gate, reference for documentation."""

import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from bpmn.lint.worker_contracts import Kind, TopicContract, ValueType
from db.domain.errors import Refusal
from db.domain.onec.bindings import BindingKind
from db.domain.shipping.delivery import Answer
from db.domain.steps import products, repairs
from workers.runtime.contract import AnyTopic, TaskInput, TaskResult
from workers.services.notification_texts import TEMPLATES
from workers.topics import TOPICS

SAFE_TO_REPEAT = "Safe to repeat"
COMMON_VARIABLES = {
    "decidedBy": "Login of the user who completed the preceding user task.",
    "comment": "Comment of the user.",
    "reason": "Reason that the user gave.",
    "answer": "Answer that the user chose.",
    "fileId": "Id of an uploaded file.",
    "sideKey": "Key of the side process.",
}
"""Descriptions of variables that have one meaning in all topics."""


@dataclass(frozen=True)
class VariableReference:
    """One input or result of a topic."""

    name: str
    """Name of the variable in the process, camelCase."""
    type: str
    """Python type, e.g. ``str | None``; ``Any`` for user input that the topic validates itself."""
    required: bool
    description: str
    """Empty when the name says it all."""
    from_user: bool = False
    """True for user input that a refusal returns to the form."""


@dataclass(frozen=True)
class RefusalReference:
    """One BPMN error of a topic."""

    code: str
    description: str


@dataclass(frozen=True)
class TopicReference:
    """Documentation of one topic."""

    name: str
    group: str
    """Package of the topic: approval, lifecycle, onec, service or shipping."""
    description: str
    """First line of the module's docstring."""
    safe_to_repeat: str
    """Why a repeated delivery has no second effect; from the handler's docstring."""
    inputs: tuple[VariableReference, ...]
    results: tuple[VariableReference, ...]
    refusals: tuple[RefusalReference, ...]
    parallel: bool
    """See `workers.runtime.contract.Topic`."""


def topic_contracts() -> tuple[TopicContract, ...]:
    """Return what diagrams may use of each topic, for the gate."""
    return tuple(
        TopicContract(
            name=topic.name,
            inputs=frozenset(topic.input.wire_names().values()),
            results=frozenset(topic.result.wire_names().values()),
            refusals=frozenset(refusal.code for refusal in topic.refusals),
            types=_types(topic.input),
            result_types=_types(topic.result),
            answers=frozenset(topic.input.wire_names()[name] for name in topic.input.user_inputs),
            recipients=ADDRESSED if "recipient" in topic.input.wire_names().values() else {},
            parallel=topic.parallel,
        )
        for topic in TOPICS
    )


ADDRESSED = {code: frozenset(text.recipients) for code, text in TEMPLATES.items()}
ANSWERS = frozenset(answer.value for answer in Answer)
TEXTS: Mapping[str, ValueType] = {
    "template": ValueType(Kind.TEXT, frozenset(TEMPLATES)),
    "answers": ValueType(Kind.TEXT, ANSWERS, words=True),
    "repairStep": ValueType(Kind.TEXT, frozenset(repairs.STEPS)),
    "productStep": ValueType(Kind.TEXT, frozenset(products.STEPS)),
    "outcome": ValueType(Kind.TEXT, frozenset({"open", "won", "lost"})),
    "deliveryOutcome": ValueType(Kind.TEXT, ANSWERS),
    "numberKind": ValueType(Kind.TEXT, frozenset(kind.value for kind in BindingKind)),
    "repairAnswer": ValueType(
        Kind.TEXT, frozenset(said for step in repairs.STEPS.values() for said in step.answers)
    ),
    "productAnswer": ValueType(
        Kind.TEXT, frozenset(said for step in products.STEPS.values() for said in step.answers)
    ),
}
"""Variables that are plain ``str`` in Python and of which the code knows all values."""
KINDS: Mapping[type, Kind] = {
    str: Kind.TEXT,
    bool: Kind.BOOLEAN,
    int: Kind.NUMBER,
    float: Kind.NUMBER,
    datetime: Kind.INSTANT,
    dict: Kind.OBJECT,
}


def _types(model: type[TaskInput] | type[TaskResult]) -> Mapping[str, ValueType]:
    names = model.wire_names()
    found = {names[name]: _type(field.annotation) for name, field in model.model_fields.items()}
    return {
        name: replace(TEXTS[name], optional=known.optional)
        if name in TEXTS and known.kind is Kind.TEXT
        else known
        for name, known in found.items()
    }


def _type(annotation: Any) -> ValueType:
    """Translate a Python annotation; what is not known is `Kind.ANY`."""
    parts = get_args(annotation)
    if get_origin(annotation) is Literal:
        return ValueType(Kind.TEXT, frozenset(map(str, parts)), optional=False)
    if parts and NoneType in parts:
        known = [part for part in parts if part is not NoneType]
        inner = _type(known[0]) if len(known) == 1 else ValueType()
        return ValueType(inner.kind, inner.values, inner.words)
    base = get_origin(annotation) or annotation
    if inspect.isclass(base) and issubclass(base, Enum):
        return ValueType(Kind.TEXT, frozenset(str(one.value) for one in base), optional=False)
    return ValueType(KINDS.get(base, Kind.ANY), optional=base not in KINDS)


def topic_references() -> tuple[TopicReference, ...]:
    """Return the documentation of each topic, in the order of `workers.topics.TOPICS`."""
    return tuple(_reference(topic) for topic in TOPICS)


def _reference(topic: AnyTopic) -> TopicReference:
    module = topic.handler.__module__
    return TopicReference(
        name=topic.name,
        group=module.split(".")[-2],
        description=_first_line(sys.modules[module]),
        safe_to_repeat=_safe_to_repeat(topic),
        inputs=_variables(topic.input),
        results=_variables(topic.result),
        refusals=tuple(_refusal(refusal) for refusal in topic.refusals),
        parallel=topic.parallel,
    )


def _variables(model: type[TaskInput] | type[TaskResult]) -> tuple[VariableReference, ...]:
    from_user = getattr(model, "user_inputs", ())
    return tuple(
        VariableReference(
            name=field.alias or name,
            type=_type_name(field.annotation),
            required=field.is_required(),
            description=_described(field.alias or name, field.description),
            from_user=name in from_user,
        )
        for name, field in model.model_fields.items()
    )


def _described(name: str, docstring: str | None) -> str:
    return " ".join((docstring or COMMON_VARIABLES.get(name, "")).split())


def _refusal(refusal: type[Refusal]) -> RefusalReference:
    """Describe a refusal by its own docstring: an inherited one speaks of refusals in general."""
    description = _first_line(refusal) if refusal.__doc__ else ""
    return RefusalReference(refusal.code, description)


def _type_name(annotation: Any) -> str:
    parts = get_args(annotation)
    if annotation is None or annotation is type(None):
        return "None"
    if inspect.isclass(annotation) and not parts:
        return annotation.__name__
    return str(annotation).replace("typing.", "").replace("datetime.datetime", "datetime")


def _safe_to_repeat(topic: AnyTopic) -> str:
    """Return the sentences from "Safe to repeat" to the end of their paragraph."""
    text = inspect.getdoc(topic.handler) or ""
    _, found, rest = text.partition(SAFE_TO_REPEAT)
    return " ".join((found + rest.partition("\n\n")[0]).split())


def _first_line(documented: object) -> str:
    return (inspect.getdoc(documented) or "").partition("\n")[0]
