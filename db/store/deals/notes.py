"""Repository of notes, calls and invoices."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.domain.deals.entities import Note, NoteKind
from db.domain.deals.history import Actor, Change, Kind
from db.store.deals.history import SqlHistory
from db.store.tables import DealRow, NoteRow


class SqlNotes:
    """`db.ports.deals.Notes` on SQLAlchemy."""

    def __init__(self, session: Session, history: SqlHistory) -> None:
        self._session, self._history = session, history

    def add(
        self,
        deal_id: str,
        kind: NoteKind,
        text: str,
        actor: Actor,
        *,
        invoice_number: str | None = None,
        amount: str | None = None,
    ) -> Note:
        row = NoteRow(
            deal_id=deal_id,
            kind=kind,
            text=text,
            author=actor.id,
            at=datetime.now(UTC),
            invoice_number=invoice_number,
            amount=amount,
        )
        self._session.add(row)
        self._session.flush()
        version = self._session.scalar(select(DealRow.version).where(DealRow.id == deal_id)) or 1
        change = Change(Kind.NOTE, kind, None, {"id": row.id, "text": text[:200]})
        self._history.append(deal_id, [change], actor, version)
        return _note(row)

    def of(self, deal_id: str, *, after: int = 0, limit: int = 500) -> Sequence[Note]:
        query = (
            select(NoteRow)
            .where(NoteRow.deal_id == deal_id, NoteRow.id > after)
            .order_by(NoteRow.id)
            .limit(limit)
        )
        return [_note(row) for row in self._session.scalars(query)]

    def some(self, deal_id: str, ids: Collection[int]) -> Sequence[Note]:
        query = select(NoteRow).where(NoteRow.deal_id == deal_id, NoteRow.id.in_(ids))
        return [_note(row) for row in self._session.scalars(query)]


def _note(row: NoteRow) -> Note:
    return Note(
        id=row.id,
        deal_id=row.deal_id,
        kind=NoteKind(row.kind),
        text=row.text,
        author=row.author,
        at=row.at,
        invoice_number=row.invoice_number,
        amount=row.amount,
    )
