"""Response schemas of orders in 1C."""

from datetime import date
from typing import Literal

from pydantic import Field

from api.http.schema import ResponseSchema


class GoodsLineSchema(ResponseSchema):
    """A line of an order, as the field «goods» of a deal has it."""

    article: str = Field(title="Артикул", examples=["GCS46"])
    name: str = Field(title="Наименование", examples=["Пила цепная бензиновая"])
    quantity: str = Field(title="Количество", examples=["2.5"])
    unit: str = Field(title="Единица", examples=["шт."])
    price: str | None = Field(title="Цена, руб.", examples=["18900.00"])


class OrderCandidate(ResponseSchema):
    """An order of the client to choose instead."""

    ref: str | None = Field(title="Запись в 1С")
    number: str = Field(title="Номер", examples=["ЗКУТ-000014"])
    date: str | None = Field(title="Дата", examples=["2026-11-10"])
    organisation: str = Field(title="Наша организация")
    amount: str | None = Field(title="Сумма, руб.", examples=["165000.00"])
    code: str = Field(title="Код")
    client: str = Field(title="Клиент")
    warehouse: str = Field(title="Склад")
    note: str = Field(title="Примечание")


class OrderAnswerSchema(ResponseSchema):
    """A question about an order in 1C and what 1C answered."""

    id: str = Field(title="Номер запроса")
    number: str = Field(title="Номер заказа: найденный, до ответа введённый")
    state: Literal["waiting", "found", "refused"] = Field(
        title="Состояние: ждёт ответа 1С, найден, отказ"
    )
    deal_version: int = Field(title="Версия сделки, с которой сравнено", examples=[7])
    day: date | None = Field(None, title="Дата заказа", examples=["2026-11-10"])
    goods: list[GoodsLineSchema] = Field([], title="Товары заказа")
    changes: list[str] = Field(
        [], title="Чем они отличаются от товаров сделки", examples=[["добавлено: GCS46, 2 шт."]]
    )
    warnings: list[str] = Field([], title="Необычное, что не мешает взять")
    sentence: str = Field("", title="Почему не взять и что делать")
    code: str = Field("", title="Код отказа", examples=["NOT_FOUND"])
    candidates: list[OrderCandidate] = Field([], title="Похожие заказы клиента")
