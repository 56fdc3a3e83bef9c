"""Reports as files for spreadsheets: CSV and XLSX, in which no text is a formula."""

import io
from collections.abc import Sequence

import xlsxwriter

from api.deals.export import MARK, csv_line
from api.reports.tables import Cell, Table, Unit

FORMATS = {
    Unit.COUNT: "0",
    Unit.SHARE: "0.0%",
    Unit.MONEY: "#,##0.00",
    Unit.HOURS: "0.0",
}
"""Unit of a column → number format of XLSX."""
PLACES = {Unit.SHARE: 4, Unit.HOURS: 2, Unit.MONEY: 2}
WIDTHS = {Unit.TEXT: 36}
NARROW = 18  # characters
UNITS = {Unit.MONEY: "₽", Unit.HOURS: "ч"}


def as_csv(table: Table, about: Sequence[str]) -> bytes:
    """UTF-8 with a mark, semicolons and decimal commas. ``about``: lines above the table."""
    units = [column.unit for column in table.columns]
    lines = [[line] for line in about]
    lines.append(_heads(table))
    for row in (*table.rows, *([table.total] if table.total else [])):
        lines.append([_plain(cell, unit) for cell, unit in zip(row, units, strict=True)])
    return (MARK + "".join(map(csv_line, lines))).encode()


def as_xlsx(table: Table, about: Sequence[str]) -> bytes:
    """A workbook of one sheet. ``about``: lines above the table."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        sheet, bold = book.add_worksheet("Отчёт"), book.add_format({"bold": True})
        number = {unit: book.add_format({"num_format": form}) for unit, form in FORMATS.items()}
        for at, line in enumerate(about):
            sheet.write_string(at, 0, line, bold)
        top = len(about) + 1
        for at, (head, column) in enumerate(zip(_heads(table), table.columns, strict=True)):
            sheet.set_column(at, at, WIDTHS.get(column.unit, NARROW))
            sheet.write_string(top, at, head, bold)
        rows = [*table.rows, *([table.total] if table.total else [])]
        for down, row in enumerate(rows, top + 1):
            for at, (cell, column) in enumerate(zip(row, table.columns, strict=True)):
                if isinstance(cell, str):
                    sheet.write_string(down, at, cell)  # never a formula, whatever it begins with
                elif cell is not None:
                    sheet.write_number(down, at, cell, number[column.unit])
        sheet.freeze_panes(top + 1, 0)
    return content.getvalue()


def _heads(table: Table) -> list[str]:
    return [
        f"{column.label}, {UNITS[column.unit]}" if column.unit in UNITS else column.label
        for column in table.columns
    ]


def _plain(cell: Cell, unit: Unit) -> str:
    if cell is None or isinstance(cell, str):
        return cell or ""
    if unit in PLACES:
        return f"{cell:.{PLACES[unit]}f}".replace(".", ",")
    return str(cell)
