"""Parser of `$filter`: comparisons, and/or/not and three string functions."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from workers.integrations.onec.simulator.rendering import ODataError
from workers.integrations.onec.simulator.schema import EdmType

StoredRow = Mapping[str, Any]
Condition = Callable[[StoredRow], bool]
Getter = Callable[[StoredRow], Any]
Resolve = Callable[[str], tuple[EdmType, Getter]]
"""Returns type and getter of a field path. Raises: ODataError, the field is unknown."""

LONGEST = 16_000
"""Maximum length of a filter, in characters; web servers accept no longer URL."""
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<guid>guid'[^']*')
    | (?P<datetime>datetime'[^']*')
    | (?P<string>'(?:[^']|'')*')
    | (?P<number>-?[0-9]+(?:\.[0-9]+)?)
    | (?P<name>[^\W\d][\w/]*)
    | (?P<sign>[(),])
    )""",
    re.VERBOSE,
)
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "substringof": lambda part, whole: part in whole,
    "startswith": lambda whole, part: whole.startswith(part),
    "endswith": lambda whole, part: whole.endswith(part),
}


def condition(text: str, resolve: Resolve) -> Condition:
    """Parse a filter into a test of rows. Raises: ODataError, as the platform does."""
    if len(text) > LONGEST:
        raise ODataError(400, 14, "Опция запроса $filter слишком длинная")
    parser = _Parser(_tokens(text), resolve)
    try:
        test = parser.either()
    except RecursionError:
        raise _unreadable("слишком глубокая вложенность") from None
    if parser.ahead.kind != "end":
        raise _unreadable(parser.ahead.text)
    return test


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str


@dataclass(frozen=True)
class _Operand:
    kind: EdmType
    value: Getter


def _tokens(text: str) -> list[_Token]:
    tokens, position = [], 0
    text = text.rstrip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            if text[position:].lstrip().startswith("+"):
                raise ODataError(500, -1, 'Операция не разрешена в предложении "ГДЕ"')
            raise _unreadable(text[position:])
        tokens.append(_Token(found.lastgroup or "", found[0].strip()))
        position = found.end()
    return [*tokens, _Token("end", "")]


def _unreadable(rest: str) -> ODataError:
    return ODataError(400, 14, f"Ошибка при разборе опции запроса $filter: {rest}")


class _Parser:
    def __init__(self, tokens: list[_Token], resolve: Resolve) -> None:
        self._tokens = tokens
        self._position = 0
        self._resolve = resolve

    @property
    def ahead(self) -> _Token:
        return self._tokens[self._position]

    def either(self) -> Condition:
        tests = [self._both()]
        while self._take("or"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)

    def _both(self) -> Condition:
        tests = [self._single()]
        while self._take("and"):
            tests.append(self._single())
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)

    def _single(self) -> Condition:
        if self._take("not"):
            test = self._single()
            return lambda row: not test(row)
        if self._take("("):
            test = self.either()
            self._expect(")")
            return test
        if self._tokens[self._position + 1 : self._position + 2] == [_Token("sign", "(")]:
            return self._function()
        return self._comparison()

    def _function(self) -> Condition:
        name = self._next().text
        if name not in _FUNCTIONS:
            raise ODataError(400, 14, f"Неизвестная функция {name}")
        self._expect("(")
        first = self._operand()
        self._expect(",")
        second = self._operand()
        self._expect(")")
        if (first.kind, second.kind) != (EdmType.STRING, EdmType.STRING):
            raise ODataError(400, 14, f"Неверные параметры функции {name}")
        test = _FUNCTIONS[name]
        return lambda row: test(first.value(row), second.value(row))

    def _comparison(self) -> Condition:
        left = self._operand()
        sign = self._next().text
        if sign not in _COMPARISONS:
            raise _unreadable(sign)
        right = self._operand()
        if left.kind is not right.kind:
            raise ODataError(400, 14, f"Нельзя сравнить {left.kind} и {right.kind}")
        compare = _COMPARISONS[sign]
        return lambda row: compare(left.value(row), right.value(row))

    def _operand(self) -> _Operand:
        token = self._next()
        match token.kind:
            case "guid":
                return _constant(EdmType.GUID, _guid(token.text[5:-1]))
            case "datetime":
                return _constant(EdmType.DATETIME, _moment(token.text[9:-1]))
            case "string":
                return _constant(EdmType.STRING, token.text[1:-1].replace("''", "'"))
            case "number":
                return _constant(EdmType.DOUBLE, float(token.text))
            case "name" if token.text in ("true", "false"):
                return _constant(EdmType.BOOLEAN, token.text == "true")
            case "name":
                return _Operand(*self._resolve(token.text))
        raise _unreadable(token.text)

    def _next(self) -> _Token:
        token = self.ahead
        if token.kind != "end":
            self._position += 1
        return token

    def _take(self, text: str) -> bool:
        taken = self.ahead.kind in ("name", "sign") and self.ahead.text == text
        self._position += taken
        return taken

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise _unreadable(self.ahead.text)


def _constant(kind: EdmType, value: Any) -> _Operand:
    return _Operand(kind, lambda row: value)


def _guid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError as bad:
        raise ODataError(400, 1, f"Ошибка при разборе значения типа Edm.Guid: {text}") from bad


def _moment(text: str) -> str:
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", text):
        raise ODataError(400, 1, f"Ошибка при разборе значения типа Edm.DateTime: {text}")
    return text
