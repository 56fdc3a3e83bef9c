"""Decision tables (.dmn files): their contents, and the parser."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from bpmn.model.elements import InvalidDiagram

DMN = "{https://www.omg.org/spec/DMN/20191111/MODEL/}"
CAMUNDA = "{http://camunda.org/schema/1.0/dmn}"
STRING, NUMBER, BOOLEAN = "string", "double", "boolean"
"""Types of columns."""
MOST_ROWS = 200
LONGEST_CELL = 2000

_TEXTS = re.compile(r'"[^"\\]{1,60}"(?: ?, ?"[^"\\]{1,60}"){0,99}')
_TEXT = re.compile(r'"([^"\\]{1,60})"')
_NUMBER = r"(-?[0-9]{1,15}(?:\.[0-9]{1,4})?)"
_COMPARED = re.compile(rf"(<=|>=|<|>)? ?{_NUMBER}")
_BETWEEN = re.compile(rf"([\[(]) ?{_NUMBER} ?\.\. ?{_NUMBER} ?([\])])")

Value = str | Decimal | None
"""Value of an input; None: the variable is null."""


class CellUnreadable(ValueError):
    """A cell has an expression that is not one of the allowed simple ones."""


@dataclass(frozen=True)
class Cell:
    """Condition of a row on one input; ``text`` as a person wrote it."""

    text: str
    kind: str
    """Type of the column."""

    @property
    def is_any(self) -> bool:
        return self.text in ("", "-")

    @cached_property
    def values(self) -> Sequence[str]:
        """The texts that fit; empty for a column of numbers. Raises: CellUnreadable."""
        if self.is_any or self.kind != STRING:
            return ()
        if not _TEXTS.fullmatch(self.text):
            raise CellUnreadable(
                f'«{self.text[:60]}»: перечислите значения в кавычках, как "a","b", или «-»'
            )
        return _TEXT.findall(self.text)

    @cached_property
    def _range(self) -> tuple[Decimal | None, bool, Decimal | None, bool]:
        """Lower limit, whether it fits itself, upper limit, whether it fits itself."""
        if found := _BETWEEN.fullmatch(self.text):
            opens, low, high, closes = found.groups()
            return Decimal(low), opens == "[", Decimal(high), closes == "]"
        found = _COMPARED.fullmatch(self.text)
        if found is None or self.kind != NUMBER:
            raise CellUnreadable(f"«{self.text[:60]}»: сравните с числом, как >= 500000, или «-»")
        sign, number = found[1] or "=", Decimal(found[2])
        low_limit = number if sign in (">", ">=", "=") else None
        high_limit = number if sign in ("<", "<=", "=") else None
        return low_limit, sign in (">=", "="), high_limit, sign in ("<=", "=")

    @property
    def is_equality(self) -> bool:
        """Whether exactly one number fits."""
        return self.kind == NUMBER and re.fullmatch(_NUMBER, self.text) is not None

    @property
    def limits(self) -> Iterable[Decimal]:
        """Numbers at which the condition may change. Raises: CellUnreadable."""
        if self.is_any or self.kind == STRING:
            return ()
        low, _, high, _ = self._range
        return [limit for limit in (low, high) if limit is not None]

    def fits(self, value: Value) -> bool:
        """Whether the condition holds; only «-» fits a null. Raises: CellUnreadable."""
        if self.is_any:
            return True
        if self.kind == STRING:
            return value in self.values
        if not isinstance(value, Decimal):
            return False
        low, with_low, high, with_high = self._range
        above = low is None or value > low or (with_low and value == low)
        below = high is None or value < high or (with_high and value == high)
        return above and below


@dataclass(frozen=True)
class Column:
    """An input or the output of a table."""

    id: str
    line: int
    label: str
    variable: str
    """Expression of an input, which is the name of a variable; name of an output."""
    kind: str
    language: str = ""
    """Expression language where one is named."""


@dataclass(frozen=True)
class TableRow:
    """A row: conditions on the inputs, and the output if all of them hold."""

    id: str
    line: int
    cells: tuple[Cell, ...]
    output: str
    note: str = ""
    languages: tuple[str, ...] = ()

    def fits(self, values: Iterable[Value]) -> bool:
        """Whether all conditions hold. Raises: CellUnreadable."""
        return all(cell.fits(value) for cell, value in zip(self.cells, values, strict=True))


@dataclass(frozen=True)
class DecisionTable:
    """One decision with its table."""

    path: Path
    id: str
    name: str
    line: int
    attributes: Mapping[str, str]
    hit_policy: str
    inputs: tuple[Column, ...]
    output: Column
    rows: tuple[TableRow, ...]
    language: str = ""
    """Expression language of the whole file, where one is named."""

    def line_of(self, element: str) -> int:
        """Line of a column or row; that of the decision for others."""
        lines = {column.id: column.line for column in (*self.inputs, self.output)}
        lines |= {row.id: row.line for row in self.rows}
        return lines.get(element, self.line)


def read_tables(folder: Path) -> tuple[DecisionTable, ...]:
    """Read all decision tables of a folder in the order of their names. Raises: InvalidDiagram."""
    return tuple(parse_table(path.read_bytes(), path) for path in sorted(folder.glob("*.dmn")))


def parse_table(source: bytes, path: Path) -> DecisionTable:
    """Parse a decision, without entities or DTDs; ``path`` is used in messages only.

    Raises: InvalidDiagram, also for anything but one decision with one table of one output.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(source, parser)
    except etree.XMLSyntaxError as error:
        raise InvalidDiagram(
            path,
            error.lineno or 1,
            f"файл не читается как XML ({error.msg}); верните прежнюю версию",
        ) from error
    if root.getroottree().docinfo.doctype:
        raise InvalidDiagram(path, 1, "в файле объявлен <!DOCTYPE …>; уберите его")
    if root.tag != f"{DMN}definitions":
        raise InvalidDiagram(path, root.sourceline, "это не файл DMN 1.3: нет <definitions>")
    decisions = [one for one in root if _name(one) not in ("DMNDI", "extensionElements")]
    if [_name(one) for one in decisions] != ["decision"]:
        raise InvalidDiagram(path, root.sourceline, "в файле должно быть ровно одно решение")
    decision = decisions[0]
    table = decision.find(f"{DMN}decisionTable")
    others = {_name(one) for one in decision} - {"decisionTable", "variable", "description"}
    if table is None or others:
        raise InvalidDiagram(path, decision.sourceline, "решение — одна таблица и ничего больше")
    outputs = table.findall(f"{DMN}output")
    if len(outputs) != 1:
        raise InvalidDiagram(
            path, table.sourceline, f"столбцов ответа {len(outputs)}; нужен ровно один"
        )
    inputs = tuple(_input(one) for one in table.findall(f"{DMN}input"))
    return DecisionTable(
        path=path,
        id=decision.get("id", ""),
        name=decision.get("name", ""),
        line=decision.sourceline,
        attributes={etree.QName(name).localname: text for name, text in decision.attrib.items()},
        hit_policy=table.get("hitPolicy", "UNIQUE"),
        inputs=inputs,
        output=_output(outputs[0]),
        rows=tuple(_row(one, inputs, path) for one in table.findall(f"{DMN}rule")),
        language=root.get("expressionLanguage", ""),
    )


def _name(element: Any) -> str:
    return str(etree.QName(element).localname) if isinstance(element.tag, str) else "comment"


def _input(element: Any) -> Column:
    expression = element.find(f"{DMN}inputExpression")
    found = expression if expression is not None else element
    return Column(
        id=element.get("id", ""),
        line=element.sourceline,
        label=element.get("label", ""),
        variable=_text(found),
        kind=found.get("typeRef", ""),
        language=found.get("expressionLanguage", ""),
    )


def _output(element: Any) -> Column:
    return Column(
        id=element.get("id", ""),
        line=element.sourceline,
        label=element.get("label", ""),
        variable=element.get("name", ""),
        kind=element.get("typeRef", ""),
    )


def _row(element: Any, inputs: Sequence[Column], path: Path) -> TableRow:
    given = element.findall(f"{DMN}inputEntry")
    outputs = element.findall(f"{DMN}outputEntry")
    if len(given) != len(inputs) or len(outputs) != 1:
        raise InvalidDiagram(
            path, element.sourceline, "в строке не столько ячеек, сколько столбцов"
        )
    note = element.find(f"{DMN}description")
    return TableRow(
        id=element.get("id", ""),
        line=element.sourceline,
        cells=tuple(
            Cell(_text(cell), column.kind) for cell, column in zip(given, inputs, strict=True)
        ),
        output=_text(outputs[0]),
        note="" if note is None else (note.text or "").strip(),
        languages=tuple(cell.get("expressionLanguage", "") for cell in (*given, *outputs)),
    )


def _text(element: Any) -> str:
    """The expression in an element, with its spaces collapsed."""
    found = element.find(f"{DMN}text")
    text = "" if found is None else "".join(found.itertext())
    return " ".join(text[: LONGEST_CELL + 1].split())
