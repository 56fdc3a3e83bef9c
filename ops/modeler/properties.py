"""Properties of element templates: fixed values, choices and checked texts of one binding each."""

from collections.abc import Collection, Mapping
from typing import Any

Property = dict[str, Any]
Binding = Mapping[str, str]

NULL = "${null}"
VARIABLE = r"\$\{[A-Za-z][A-Za-z0-9]{0,60}\}"
NAME = "[a-z][A-Za-z0-9]{0,60}"
"""Patterns that the Modeler checks a text with."""
GROUPS = (
    ("person", "Исполнитель и срок"),
    ("input", "Что передать шагу"),
    ("output", "Куда записать ответ"),
)
"""Sections of the properties panel: id and heading."""


def hidden(binding: Binding, value: str) -> Property:
    """A value that the modeler neither sees nor changes."""
    return {"type": "Hidden", "value": value, "binding": dict(binding)}


def choice(
    label: str, group: str, binding: Binding, choices: Mapping[str, str], value: str | None
) -> Property:
    """One of several values, shown by their names; ``choices``: value → name."""
    return {
        "label": label,
        "type": "Dropdown",
        "group": group,
        "choices": [{"name": name, "value": key} for key, name in choices.items()],
        **({"value": value} if value is not None else {}),
        "constraints": {"notEmpty": True},
        "binding": dict(binding),
    }


def text(
    label: str,
    group: str,
    binding: Binding,
    pattern: str,
    message: str,
    value: str | None = None,
    hint: str = "",
) -> Property:
    """A text that fits a pattern as a whole."""
    return {
        "label": label,
        "type": "String",
        "group": group,
        **({"description": hint} if hint else {}),
        **({"value": value} if value is not None else {}),
        "constraints": {
            "notEmpty": True,
            "pattern": {"value": f"^(?:{pattern})$", "message": message},
        },
        "binding": dict(binding),
    }


def variable(
    label: str, group: str, binding: Binding, value: str | None = None, hint: str = ""
) -> Property:
    """A process variable, as ``${name}``, or nothing."""
    message = "Укажите переменную в фигурных скобках, как ${dueAt}"
    return text(label, group, binding, VARIABLE, message, value, hint)


def agreed(values: Collection[str]) -> str | None:
    """The value that all places have, if they agree."""
    return next(iter(values)) if len(set(values)) == 1 else None
