"""Repository of document templates; the files are small and are stored in the rows of versions.

So a backup of the database has them, and no sweep of the file store has to know them.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from db.domain.documents.placeholders import TemplateKind
from db.domain.documents.templates import Template, TemplateVersion
from db.store.tables import TemplateRow, TemplateVersionRow


class SqlTemplates:
    """`db.ports.administration.Templates` on SQLAlchemy."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def all(self) -> Sequence[Template]:
        rows = self._session.scalars(select(TemplateRow).order_by(TemplateRow.name)).all()
        newest_first = select(TemplateVersionRow).order_by(TemplateVersionRow.number.desc())
        versions: dict[str, list[TemplateVersion]] = {row.id: [] for row in rows}
        for version in self._session.scalars(newest_first):
            versions[version.template_id].append(_version(version))
        return [_template(row, versions[row.id]) for row in rows]

    def get(self, template_id: str, *, for_update: bool = False) -> Template | None:
        query = select(TemplateRow).where(TemplateRow.id == template_id)
        row = self._session.scalar(query.with_for_update() if for_update else query)
        if row is None:
            return None
        versions = self._session.scalars(
            select(TemplateVersionRow)
            .where(TemplateVersionRow.template_id == template_id)
            .order_by(TemplateVersionRow.number.desc())
        )
        return _template(row, [_version(version) for version in versions])

    def content(self, template_id: str, number: int) -> bytes | None:
        query = select(TemplateVersionRow.content).where(
            TemplateVersionRow.template_id == template_id, TemplateVersionRow.number == number
        )
        return self._session.scalar(query)

    def add(self, template: Template, content: bytes) -> None:
        self._session.execute(
            insert(TemplateRow).values(
                id=template.id,
                kind=template.kind.value,
                name=template.name,
                directions=list(template.directions),
            )
        )
        self.add_version(template.id, template.latest, content)

    def add_version(self, template_id: str, version: TemplateVersion, content: bytes) -> None:
        members = {**version.__dict__, "expressions": list(version.expressions)}
        self._session.execute(
            insert(TemplateVersionRow).values(template_id=template_id, content=content, **members)
        )

    def set_retired(self, template_id: str, by: str | None, at: datetime | None) -> None:
        row = update(TemplateRow).where(TemplateRow.id == template_id)
        self._session.execute(row.values(retired_by=by, retired_at=at))


def _template(row: TemplateRow, versions: Sequence[TemplateVersion]) -> Template:
    return Template(
        id=row.id,
        kind=TemplateKind(row.kind),
        name=row.name,
        directions=tuple(row.directions),
        versions=tuple(versions),
        retired_by=row.retired_by,
        retired_at=row.retired_at,
    )


def _version(row: TemplateVersionRow) -> TemplateVersion:
    return TemplateVersion(
        number=row.number,
        file_name=row.file_name,
        size=row.size,
        sha256=row.sha256,
        expressions=tuple(row.expressions),
        uploaded_by=row.uploaded_by,
        uploaded_at=row.uploaded_at,
    )
