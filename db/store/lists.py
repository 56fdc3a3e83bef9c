"""Universal lists: items as the portal administrator left them, with their history."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from db.domain.catalog import Catalog, ListItem
from db.domain.errors import ListItemNotFound
from db.domain.history import Actor
from db.domain.values import Json
from db.store.tables import ListHistoryRow, ListItemRow


class SqlLists:
    """`ports.Lists` on SQLAlchemy; all items are read once per transaction."""

    def __init__(self, session: Session, catalog: Catalog) -> None:
        self._session, self._catalog = session, catalog

    @cached_property
    def _items(self) -> dict[tuple[str, str], ListItem]:
        query = select(ListItemRow).order_by(ListItemRow.position, ListItemRow.code)
        return {(row.list, row.code): _item(row) for row in self._session.scalars(query)}

    def is_active(self, list_code: str, item: str) -> bool:
        found = self._items.get((list_code, item))
        return found is not None and found.active

    def name_of(self, list_code: str, item: str) -> str:
        found = self._items.get((list_code, item))
        return found.name if found else item

    def items(self, list_code: str) -> Sequence[ListItem]:
        return [item for (code, _), item in self._items.items() if code == list_code]

    def item(self, list_code: str, item: str) -> ListItem:
        try:
            return self._items[list_code, item]
        except KeyError:
            known = self._catalog.lists.get(list_code)
            raise ListItemNotFound(known.name if known else list_code, item) from None

    def put(self, list_code: str, item: ListItem, actor: Actor) -> tuple[ListItem, bool]:
        row = self._session.get(ListItemRow, (list_code, item.code), with_for_update=True)
        old = None if row is None else _as_json(_item(row))
        if row is None:
            row = ListItemRow(list=list_code, code=item.code)
            self._session.add(row)
        row.name, row.active, row.position = item.name, item.active, item.order
        row.attributes = dict(item.attributes)
        if old != _as_json(item):
            self._session.add(
                ListHistoryRow(
                    list=list_code,
                    code=item.code,
                    at=datetime.now(UTC),
                    actor=actor.id,
                    old=old,
                    new=_as_json(item),
                )
            )
        self._session.flush()
        self.__dict__.pop("_items", None)
        return item, old is None

    def history(self, list_code: str) -> Sequence[Mapping[str, Json]]:
        query = select(ListHistoryRow).where(ListHistoryRow.list == list_code)
        return [
            {"code": r.code, "at": r.at.isoformat(), "actor": r.actor, "old": r.old, "new": r.new}
            for r in self._session.scalars(query.order_by(ListHistoryRow.id))
        ]

    def seed(self) -> None:
        """Add the catalogue's items that are new; those present are the administrator's."""
        rows = [
            {
                "list": known.code,
                "code": item.code,
                "name": item.name,
                "active": item.active,
                "position": item.order,
                "attributes": dict(item.attributes),
            }
            for known in self._catalog.lists.values()
            for item in known.items
            if (known.code, item.code) not in self._items
        ]
        if rows:
            self._session.execute(insert(ListItemRow), rows)
            self.__dict__.pop("_items", None)


def _item(row: ListItemRow) -> ListItem:
    return ListItem(row.code, row.name, row.active, row.position, row.attributes)


def _as_json(item: ListItem) -> dict[str, Any]:
    return {
        "name": item.name,
        "active": item.active,
        "order": item.order,
        "attributes": dict(item.attributes),
    }
