"""Notes, calls and invoices recorded on a deal."""

from datetime import datetime
from decimal import Decimal

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import Field

from api.deals.access import Visiting
from api.deals.requests import NewNote
from api.dependencies import CurrentActor, EmployeesDep, ResourcesDep
from api.engine.users import Names
from api.http.idempotency import Answer, OncePerKey
from api.http.pagination import After, Limit, Page, following
from api.http.schema import PersonSchema, ResponseSchema
from api.http.strict_json import StrictRoute
from db.domain.catalog import Field as DealField
from db.domain.catalog import FieldKind
from db.domain.entities import Note, NoteKind
from db.domain.errors import FieldProblem, FieldsInvalid
from db.domain.values import BadValue, money, parse
from db.ports.store import Store

router = APIRouter(prefix="/deals/{deal_id}/notes", tags=["Заметки"], route_class=StrictRoute)

AMOUNT = DealField("amount", "Сумма счёта", FieldKind.MONEY, "invoice")


class NoteSchema(ResponseSchema, title="NoteShape"):
    """What somebody wrote about the deal."""

    id: int = Field(title="Номер записи")
    kind: str = Field(title="Вид: note, call, invoice", examples=["note"])
    text: str = Field(title="Текст")
    author: PersonSchema = Field(title="Автор")
    at: datetime = Field(title="Когда")
    invoice_number: str | None = Field(title="Номер счёта", examples=["СЧ-104"])
    amount: str | None = Field(title="Сумма счёта, руб.", examples=["125000.00"])
    amount_text: str = Field(title="Сумма для чтения", examples=["125 000 ₽"])


class NotePage(Page):
    items: list[NoteSchema] = Field(title="Записи")


@router.get("", summary="Заметки, звонки и счета")
def read_notes(
    visitor: Visiting,
    resources: ResourcesDep,
    employees: EmployeesDep,
    after: After = 0,
    limit: Limit = 200,
) -> NotePage:
    """The oldest first; ``next`` leads to the following page."""
    names = employees.names()
    with resources.database.reading() as store:
        deal, _ = visitor.enter(store)
        rows = store.notes.of(deal.id, after=after, limit=limit + 1)
    items = [_shape(note, names) for note in rows[:limit]]
    return NotePage(items=items, next=following(f"/deals/{deal.id}/notes", rows, limit))


@router.post("", status_code=201, response_model=NoteSchema, summary="Записать")
def add_note(
    body: NewNote, visitor: Visiting, actor: CurrentActor, employees: EmployeesDep, once: OncePerKey
) -> JSONResponse:
    """Record a note, a call or an invoice with its number and amount."""
    names = employees.names()

    def effect(store: Store) -> Answer:
        deal, _ = visitor.enter_to_write(store)
        amount = _checked(body, store)
        note = store.notes.add(
            deal.id,
            NoteKind(body.kind),
            body.text,
            actor,
            invoice_number=body.invoice_number,
            amount=amount,
        )
        return Answer.of(_shape(note, names), 201)

    return once.do(effect)


def _checked(body: NewNote, store: Store) -> str | None:
    """The amount as it is kept. Raises: FieldsInvalid naming everything that is wrong."""
    problems, amount = [], None
    try:
        amount = parse(AMOUNT, body.amount, store.lists)
    except BadValue as bad:
        problems.append(FieldProblem("amount", AMOUNT.label, str(bad)))
    given = {"invoiceNumber": body.invoice_number, "amount": body.amount}
    labels = {"invoiceNumber": "Номер счёта", "amount": AMOUNT.label}
    for name, value in given.items():
        if body.kind == "invoice" and value in (None, ""):
            problems.append(FieldProblem(name, labels[name], "Заполните: без этого нет счёта."))
        if body.kind != "invoice" and value not in (None, ""):
            problems.append(FieldProblem(name, labels[name], "Заполняется только у счёта."))
    if body.kind != "invoice" and not any(c.isalnum() for c in body.text):
        problems.append(FieldProblem("text", "Текст", "Напишите хотя бы слово."))
    if problems:
        raise FieldsInvalid(problems)
    return None if amount is None else str(amount)


def _shape(note: Note, names: Names) -> NoteSchema:
    return NoteSchema(
        id=note.id,
        kind=note.kind,
        text=note.text,
        author=names.person(note.author),
        at=note.at,
        invoice_number=note.invoice_number,
        amount=note.amount,
        amount_text=money(Decimal(note.amount)) if note.amount is not None else "",
    )
