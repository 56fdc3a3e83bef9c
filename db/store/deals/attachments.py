"""Repository of attached files, a row per version; `db.store.blobs` stores their contents."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, func, insert, select
from sqlalchemy.orm import Session

from db.domain.deals.entities import Attachment
from db.domain.deals.history import Actor, Change, Kind
from db.store.deals.history import SqlHistory
from db.store.deals.preload import PerDeal
from db.store.tables import AttachmentRow, DealRow


class SqlAttachments:
    """`db.ports.deals.Attachments` on SQLAlchemy."""

    def __init__(
        self, session: Session, history: SqlHistory, files: PerDeal[frozenset[str]]
    ) -> None:
        """``files``: fields with a file by deal, as `SqlDeals` knows them."""
        self._session, self._history, self._files = session, history, files

    def add(self, attachment: Attachment, actor: Actor) -> Attachment:
        deal_version = self._deal_version(attachment.deal_id, lock=True)
        last = self._session.scalar(
            select(func.max(AttachmentRow.version)).where(
                AttachmentRow.deal_id == attachment.deal_id, AttachmentRow.field == attachment.field
            )
        )
        stored = replace(attachment, version=(last or 0) + 1)
        self._session.execute(insert(AttachmentRow).values(**stored.__dict__))
        self._files.forget(stored.deal_id)
        change = Change(
            Kind.FILE,
            stored.field,
            None,
            {
                "id": stored.id,
                "name": stored.name,
                "sha256": stored.sha256,
                "version": stored.version,
            },
        )
        self._history.append(stored.deal_id, [change], actor, deal_version)
        return stored

    def get(self, file_id: str) -> Attachment | None:
        row = self._session.get(AttachmentRow, file_id)
        return None if row is None else _attachment(row)

    def of(self, deal_id: str) -> Sequence[Attachment]:
        query = (
            select(AttachmentRow)
            .where(AttachmentRow.deal_id == deal_id)
            .order_by(AttachmentRow.field, AttachmentRow.version.desc())
        )
        return [_attachment(row) for row in self._session.scalars(query)]

    def bytes_of(self, deal_id: str) -> int:
        return self._bytes(AttachmentRow.deal_id == deal_id)

    def bytes_by(self, login: str, since: datetime) -> int:
        return self._bytes(AttachmentRow.uploaded_by == login, AttachmentRow.uploaded_at >= since)

    def _bytes(self, *conditions: ColumnElement[bool]) -> int:
        total = func.coalesce(func.sum(AttachmentRow.size), 0)
        return int(self._session.scalar(select(total).where(*conditions)) or 0)

    def uses(self, sha256: str) -> bool:
        """Whether any version of any deal's file, current or replaced, has this content."""
        query = select(AttachmentRow.id).where(AttachmentRow.sha256 == sha256).limit(1)
        return self._session.scalar(query) is not None

    def downloaded(self, attachment: Attachment, actor: Actor) -> None:
        change = Change(Kind.DOWNLOAD, attachment.field, None, {"id": attachment.id})
        version = self._deal_version(attachment.deal_id, lock=False)
        self._history.append(attachment.deal_id, [change], actor, version)

    def _deal_version(self, deal_id: str, *, lock: bool) -> int:
        query = select(DealRow.version).where(DealRow.id == deal_id)
        return self._session.execute(query.with_for_update() if lock else query).scalar_one()


def _attachment(row: AttachmentRow) -> Attachment:
    return Attachment(
        id=row.id,
        deal_id=row.deal_id,
        field=row.field,
        version=row.version,
        name=row.name,
        size=row.size,
        media_type=row.media_type,
        sha256=row.sha256,
        uploaded_by=row.uploaded_by,
        uploaded_at=row.uploaded_at,
    )
