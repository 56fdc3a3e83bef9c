"""Parser of the engine's expression language, and what an expression reads and calls."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn

from bpmn.model.elements import Node

FUNCTIONS = frozenset({"currentUser"})
MEMBERS = frozenset(
    {
        "concat",
        "getName",
        "hasVariable",
        "length",
        "processBusinessKey",
        "setName",
        "setVariable",
        "substring",
    }
)
"""Allowed methods and properties: they have no effect outside the task."""
OBJECTS = frozenset({"execution", "task"})
MAX_LENGTH, MAX_DEPTH = 2000, 30

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*+'|\"(?:[^\"\\]|\\.)*+\")"
    r"|(?P<number>\d++(?:\.\d++)?+)"
    r"|(?P<name>[A-Za-z_$]\w*+)"
    r"|(?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]]))",
    re.DOTALL | re.ASCII,
)
SIGNS = {"eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=", "and": "&&"} | {
    "or": "||",
    "not": "!",
    "div": "/",
    "mod": "%",
}
LEVELS = (
    ("||",),
    ("&&",),
    ("==", "!="),
    ("<", ">", "<=", ">="),
    ("+", "-"),
    ("*", "/", "%"),
)
"""Binary operators, the weakest first."""
CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
RESERVED = frozenset({"instanceof"})


@dataclass(frozen=True)
class Constant:
    """A text, number, boolean or null."""

    value: str | float | bool | None


@dataclass(frozen=True)
class Variable:
    """A name: a process variable or an object of the engine."""

    name: str


@dataclass(frozen=True)
class Member:
    """A property or, with ``arguments``, a method of ``target``."""

    target: "Expression"
    name: str
    arguments: tuple["Expression", ...] | None = None


@dataclass(frozen=True)
class Call:
    """A function."""

    name: str
    arguments: tuple["Expression", ...]


@dataclass(frozen=True)
class Unary:
    """``!``, ``-`` or ``empty``."""

    sign: str
    operand: "Expression"


@dataclass(frozen=True)
class Binary:
    """Two operands and a sign; words are given as signs."""

    sign: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True)
class Choice:
    """``condition ? yes : no``."""

    condition: "Expression"
    yes: "Expression"
    no: "Expression"


Expression = Constant | Variable | Member | Call | Unary | Binary | Choice


class InvalidExpression(Exception):
    """The text is no expression; the message is a Russian phrase."""


@lru_cache(maxsize=4096)
def parse(text: str) -> tuple[str | Expression, ...]:
    """Split a text into plain parts and parsed ``${…}`` or ``#{…}``. Raises: InvalidExpression."""
    if len(text) > MAX_LENGTH:
        raise InvalidExpression(f"выражение длиннее {MAX_LENGTH} знаков")
    parts: list[str | Expression] = []
    at = 0
    while at < len(text):
        found = re.compile(r"[$#]\{").search(text, at)
        if found is None:
            parts.append(text[at:])
            break
        if found.start() > at:
            parts.append(text[at : found.start()])
        parser = _Parser(text, found.end())
        parts.append(parser.body())
        at = parser.at
    return tuple(parts)


def single(text: str | None) -> Expression | None:
    """The expression of a text that is one ``${…}`` and nothing else, else None."""
    try:
        parts = parse((text or "").strip())
    except InvalidExpression:
        return None
    return parts[0] if len(parts) == 1 and not isinstance(parts[0], str) else None


def variable(text: str | None) -> str | None:
    """The variable of a text like ``${name}``, else None.

    Also of ``${execution.hasVariable('name') ? name : null}``, for a name that an instance of an
    earlier diagram may lack.
    """
    found = single(text)
    match found:
        case Variable(name=name):
            return name
        case Choice(
            Member(Variable("execution"), "hasVariable", (Constant(asked),)),
            Variable(name),
            Constant(None),
        ) if asked == name:
            return name
    return None


def walk(expression: Expression) -> Iterator[Expression]:
    """Yield the expression and all of its parts."""
    yield expression
    match expression:
        case Member(target=target, arguments=arguments):
            inner: tuple[Expression, ...] = (target, *(arguments or ()))
        case Call(arguments=inner):
            pass
        case Unary(operand=operand):
            inner = (operand,)
        case Binary(left=left, right=right):
            inner = (left, right)
        case Choice(condition=condition, yes=yes, no=no):
            inner = (condition, yes, no)
        case _:
            inner = ()
    for part in inner:
        yield from walk(part)


def expressions(text: str) -> tuple[Expression, ...]:
    """The parsed expressions in a text; none if it cannot be parsed."""
    try:
        return tuple(part for part in parse(text) if not isinstance(part, str))
    except InvalidExpression:
        return ()


def variables(text: str) -> frozenset[str]:
    """Return the process variables that a text reads."""
    parts = (part for expression in expressions(text) for part in walk(expression))
    return frozenset(part.name for part in parts if isinstance(part, Variable)) - OBJECTS


def members(text: str) -> frozenset[str]:
    """Return the methods and properties that a text uses."""
    parts = (part for expression in expressions(text) for part in walk(expression))
    return frozenset(part.name for part in parts if isinstance(part, Member))


def named_alike(one: str, other: str) -> bool:
    """Tell if the last word of a camelCase name occurs in another, as in ``enteredNumber``."""
    words = re.findall(r"[A-Z]?[a-z0-9]+", one)
    return bool(words) and words[-1].casefold() in other.casefold()


def forbidden(text: str) -> str | None:
    """Return what is not allowed in ``text`` as a Russian phrase, or None."""
    try:
        parts = parse(text)
    except InvalidExpression as error:
        return str(error)
    for found in (one for part in parts if not isinstance(part, str) for one in walk(part)):
        match found:
            case Call(name=name) if name not in FUNCTIONS:
                return f"функция {name}() не разрешена"
            case Member(name=name) if name not in MEMBERS:
                return f"обращение .{name} не разрешено"
    return None


def is_null(node: Node, name: str) -> bool:
    """Tell if ``name`` is an input parameter declared as ${null}."""
    return single(node.inputs.get(name)) == Constant(None)


class _Parser:
    """Recursive descent over one expression, from its opening to its closing brace."""

    def __init__(self, text: str, at: int) -> None:
        self.text, self.at, self.depth = text, at, 0
        self.kind, self.token = "", ""
        self._next()

    def body(self) -> Expression:
        if self.token == "}":
            self._fail("пустое выражение")
        found = self._choice()
        if self.token != "}":
            self._fail(f"лишнее или незакрытое: «{self.token or 'конец текста'}»")
        return found

    def _choice(self) -> Expression:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self._fail("слишком много скобок")
        found = self._binary(0)
        if self.token == "?":
            self._next()
            yes = self._choice()
            self._expect(":")
            found = Choice(found, yes, self._choice())
        self.depth -= 1
        return found

    def _binary(self, level: int) -> Expression:
        if level == len(LEVELS):
            return self._unary()
        found = self._binary(level + 1)
        while self.kind == "sign" and self.token in LEVELS[level]:
            sign = self.token
            self._next()
            found = Binary(sign, found, self._binary(level + 1))
        return found

    def _unary(self) -> Expression:
        if (self.kind == "sign" and self.token in "!-") or self._is_name("empty"):
            self.depth += 1
            if self.depth > MAX_DEPTH:
                self._fail("слишком много знаков подряд")
            sign = self.token
            self._next()
            found: Expression = Unary(sign, self._unary())
            self.depth -= 1
            return found
        return self._value()

    def _value(self) -> Expression:
        found = self._primary()
        while self.token == "." and self.kind == "sign":
            self._next()
            if self.kind != "name":
                self._fail("после точки нужно имя")
            name = self.token
            self._next()
            found = Member(found, name, self._arguments() if self.token == "(" else None)
        if self.token == "[":
            self._fail("обращение в квадратных скобках не разрешено")
        return found

    def _primary(self) -> Expression:
        kind, token = self.kind, self.token
        if kind == "text":
            self._next()
            return Constant(re.sub(r"\\(.)", r"\1", token[1:-1], flags=re.DOTALL))
        if kind == "number":
            self._next()
            return Constant(float(token))
        if kind == "name":
            if token in RESERVED:
                self._fail(f"слово {token} занято движком")
            self._next()
            if self.token == "(":
                return Call(token, self._arguments())
            return Constant(CONSTANTS[token]) if token in CONSTANTS else Variable(token)
        if token == "(":
            self._next()
            found = self._choice()
            self._expect(")")
            return found
        return self._fail(f"ждали значение, а стоит «{token or 'конец текста'}»")

    def _arguments(self) -> tuple[Expression, ...]:
        self._expect("(")
        found: list[Expression] = []
        while self.token != ")":
            if found:
                self._expect(",")
            found.append(self._choice())
        self._next()
        return tuple(found)

    def _is_name(self, name: str) -> bool:
        return self.kind == "name" and self.token == name

    def _expect(self, token: str) -> None:
        if self.token != token:
            self._fail(f"ждали «{token}», а стоит «{self.token or 'конец текста'}»")
        self._next()

    def _next(self) -> None:
        rest = re.compile(r"\s*").match(self.text, self.at)
        at = rest.end() if rest else self.at
        if self.text[at : at + 1] == "}":
            self.kind, self.token, self.at = "end", "}", at + 1
            return
        found = TOKEN.match(self.text, self.at)
        if found is None:
            if at >= len(self.text):
                self.kind, self.token = "end", ""
                return
            self._fail(f"непонятный знак «{self.text[at]}»")
        self.at = found.end()
        self.kind = found.lastgroup or ""
        self.token = found[self.kind]
        if self.kind == "name" and self.token in SIGNS:
            self.kind, self.token = "sign", SIGNS[self.token]

    def _fail(self, phrase: str) -> NoReturn:
        raise InvalidExpression(f"{phrase} (знак {self.at})")
