"""Response schemas of the search and of duplicates."""

from pydantic import Field

from api.deals.responses import DealLine
from api.http.schema import ResponseSchema


class FoundDeal(DealLine):
    """A deal that was found, with what it was found by."""

    matched: list[str] = Field(title="Что совпало", examples=[["ИНН"]])


class FoundDeals(ResponseSchema):
    """Deals that were found; exact matches first, then the newest."""

    items: list[FoundDeal] = Field(title="Сделки")
    more: bool = Field(title="Найдено больше, чем показано")
    hint: str | None = Field(title="Что изменить в запросе, чтобы нашлось")


class ValueProblem(ResponseSchema):
    """A typed value that a deal would not take."""

    field: str = Field(title="Код", examples=["inn"])
    message: str = Field(title="Что исправить")


class Duplicates(ResponseSchema):
    """Deals with the same client that the caller may read."""

    items: list[FoundDeal] = Field(title="Сделки с тем же клиентом")
    problems: list[ValueProblem] = Field(title="Ошибки в набранном")
