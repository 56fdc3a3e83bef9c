"""Response schemas of notes."""

from datetime import datetime

from pydantic import Field

from api.http.pagination import Page
from api.http.schema import PersonSchema, ResponseSchema


class NoteSchema(ResponseSchema, title="NoteShape"):
    """A note, call or invoice recorded on a deal."""

    id: int = Field(title="Номер записи")
    kind: str = Field(title="Вид: note, call, invoice", examples=["note"])
    text: str = Field(title="Текст")
    author: PersonSchema = Field(title="Автор")
    at: datetime = Field(title="Когда")
    invoice_number: str | None = Field(title="Номер счёта", examples=["СЧ-104"])
    amount: str | None = Field(title="Сумма счёта, руб.", examples=["125000.00"])
    amount_text: str = Field(title="Сумма для чтения", examples=["125 000 ₽"])


class NotePage(Page):
    """A page of notes, oldest first."""

    items: list[NoteSchema] = Field(title="Записи")
