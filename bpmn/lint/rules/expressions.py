"""Analysis of expressions: allowed syntax and variables read."""

import re

from bpmn.model.elements import Node

FUNCTIONS = frozenset({"currentUser"})
MEMBERS = frozenset(
    {
        "concat",
        "getName",
        "length",
        "processBusinessKey",
        "setName",
        "setVariable",
        "substring",
    }
)
"""Allowed methods and properties: they have no effect outside the task."""
OBJECTS = frozenset({"execution", "task"})
WORDS = frozenset(
    {"and", "div", "empty", "eq", "false", "ge", "gt", "le", "lt", "mod", "ne", "not", "null"}
    | {"or", "true"}
)
QUOTED = r"'(?:[^'\\]|\\.)*+'?" + r'|"(?:[^"\\]|\\.)*+"?'
BODY = re.compile(rf"[$#]\{{((?:{QUOTED}|[^'\"}}])*+)(\}}?)", re.DOTALL)
"""Matches an unterminated body to the end of the text too, which keeps the search linear."""
PLAIN = re.compile(r"[A-Za-z0-9_\s.,()?:=!<>&|+*/%'-]*")
NAME = re.compile(r"(?<![\w.])(?<!\.\s)([A-Za-z_]\w*)\s*(\()?")
MEMBER = re.compile(r"\.\s*([A-Za-z_]\w*)")


def _bodies(text: str) -> list[str]:
    """Return the bodies of ${…} and #{…}, string literals emptied."""
    return [re.sub(QUOTED, "''", match[1]) for match in BODY.finditer(text) if match[2]]


def variables(text: str) -> frozenset[str]:
    """Return the process variables that an expression reads."""
    found = (match for body in _bodies(text) for match in NAME.finditer(body))
    return frozenset(m[1] for m in found if not m[2]) - WORDS - OBJECTS


def forbidden(text: str) -> str | None:
    """Return the first construct in ``text`` that is not allowed, or None."""
    bodies = _bodies(text)
    if len(bodies) != text.count("${") + text.count("#{"):
        return "an expression that cannot be read"
    for body in bodies:
        if not PLAIN.fullmatch(body):
            return "a character that is not allowed"
        called = {match[1] for match in NAME.finditer(body) if match[2]}
        for name in sorted(called - FUNCTIONS - WORDS):
            return f"{name}()"
        for name in MEMBER.findall(body):
            if name not in MEMBERS:
                return f".{name}"
    return None


def is_null(node: Node, name: str) -> bool:
    """Tell if ``name`` is an input parameter declared as ${null}."""
    return node.inputs.get(name) == "${null}"
