"""What callers send about deals; the values of fields are judged by the catalogue."""

from typing import Annotated, Any, Literal

from pydantic import Field

from api.http.schema import Code, Line, Login, LongText, RequestSchema, Text, Version

FieldValues = Annotated[
    dict[Annotated[str, Field(max_length=60)], Any],
    Field(
        title="Значения полей",
        description="Код поля → значение; null очищает поле. Поля и типы: GET /api/v1/fields.",
        max_length=200,
        examples=[{"inn": "7712345671", "limit": "1500000.00"}],
    ),
]


class NewDeal(RequestSchema):
    """A request of a client becomes a deal."""

    direction: Code = Field(title="Направление", examples=["newClients"])
    fields: FieldValues = Field(default_factory=dict)
    manager: Login | None = Field(
        None,
        title="Менеджер",
        description="Указывают руководитель и сервисные учётные записи; менеджер создаёт себе.",
        examples=["manager1"],
    )


class DealChange(RequestSchema):
    """A part of the card; fields that are not named stay as they are."""

    version: Version | None = Field(None, title="Версия, которую вы видели")
    fields: FieldValues


class NewManager(RequestSchema):
    manager: Login = Field(title="Новый менеджер", examples=["manager2"])
    version: Version | None = Field(None, title="Версия, которую вы видели")


class LastDay(RequestSchema):
    to: Text = Field(title="Последний день временных условий", examples=["2026-12-31"])
    version: Version | None = Field(None, title="Версия, которую вы видели")


class StageMove(RequestSchema):
    stage: Code = Field(title="Стадия", examples=["collectingDocuments"])
    version: Version | None = Field(None, title="Версия, которую вы видели")


class Loss(RequestSchema):
    reason: Code = Field(title="Причина из списка lossReasons", examples=["price"])
    comment: LongText | None = Field(None, title="Комментарий")
    version: Version | None = Field(None, title="Версия, которую вы видели")


class NewNote(RequestSchema):
    """A word about the deal: a note, a call, an invoice."""

    kind: Literal["note", "call", "invoice"] = Field("note", title="Вид записи")
    text: LongText = Field("", title="Текст", examples=["Клиент просит отсрочку 21 день."])
    invoice_number: Line | None = Field(
        None, title="Номер счёта", max_length=60, examples=["СЧ-104"]
    )
    amount: Text | int | None = Field(None, title="Сумма счёта, руб.", examples=["125000.00"])
