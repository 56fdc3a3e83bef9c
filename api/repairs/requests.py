"""Request schemas of repairs."""

from pydantic import Field

from api.http.schema import Day, Line, RequestSchema


class NewPartsOrder(RequestSchema):
    """A part that a repair waits for."""

    part: Line = Field(title="Что нужно", min_length=1, examples=["Поршневая группа"])
    quantity: int | None = Field(None, title="Сколько, шт.", ge=1, le=10_000)


class NewCostOffer(RequestSchema):
    """A cost to send to the client by e-mail; the sums are those of the deal."""

    ready_by: Day = Field(title="Срок готовности", examples=["2026-12-04"])
    email: Line = Field(title="Адрес клиента", max_length=320, examples=["maria@example.ru"])
