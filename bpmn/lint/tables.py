"""Rules for decision tables; one function per rule, its docstring is the documentation."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise, product
from math import prod

from bpmn.lint.finding import Finding, Violation
from bpmn.lint.rules.moments import is_time_to_live
from bpmn.model.decision_tables import (
    BOOLEAN,
    LONGEST_CELL,
    MOST_ROWS,
    NUMBER,
    STRING,
    CellUnreadable,
    DecisionTable,
    TableRow,
    Value,
)
from db.domain.catalog import Catalog, Field, FieldKind

TableRule = Callable[[DecisionTable, Catalog], Iterator[Violation]]
FIRST, UNIQUE = "FIRST", "UNIQUE"
KINDS: Mapping[FieldKind, str] = {
    FieldKind.LIST: STRING,
    FieldKind.MONEY: NUMBER,
    FieldKind.INTEGER: NUMBER,
}
"""Kind of a deal field → type of the column that asks for it."""
MOST_CASES = 20_000
"""Combinations of inputs that are tried; a person could not read a larger table."""
FEEL = "feel"
REASON = "Иначе движок остановит сделку на этой таблице или решит не так, как в ней читают люди."


def table_attributes_set(table: DecisionTable, catalog: Catalog) -> Iterator[Violation]:
    """A table has a Russian name, the id of its file, and a history time to live; each column has a
    label; each row has an id of its own and says in its description what it decides."""
    if table.id != table.path.stem:
        yield table.id, f"имя файла не равно идентификатору таблицы; назовите файл {table.id}.dmn"
    if not table.name:
        yield table.id, "у таблицы нет названия; дайте его"
    if not is_time_to_live(table.attributes.get("historyTimeToLive", "")):
        yield table.id, "срок хранения истории пишется днями, как P180D; исправьте его"
    for column in (*table.inputs, table.output):
        if not column.label.strip():
            yield column.id, "у столбца нет подписи; напишите, что в нём"
    for row_id, count in Counter(row.id for row in table.rows).items():
        if count > 1:
            yield row_id, f"строк с этим идентификатором {count}; удалите лишние"
    for row in table.rows:
        if not row.note:
            yield row.id, "у строки нет описания; напишите словами, что она решает"


def hit_policy_allowed(table: DecisionTable, catalog: Catalog) -> Iterator[Violation]:
    """The hit policy is FIRST or UNIQUE: others give several results or none that can be told."""
    if table.hit_policy not in (FIRST, UNIQUE):
        yield table.id, f"правило выбора строк {table.hit_policy}; поставьте {FIRST} или {UNIQUE}"


def columns_typed(table: DecisionTable, catalog: Catalog) -> Iterator[Violation]:
    """Each input is a list, money or integer field of deals, with the type of such a field, and
    some row asks for it; the output is a boolean. Nothing but FEEL is evaluated."""
    for position, column in enumerate(table.inputs):
        if all(row.cells[position].is_any for row in table.rows):
            yield column.id, "ни одна строка не спрашивает этот столбец; уберите его"
        if column.variable in {one.variable for one in table.inputs[:position]}:
            yield column.id, f"{column.variable} спрашивают два столбца; оставьте один"
        known = catalog.fields.get(column.variable)
        kind = KINDS.get(known.kind) if known else None
        if kind is None:
            yield (
                column.id,
                f"«{column.variable}»: нужно поле сделки — список, сумма или целое число",
            )
        elif column.kind != kind:
            yield column.id, f"тип «{column.kind}»; для «{column.variable}» нужен {kind}"
    if table.output.kind != BOOLEAN or not table.output.variable.isidentifier():
        yield table.output.id, f"у ответа должны быть имя и тип {BOOLEAN}; исправьте столбец ответа"
    named = [(table.id, table.language), *((one.id, one.language) for one in table.inputs)]
    named += [(row.id, language) for row in table.rows for language in row.languages]
    for element, language in named:
        if language and language.casefold() != FEEL and "/FEEL/" not in language:
            yield element, f"язык выражений «{language}»; поставьте FEEL"


def cells_readable(table: DecisionTable, catalog: Catalog) -> Iterator[Violation]:
    """Cells are quoted values of the column's list, comparisons with a number, or «-»; outputs are
    true or false. Such cells can be checked, and no code runs in the engine. A sum of money is
    compared, not equal to the kopeck."""
    if len(table.rows) > MOST_ROWS:
        yield table.id, f"строк {len(table.rows)}, можно до {MOST_ROWS}; разделите таблицу"
    for row in table.rows:
        if row.output not in ("true", "false"):
            yield row.id, f"ответ «{row.output[:60]}»; напишите true или false"
        for cell, column in zip(row.cells, table.inputs, strict=True):
            try:
                if len(cell.text) > LONGEST_CELL:
                    raise CellUnreadable(
                        f"ячейка длиннее {LONGEST_CELL} знаков; разделите её на строки"
                    )
                list(cell.limits)
                known = catalog.fields.get(column.variable)
                if known and known.kind is FieldKind.MONEY and cell.is_equality:
                    raise CellUnreadable(
                        f"«{cell.text}»: подойдёт только эта сумма; сравните, как >= {cell.text}"
                    )
                unknown = set(cell.values) - set(_items(known, catalog))
            except CellUnreadable as why:
                yield row.id, str(why)
                continue
            for value in sorted(unknown):
                yield row.id, f"в списке поля {column.variable} нет «{value}»; исправьте код"


def table_small(table: DecisionTable, catalog: Catalog) -> Iterator[Violation]:
    """Inputs have few enough combinations to try them all, which the rules below do."""
    cases = prod(map(len, _values(table, catalog)))
    if cases > MOST_CASES:
        yield (
            table.id,
            f"сочетаний {cases}, можно до {MOST_CASES}; уберите столбец или часть границ",
        )


def table_complete(table: DecisionTable, catalog: Catalog) -> Iterator[Violation]:
    """Some row fits whatever the inputs are, also a value that is missing: a process without a
    result would stop."""
    for values in _cases(table, catalog):
        if not any(row.fits(values) for row in table.rows):
            yield (
                table.id,
                f"ни одна строка не подходит при {_shown(table, values)}; "
                "добавьте её или последнюю из «-»",
            )
            return


def rows_exclusive(table: DecisionTable, catalog: Catalog) -> Iterator[Violation]:
    """With UNIQUE no two rows fit the same inputs: the engine would stop."""
    if table.hit_policy != UNIQUE:
        return
    seen: set[tuple[str, str]] = set()
    for values in _cases(table, catalog):
        fitting = [row.id for row in table.rows if row.fits(values)]
        for other in fitting[1:]:
            if (fitting[0], other) not in seen:
                seen.add((fitting[0], other))
                where = _shown(table, values)
                yield (
                    other,
                    f"при {where} подходит и {fitting[0]}; разведите их или поставьте {FIRST}",
                )


def rows_reachable(table: DecisionTable, catalog: Catalog) -> Iterator[Violation]:
    """Each row decides some case: one that earlier rows hide misleads its reader."""
    reached = set()
    for values in _cases(table, catalog):
        hit = next((row.id for row in table.rows if row.fits(values)), None)
        reached.add(hit)
    for row in table.rows if reached else ():
        if row.id not in reached:
            yield row.id, "строки выше решают все её случаи; поднимите её или удалите"


def limits_decide(table: DecisionTable, catalog: Catalog) -> Iterator[Violation]:
    """At each limit of a number the answer changes, for every value that its row decides; else the
    limit, the answer or the row beyond it is wrong, or a row above hides the limit."""
    for position, column in enumerate(table.inputs):
        if column.kind != NUMBER:
            continue
        faults: dict[str, str] = {}
        passed: set[tuple[str, Decimal]] = set()
        for line in _lines(table, catalog, position):
            for (value, row), (next_value, next_row) in pairwise(line):
                if row is None or next_row is None or row is next_row:
                    continue
                numbers = (value[position], next_value[position])
                passed |= {
                    (one.id, n)
                    for one in (row, next_row)
                    for n in numbers
                    if isinstance(n, Decimal)
                }
                limited = next(r for r in (row, next_row) if not r.cells[position].is_any)
                if row.output == next_row.output:
                    faults.setdefault(
                        limited.id,
                        f"по обе стороны границы ответ один, {row.output}: {_shown(table, value)} "
                        f"и {_shown(table, next_value)}; исправьте границу или ответ",
                    )
        for row in table.rows:
            for limit in row.cells[position].limits:
                if (row.id, limit) not in passed:
                    faults.setdefault(
                        row.id,
                        f"граница {limit} ничего не решает: её закрывают строки выше; исправьте",
                    )
        yield from faults.items()


def _lines(
    table: DecisionTable, catalog: Catalog, position: int
) -> Iterator[list[tuple[list[Value], TableRow | None]]]:
    """Cases that differ in one number, in its order, with the rows that decide them."""
    columns = _values(table, catalog)
    numbers = [value for value in columns[position] if value is not None]
    others = [[None] if at == position else values for at, values in enumerate(columns)]
    for values in product(*others):
        cases = [[*values[:position], number, *values[position + 1 :]] for number in numbers]
        yield [(case, next((row for row in table.rows if row.fits(case)), None)) for case in cases]


TRYING: tuple[TableRule, ...] = (table_complete, rows_exclusive, rows_reachable, limits_decide)
TABLE_RULES: tuple[TableRule, ...] = (
    table_attributes_set,
    hit_policy_allowed,
    columns_typed,
    cells_readable,
    table_small,
    *TRYING,
)


def check_tables(tables: Iterable[DecisionTable], catalog: Catalog) -> list[Finding]:
    """Run all rules; those that try cases only on a table that the others have no fault with."""
    found: list[Finding] = []
    for table in tables:
        own: list[Finding] = []
        for rule in TABLE_RULES:
            if own and rule in (table_small, *TRYING):
                break
            own += [
                Finding(
                    table.path,
                    table.line_of(element),
                    element,
                    rule.__name__,
                    message,
                    name=table.name,
                    reason=REASON,
                )
                for element, message in rule(table, catalog)
            ]
        found += own
    return found


def _cases(table: DecisionTable, catalog: Catalog) -> Iterable[Sequence[Value]]:
    """Combinations of inputs in which every possible result of the table occurs: each item of a
    list, each limit of a number and a number between two of them, and a missing value."""
    return product(*_values(table, catalog))


def _values(table: DecisionTable, catalog: Catalog) -> list[list[Value]]:
    columns: list[list[Value]] = []
    for position, column in enumerate(table.inputs):
        cells = [row.cells[position] for row in table.rows]
        if column.kind == STRING:
            columns.append([None, *_items(catalog.fields.get(column.variable), catalog)])
        else:
            limits = sorted({limit for cell in cells for limit in cell.limits})
            columns.append([None, *_between(limits)])
    return columns


def _between(limits: Sequence[Decimal]) -> list[Decimal]:
    if not limits:
        return [Decimal(0)]
    middles = [(low + high) / 2 for low, high in pairwise(limits)]
    return sorted({limits[0] - 1, *limits, *middles, limits[-1] + 1})


def _items(known: Field | None, catalog: Catalog) -> list[str]:
    if known is None or known.list is None:
        return []
    return [item.code for item in catalog.lists[known.list].items]


def _shown(table: DecisionTable, values: Sequence[Value]) -> str:
    return ", ".join(
        f"{column.variable} = {'пусто' if value is None else value}"
        for column, value in zip(table.inputs, values, strict=True)
    )
