"""Three-valued evaluation of a flow's condition with some variables known."""

import ast
import re
from collections.abc import Mapping

from bpmn.lint.rules.expressions import BODY, QUOTED

TOKEN = re.compile(rf"{QUOTED}|&&|\|\||!=|!|[A-Za-z_]\w*|.", re.DOTALL)
PYTHON = {"&&": " and ", "||": " or ", "!": " not ", "null": "None", "true": "True"} | {
    "false": "False",
    "eq": "==",
    "ne": "!=",
    "empty": " not ",
}

Facts = Mapping[str, object]


class _Unknown(Exception):
    """The known values do not determine the result."""


def truth(condition: str, facts: Facts) -> bool | None:
    """Evaluate ``${…}``; None if other variables decide or it is not a plain comparison."""
    body = BODY.fullmatch(condition.strip())
    if body is None or not body[2]:
        return None
    text = "".join(PYTHON.get(token, token) for token in TOKEN.findall(body[1]))
    try:
        return _truth(ast.parse(text.strip(), mode="eval").body, facts)
    except SyntaxError:
        return None


def _truth(node: ast.expr, facts: Facts) -> bool | None:
    match node:
        case ast.BoolOp(op=op, values=values):
            decides = isinstance(op, ast.Or)
            found = [_truth(value, facts) for value in values]
            if decides in found:
                return decides
            return None if None in found else not decides
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _truth(operand, facts)
            return None if inner is None else not inner
    try:
        return bool(_value(node, facts))
    except _Unknown:
        return None


def _value(node: ast.expr, facts: Facts) -> object:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name) if name in facts:
            return facts[name]
        case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq() as op], comparators=[right]):
            same = _value(left, facts) == _value(right, facts)
            return same is isinstance(op, ast.Eq)
    raise _Unknown
