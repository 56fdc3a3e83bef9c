"""Checks of conditions: syntax, types, values that occur, answers that exclude each other."""

from collections.abc import Iterator, Mapping
from itertools import product

from bpmn.lint.finding import Violation
from bpmn.lint.integration.conditions import holds
from bpmn.lint.integration.context import Check, LintContext, steps_before
from bpmn.lint.integration.domains import united
from bpmn.lint.rules.expressions import (
    Binary,
    Choice,
    Constant,
    Expression,
    InvalidExpression,
    Member,
    Unary,
    Variable,
    parse,
    single,
    variables,
    walk,
)
from bpmn.lint.worker_contracts import STAGE, STAGE_ACTIVITY, Kind, ValueType
from bpmn.model.elements import Diagram, Flow, Node

MAX_CASES = 5000
YES, NO = "Да", "Нет"
OUTCOME, OPEN = "outcome", "open"
NEGATIVE = frozenset({"requisitesWrong", "differenceGone", OUTCOME})
"""Variables that questions also ask the other way round; other checks prove where they lead."""
Types = Mapping[str, ValueType]


def conditions_readable(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A condition is one expression of the engine's language, and reads a variable."""
    for flow in diagram.flows.values():
        if flow.condition is None:
            continue
        text = flow.condition.strip()
        try:
            parts = parse(text)
        except InvalidExpression as error:
            yield flow.id, f"условие «{text}» не читается: {error}"
            continue
        if len(parts) != 1 or isinstance(parts[0], str):
            yield flow.id, f"условие «{text}»: нужно одно выражение вида ${{переменная}}"
        elif not variables(text):
            yield flow.id, f"условие «{text}» не зависит от переменных; спросите переменную"


def conditions_typed(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A condition is true or false, and compares a variable with values that somebody writes."""
    for flow, expression, types in _conditions(diagram, context):
        for fault in _faults(expression, types, wanted=Kind.BOOLEAN):
            yield flow.id, f"условие «{(flow.condition or '').strip()}»: {fault}"


def answers_exclude_each_other(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Of the answers of a gateway exactly one fits each value, and each answer fits some value."""
    for gateway in _splits(diagram):
        flows = diagram.outgoing(gateway)
        asked = [(flow, single(flow.condition)) for flow in flows if flow.condition]
        if any(expression is None for _, expression in asked):
            continue
        cases = _cases(diagram, gateway, context)
        if not cases:
            continue
        chosen: dict[str, int] = {flow.id: 0 for flow in flows}
        overlaps: set[tuple[str, str]] = set()
        for facts in cases:
            true = [flow for flow, one in asked if one is not None and holds(one, facts)]
            if len(true) > 1:
                overlaps.add((true[0].id, true[1].id))
            for flow in true or [flow for flow in flows if not flow.condition]:
                chosen[flow.id] += 1
        for one, other in sorted(overlaps):
            first = diagram.flows[one]
            yield other, f"это условие верно вместе с ответом «{first.name}»; разведите их"
        for flow in flows:
            if not chosen[flow.id]:
                yield flow.id, f"ответ «{flow.name}» никогда не выбирается; исправьте условия"


def yes_means_yes(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """«Да» belongs to a variable that is true, «Нет» to one that is false, and texts are compared
    by ==: a condition turned round is noticed."""
    for gateway in _splits(diagram):
        for flow in diagram.outgoing(gateway):
            expression = single(flow.condition)
            if expression is None or variables(flow.condition or "") & NEGATIVE:
                continue
            text = (flow.condition or "").strip()
            match _asked(expression):
                case "text", False:
                    yield (
                        flow.id,
                        f"условие «{text}» спрашивает, чему не равно; спросите, чему равно",
                    )
                case "boolean", positive if flow.name in (YES, NO):
                    if positive is not (flow.name == YES):
                        yield (
                            flow.id,
                            f"ответ «{flow.name}» стоит у условия «{text}»; поменяйте ответы "
                            "местами или спросите иначе",
                        )


def answers_named_as_listed(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """An answer that asks for a value of a universal list is not named as another value of it."""
    named = [
        attribute.choices
        for known in context.catalog.lists.values()
        for attribute in known.attributes.values()
    ]
    for flow in diagram.flows.values():
        match single(flow.condition):
            case Binary(sign="==", left=Variable(), right=Constant(value=str(value))):
                for choices in named:
                    others = {c: label.casefold() for c, label in choices.items() if c != value}
                    if value in choices and flow.name.casefold() in others.values():
                        yield (
                            flow.id,
                            f"ответ «{flow.name}» спрашивает {value}, это «{choices[value]}»; "
                            "исправьте условие или подпись",
                        )
                        break


def _asked(expression: Expression) -> tuple[str, bool] | None:
    """What a simple condition asks for, and whether it asks positively."""
    match expression:
        case Variable():
            return "boolean", True
        case Binary(sign="==" | "!=" as sign, left=Variable(), right=Constant(value=value)):
            kind = "boolean" if isinstance(value, bool) else "text"
            return kind, (sign == "==") is (value is not False)
        case Unary(sign="!", operand=operand):
            inner = _asked(operand)
            return None if inner is None else (inner[0], not inner[1])
    return None


def _splits(diagram: Diagram) -> Iterator[Node]:
    for node in diagram.of_kind("exclusiveGateway"):
        if len(node.outgoing) > 1:
            yield node


def _conditions(diagram: Diagram, context: LintContext) -> Iterator[tuple[Flow, Expression, Types]]:
    for flow in diagram.flows.values():
        expression = single(flow.condition)
        if expression is not None:
            yield flow, expression, _types(diagram, flow, expression, context)


def _types(diagram: Diagram, flow: Flow, expression: Expression, context: LintContext) -> Types:
    names = {part.name for part in walk(expression) if isinstance(part, Variable)}
    writers = steps_before(diagram, diagram.nodes[flow.source])
    return {name: _type(diagram, name, writers, context) for name in names}


def _type(diagram: Diagram, name: str, writers: list[Node], context: LintContext) -> ValueType:
    known = [context.type_after(node, name) for node in writers]
    found = [one for one in known if one is not None]
    return united(found) if found else context.type_in(diagram, name)


def _faults(expression: Expression, types: Types, wanted: Kind | None = None) -> Iterator[str]:
    """Yield what is wrong with the types of an expression, as Russian phrases."""
    kind = _kind(expression, types)
    if wanted is not None and kind not in (wanted, Kind.ANY):
        yield f"нужно «{wanted.value}», а здесь {kind.value}; сравните со значением"
    match expression:
        case Binary(sign="&&" | "||", left=left, right=right):
            yield from _faults(left, types, Kind.BOOLEAN)
            yield from _faults(right, types, Kind.BOOLEAN)
        case Unary(sign="!", operand=operand):
            yield from _faults(operand, types, Kind.BOOLEAN)
        case Binary(sign="==" | "!=", left=left, right=right):
            yield from _compared(left, right, types)
        case Binary(sign="<" | ">" | "<=" | ">=", left=left, right=right):
            for side in (left, right):
                if _kind(side, types) not in (Kind.NUMBER, Kind.INSTANT, Kind.ANY):
                    yield "больше и меньше спрашивают только у чисел и дат"
        case Choice(condition=condition, yes=yes, no=no):
            yield from _faults(condition, types, Kind.BOOLEAN)
            yield from _faults(yes, types, wanted)
            yield from _faults(no, types, wanted)


def _compared(left: Expression, right: Expression, types: Types) -> Iterator[str]:
    if isinstance(left, Constant) and isinstance(right, Variable):
        left, right = right, left
    if isinstance(left, Variable) and isinstance(right, Variable):
        yield "сравниваются две переменные; сравните со значением"
        return
    one, other = _kind(left, types), _kind(right, types)
    is_null = isinstance(right, Constant) and right.value is None
    if Kind.ANY not in (one, other) and one is not other and not is_null:
        yield f"сравнивается {one.value} и {other.value}"
    elif isinstance(left, Variable) and isinstance(right, Constant):
        values = types[left.name].values
        if isinstance(right.value, str) and values is not None and right.value not in values:
            known = ", ".join(sorted(values))
            yield f"значения «{right.value}» у {left.name} не бывает; бывают: {known}"


def _kind(expression: Expression, types: Types) -> Kind:
    match expression:
        case Constant(value=bool()):
            return Kind.BOOLEAN
        case Constant(value=str()):
            return Kind.TEXT
        case Constant(value=float()):
            return Kind.NUMBER
        case Variable(name=name):
            return types.get(name, ValueType()).kind
        case Binary(sign="+" | "-" | "*" | "/" | "%") | Unary(sign="-"):
            return Kind.NUMBER
        case Binary() | Unary():
            return Kind.BOOLEAN
        case Choice(yes=yes):
            return _kind(yes, types)
        case Member(name="length"):
            return Kind.NUMBER
        case Member(name="concat" | "substring" | "getName"):
            return Kind.TEXT
    return Kind.ANY


def _cases(diagram: Diagram, gateway: Node, context: LintContext) -> list[Mapping[str, object]]:
    """All values of the variables that a gateway asks for; none if some cannot be listed.

    Stage, its activity and the outcome of the deal go together, as in the catalog.
    """
    writers = steps_before(diagram, gateway)
    names = {name for flow in diagram.outgoing(gateway) for name in variables(flow.condition or "")}
    together = names & {STAGE, STAGE_ACTIVITY, OUTCOME}
    axes: list[list[dict[str, object]]] = []
    if together:
        own = [d for d in context.catalog.directions.values() if d.process == diagram.id]
        stages = [s for d in own or context.catalog.directions.values() for s in d.stages]
        rows = {(s.code, s.activity, s.outcome or OPEN) for s in stages}
        axes.append([dict(zip((STAGE, STAGE_ACTIVITY, OUTCOME), row, strict=True)) for row in rows])
    for name in sorted(names - together):
        known = _type(diagram, name, writers, context)
        if known.kind is Kind.BOOLEAN:
            axes.append([{name: True}, {name: False}])
        elif known.values is not None:
            axes.append([{name: value} for value in sorted(known.values)])
        else:
            return []
    count = 1
    for axis in axes:
        count *= len(axis)
    if not axes or count > MAX_CASES:
        return []
    return [
        {name: value for part in parts for name, value in part.items()} for parts in product(*axes)
    ]


CHECKS: tuple[Check, ...] = (
    conditions_readable,
    conditions_typed,
    answers_exclude_each_other,
    yes_means_yes,
    answers_named_as_listed,
)
