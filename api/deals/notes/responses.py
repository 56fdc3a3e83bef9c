"""Response schemas of notes."""

from datetime import datetime
from decimal import Decimal

from pydantic import Field

from api.engine.users import PersonNames
from api.http.pagination import Page
from api.http.schema import PersonSchema, ResponseSchema
from db.domain.entities import Note
from db.domain.values import money


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

    @classmethod
    def of(cls, note: Note, names: PersonNames) -> "NoteSchema":
        return cls(
            id=note.id,
            kind=note.kind,
            text=note.text,
            author=names.person(note.author),
            at=note.at,
            invoice_number=note.invoice_number,
            amount=note.amount,
            amount_text=money(Decimal(note.amount)) if note.amount is not None else "",
        )


class NotePage(Page):
    """A page of notes, oldest first."""

    items: list[NoteSchema] = Field(title="Записи")
