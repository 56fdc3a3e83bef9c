"""Request schemas of notes."""

from typing import Literal

from pydantic import Field

from api.http.schema import Line, LongText, RequestSchema, Text


class NewNote(RequestSchema):
    """A note, a call or an invoice to record on a deal."""

    kind: Literal["note", "call", "invoice"] = Field("note", title="Вид записи")
    text: LongText = Field("", title="Текст", examples=["Клиент просит отсрочку 21 день."])
    invoice_number: Line | None = Field(
        None, title="Номер счёта", max_length=60, examples=["СЧ-104"]
    )
    amount: Text | int | None = Field(None, title="Сумма счёта, руб.", examples=["125000.00"])
