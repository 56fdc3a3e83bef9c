"""Response schemas of reports."""

from datetime import date

from pydantic import Field

from api.http.schema import Named, ResponseSchema
from api.reports.tables import Unit


class ReportKind(Named):
    """A report that can be asked for."""

    hint: str = Field(title="Что считается")
    single: bool = Field(title="Строится для одного направления")


class ReportKinds(ResponseSchema):
    """Reports, and the directions that the caller may see in them."""

    items: list[ReportKind] = Field(title="Отчёты")
    directions: list[Named] = Field(title="Направления")


class ReportColumn(ResponseSchema):
    """A column of a report."""

    label: str = Field(title="Заголовок", examples=["Сделок"])
    unit: Unit = Field(title="Что за числа: text, count, share, money, hours")


class ReportCell(ResponseSchema):
    """A cell: a text or a number."""

    text: str = Field(title="Для людей", examples=["12,5 %"])
    value: float | None = Field(title="Число; у текста пусто", examples=[0.125])


class ReportRow(ResponseSchema):
    """A row of a report."""

    cells: list[ReportCell] = Field(title="Ячейки в порядке столбцов")


class ReportSchema(ResponseSchema):
    """A report as a table; the chart shows its column ``bars``."""

    report: ReportKind = Field(title="Отчёт")
    directions: list[Named] = Field(title="По каким направлениям")
    since: date = Field(title="Первый день")
    until: date = Field(title="Последний день")
    columns: list[ReportColumn] = Field(title="Столбцы")
    rows: list[ReportRow] = Field(title="Строки")
    total: ReportRow | None = Field(title="Итог")
    bars: int = Field(title="Номер столбца, который показывает диаграмма, от нуля")
