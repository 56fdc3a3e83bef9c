"""Three-valued evaluation of a condition with some variables known."""

from collections.abc import Mapping

from bpmn.lint.rules.expressions import (
    Binary,
    Choice,
    Constant,
    Expression,
    Unary,
    Variable,
    single,
)

Facts = Mapping[str, object]


class _Unknown(Exception):
    """The known values do not determine the result."""


def truth(condition: str, facts: Facts) -> bool | None:
    """Evaluate ``${…}``; None if other variables decide or it is not a plain comparison."""
    expression = single(condition)
    return None if expression is None else holds(expression, facts)


def holds(expression: Expression, facts: Facts) -> bool | None:
    """Evaluate a parsed condition; None if the facts do not decide."""
    match expression:
        case Binary(sign="&&" | "||" as sign, left=left, right=right):
            decides = sign == "||"
            found = [holds(left, facts), holds(right, facts)]
            if decides in found:
                return decides
            return None if None in found else not decides
        case Unary(sign="!", operand=operand):
            inner = holds(operand, facts)
            return None if inner is None else not inner
    try:
        return bool(_value(expression, facts))
    except _Unknown:
        return None


def _value(expression: Expression, facts: Facts) -> object:
    match expression:
        case Constant(value=value):
            return value
        case Variable(name=name) if name in facts:
            return facts[name]
        case Unary(sign="empty", operand=operand):
            return _value(operand, facts) in (None, "")
        case Binary(sign="==" | "!=" as sign, left=left, right=right):
            return (_value(left, facts) == _value(right, facts)) is (sign == "==")
        case Binary(sign="&&" | "||") | Unary(sign="!"):
            if (found := holds(expression, facts)) is not None:
                return found
        case Choice(condition=condition, yes=yes, no=no):
            if (chosen := holds(condition, facts)) is not None:
                return _value(yes if chosen else no, facts)
    raise _Unknown
