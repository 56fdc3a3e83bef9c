"""Endpoints of notes, calls and invoices recorded on a deal."""

from decimal import Decimal

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from api.deals.access import DealAccessDep
from api.deals.notes.requests import NewNote
from api.deals.notes.responses import NotePage, NoteSchema
from api.dependencies import CurrentActor, IdempotentRequestDep
from api.engine.users import PersonNames
from api.http.idempotency import IdempotentResponse
from api.http.pagination import After, Limit, next_page_url
from api.routing import StrictRoute
from db.domain.catalog import Field, FieldKind
from db.domain.deals.entities import Note, NoteKind
from db.domain.errors import FieldProblem, FieldsInvalid
from db.domain.fields.values import BadValue, money, parse
from db.ports.store import Store

router = APIRouter(prefix="/deals/{deal_id}/notes", tags=["Заметки"], route_class=StrictRoute)

AMOUNT = Field("amount", "Сумма счёта", FieldKind.MONEY, "invoice")
"""Field definition by which the amount of an invoice is parsed."""


@router.get("", summary="Заметки, звонки и счета")
def read_notes(access: DealAccessDep, after: After = 0, limit: Limit = 200) -> NotePage:
    """The oldest first; ``next`` is the address of the next page."""
    with access.reading() as context:
        rows = context.store.notes.of(access.deal_id, after=after, limit=limit + 1)
    items = [_note(note, access.names) for note in rows[:limit]]
    return NotePage(items=items, next=next_page_url(f"/deals/{access.deal_id}/notes", rows, limit))


@router.post("", status_code=201, response_model=NoteSchema, summary="Записать")
def add_note(
    body: NewNote, access: DealAccessDep, actor: CurrentActor, once: IdempotentRequestDep
) -> JSONResponse:
    """Record a note, a call, or an invoice with its number and amount."""

    def effect(store: Store) -> IdempotentResponse:
        deal = access.load_for_writing(store).deal
        amount = _validated_amount(body, store)
        note = store.notes.add(
            deal.id,
            NoteKind(body.kind),
            body.text,
            actor,
            invoice_number=body.invoice_number,
            amount=amount,
        )
        return IdempotentResponse.of(_note(note, access.names), 201)

    return once.run(effect)


def _validated_amount(body: NewNote, store: Store) -> str | None:
    """The amount in its stored form.

    Raises: FieldsInvalid with every problem of the note, also of its other members.
    """
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


def _note(note: Note, names: PersonNames) -> NoteSchema:
    amount_text = money(Decimal(note.amount)) if note.amount is not None else ""
    return NoteSchema.of(note, author=names.person(note.author), amount_text=amount_text)
