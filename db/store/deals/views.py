"""Repository of saved filters of the deal list."""

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.domain.fields.values import Json
from db.ports.board import SavedView
from db.store.tables import SavedViewRow


class SqlViews:
    """`db.ports.board.SavedViews` on SQLAlchemy."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, login: str) -> Sequence[SavedView]:
        query = select(SavedViewRow).where(SavedViewRow.login == login)
        return [_view(row) for row in self._session.scalars(query.order_by(SavedViewRow.name))]

    def put(self, login: str, name: str, query: Mapping[str, Json]) -> SavedView:
        known = select(SavedViewRow).where(SavedViewRow.login == login, SavedViewRow.name == name)
        row = self._session.scalar(known)
        if row is None:
            row = SavedViewRow(login=login, name=name, query=dict(query))
            self._session.add(row)
        row.query = dict(query)
        self._session.flush()
        return _view(row)

    def delete(self, login: str, view_id: int) -> bool:
        mine = SavedViewRow.login == login, SavedViewRow.id == view_id
        gone = self._session.execute(delete(SavedViewRow).where(*mine))
        return bool(gone.rowcount)  # type: ignore[attr-defined]


def _view(row: SavedViewRow) -> SavedView:
    return SavedView(row.id, row.name, row.query)
