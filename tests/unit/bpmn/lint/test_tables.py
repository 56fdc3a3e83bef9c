"""Decision tables: the delivered one is sound, and each rule finds its fault."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest

from bpmn.lint.tables import TABLE_RULES, check_tables
from bpmn.model.decision_tables import (
    NUMBER,
    STRING,
    Cell,
    CellUnreadable,
    DecisionTable,
    Value,
    parse_table,
)
from bpmn.model.diagrams import DIRECTORY
from bpmn.model.elements import InvalidDiagram
from db.catalog.loading import load_catalog
from db.domain.catalog import Catalog

PATH = DIRECTORY / "director-threshold.dmn"
SOURCE = PATH.read_text(encoding="utf-8")
REST = '<rule id="Row_Rest">'


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def read(text: str) -> DecisionTable:
    return parse_table(text.encode(), PATH)


def replaced(old: str, new: str) -> Callable[[str], str]:
    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return edit


def without_last_row(text: str) -> str:
    start = text.index(REST)
    end = text.index("</rule>", start) + len("</rule>")
    return text[:start] + text[end:]


def in_last_row(old: str, new: str) -> Callable[[str], str]:
    def edit(text: str) -> str:
        before, found, after = text.partition(REST)
        assert old in after
        return before + found + new.join(after.rsplit(old, 1))

    return edit


def in_row(row: str, old: str, new: str) -> Callable[[str], str]:
    def edit(text: str) -> str:
        before, found, after = text.partition(f'<rule id="{row}">')
        assert old in after.partition("</rule>")[0]
        return before + found + after.replace(old, new, 1)

    return edit


BROKEN: list[tuple[str, str, Callable[[str], str]]] = [
    # rule, element it complains about, what breaks it
    ("table_attributes_set", "threshold", replaced('id="director-threshold"', 'id="threshold"')),
    (
        "table_attributes_set",
        "director-threshold",
        replaced(' camunda:historyTimeToLive="P180D"', ""),
    ),
    ("table_attributes_set", "director-threshold", replaced('"P180D"', '"P6M"')),
    ("table_attributes_set", "Row_Below", replaced('"Row_Rest"', '"Row_Below"')),
    (
        "table_attributes_set",
        "Row_Other",
        replaced("<description>Категории ещё нет в списке: решает директор</description>", ""),
    ),
    ("hit_policy_allowed", "director-threshold", replaced("FIRST", "COLLECT")),
    ("columns_typed", "Input_Amount", replaced('typeRef="double"', 'typeRef="string"')),
    ("columns_typed", "Input_Category", replaced("<text>productCategory", "<text>category")),
    ("columns_typed", "Input_Category", replaced("<text>productCategory", "<text>subject")),
    ("columns_typed", "Output_Director", replaced('typeRef="boolean"', 'typeRef="string"')),
    (
        "columns_typed",
        "Input_Category",
        replaced('typeRef="string"', 'typeRef="string" expressionLanguage="javascript"'),
    ),
    (
        "columns_typed",
        "Row_Other",
        replaced(
            'UnaryTests_OtherCategory"', 'UnaryTests_OtherCategory" expressionLanguage="groovy"'
        ),
    ),
    (
        "columns_typed",
        "director-threshold",
        replaced("<definitions ", '<definitions expressionLanguage="groovy" '),
    ),
    ("cells_readable", "Row_Below", replaced("&lt; 500000", "500000")),
    ("cells_readable", "Row_Other", replaced('"other"', '"others"')),
    ("cells_readable", "Row_Other", replaced('"other"', "not(&quot;other&quot;)")),
    ("cells_readable", "Row_Below", replaced("&lt; 500000", "&lt; limit()")),
    ("cells_readable", "Row_Rest", in_last_row("<text>true", "<text>maybe")),
    ("table_complete", "director-threshold", without_last_row),
    (
        "table_complete",
        "director-threshold",
        in_last_row("<text></text>", "<text>&gt; 500000</text>"),
    ),
    ("rows_exclusive", "Row_Rest", replaced("FIRST", "UNIQUE")),
    ("rows_reachable", "Row_LargeBelow", replaced("&gt;= 1000000", "")),
    ("limits_decide", "Row_LargeBelow", in_row("Row_LargeBelow", "<text>false", "<text>true")),
    ("limits_decide", "Row_AccessoryBelow", replaced("&gt;= 150000", "&gt; 150000")),
    ("limits_decide", "Row_AccessoryBelow", replaced("&lt; 150000", "&lt; 100000")),
    ("limits_decide", "Row_LargeBelow", replaced("&gt;= 1000000", "&gt;= 900000")),
    ("limits_decide", "Row_LargeAbove", in_row("Row_LargeBelow", '"generator",', "")),
    ("table_attributes_set", "Input_Amount", replaced("Сумма первой закупки, ₽", " ")),
    (
        "columns_typed",
        "Input_Amount",
        replaced("<text>firstPurchaseAmount", "<text>productCategory"),
    ),
]


def test_the_delivered_table_keeps_every_rule(catalog: Catalog) -> None:
    assert [str(finding) for finding in check_tables([read(SOURCE)], catalog)] == []


@pytest.mark.parametrize(("rule", "element", "edit"), BROKEN)
def test_each_rule_finds_its_fault(
    catalog: Catalog, rule: str, element: str, edit: Callable[[str], str]
) -> None:
    found = check_tables([read(edit(SOURCE))], catalog)

    assert (rule, element) in {(one.rule, one.element) for one in found}
    assert all(one.line > 1 for one in found)
    assert all(re.search("[а-яё]{3}", one.message) and one.name and one.reason for one in found)


def test_every_rule_but_that_of_the_size_is_shown_to_find_something() -> None:
    assert {rule.__name__ for rule in TABLE_RULES} == {name for name, _, _ in BROKEN} | {
        "table_small"
    }


def test_a_table_with_too_many_cases_is_refused_before_they_are_tried(catalog: Catalog) -> None:
    rows = "".join(
        f'<rule id="R{n}"><description>Да</description>'
        '<inputEntry><text>"other"</text></inputEntry>'
        f"<inputEntry><text>= {n}</text></inputEntry>"
        "<outputEntry><text>true</text></outputEntry></rule>".replace("= ", "&gt; ")
        for n in range(190)
    )
    start, end = SOURCE.index('<rule id="Row_Other">'), SOURCE.index("</decisionTable>")
    third = SOURCE.index("<output id")
    wide = SOURCE[:third] + (
        '<input id="I3" label="Цена"><inputExpression typeRef="double"><text>retailPrice</text>'
        "</inputExpression></input>"
    )
    rows = rows.replace(
        "<outputEntry>", "<inputEntry><text>&gt; 5</text></inputEntry><outputEntry>"
    )
    text = wide + SOURCE[third:start] + rows + SOURCE[end:]

    (found,) = check_tables([read(text)], catalog)

    assert found.rule == "table_small"


@pytest.mark.parametrize(
    ("text", "kind", "fitting", "other"),
    [
        (">= 500000", NUMBER, Decimal(500000), Decimal("499999.99")),
        ("> 5", NUMBER, Decimal("5.01"), Decimal(5)),
        ("<= 5", NUMBER, Decimal(5), Decimal("5.01")),
        ("5", NUMBER, Decimal("5.00"), Decimal(4)),
        ("[1..5)", NUMBER, Decimal(1), Decimal(5)),
        ("(1..5]", NUMBER, Decimal(5), Decimal(1)),
        ('"a","b"', STRING, "b", "c"),
        (">= 1", NUMBER, Decimal(1), None),
        ('"a"', STRING, "a", None),
    ],
)
def test_a_cell_fits(text: str, kind: str, fitting: Value, other: Value) -> None:
    cell = Cell(text, kind)

    assert cell.fits(fitting)
    assert not cell.fits(other)
    assert Cell("-", kind).fits(None)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('"a"', NUMBER),
        (">= 1", STRING),
        ("a", STRING),
        ('"a" or "b"', STRING),
        ("1 + 1", NUMBER),
        (">= java.lang.System", NUMBER),
        ("9" * 40, NUMBER),
    ],
)
def test_no_other_expression_is_read(text: str, kind: str) -> None:
    with pytest.raises(CellUnreadable):
        Cell(text, kind).fits("a" if kind == STRING else Decimal(1))


@pytest.mark.parametrize(
    "text",
    [
        "<definitions",
        "<a/>",
        '<!DOCTYPE d [<!ENTITY x "y">]>' + SOURCE.split("?>", 1)[1],
        SOURCE.replace("<decision ", "<decision id='d2'/><decision ", 1),
        SOURCE.replace("<output id", "<output id='o2' name='n'/><output id", 1),
        SOURCE.replace("decisionTable", "literalExpression"),
        SOURCE.replace("</inputEntry>", "</inputEntry><inputEntry/>", 1),
    ],
)
def test_a_file_that_is_no_single_table_is_refused(text: str) -> None:
    with pytest.raises(InvalidDiagram):
        read(text)
