"""Repository of universal lists and their change history."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Text, cast, delete, func, insert, or_, select
from sqlalchemy.orm import Session

from db.domain.catalog import Catalog, ListItem
from db.domain.clock import today
from db.domain.deals.entities import ItemChange
from db.domain.deals.history import Actor, Kind
from db.domain.errors import ListItemInUse, ListItemNotFound
from db.domain.fields.values import Json
from db.domain.list_versions import ANY_VERSION, check_seen
from db.domain.shipping.delivery import DIRECTION
from db.store.deals.history import SqlHistory
from db.store.tables import HistoryEntry, ListHistoryRow, ListItemRow, RunRow, table_of

Items = Mapping[tuple[str, str], ListItem]
"""List items by list and code, in the order of their lists."""
ITEMS, ITEM_HISTORY = table_of(ListItemRow), table_of(ListHistoryRow)
VERSION = select(
    select(func.max(ITEM_HISTORY.c.id)).scalar_subquery(),
    select(func.count()).select_from(ITEMS).scalar_subquery(),
)
"""Differs when a list has changed."""


class CommittedItems:
    """All list items as last committed, kept between transactions together with their version."""

    def __init__(self) -> None:
        self._known: tuple[object, Items] = None, {}

    def of(self, session: Session) -> Items:
        """Return the items; reads them anew only when a list has changed."""
        version = tuple(session.execute(VERSION).one())
        known, items = self._known
        if known != version:
            items = read_items(session)
            self._known = version, items
        return items


def read_items(session: Session) -> Items:
    """Read all list items."""
    rows = session.execute(select(ITEMS).order_by(ITEMS.c.position, ITEMS.c.code))
    return {(row.list, row.code): _item(row) for row in rows}


class SqlLists:
    """`db.ports.administration.Lists` on SQLAlchemy; items are looked up once per transaction."""

    def __init__(
        self, session: Session, catalog: Catalog, history: SqlHistory, committed: CommittedItems
    ) -> None:
        self._session, self._catalog = session, catalog
        self._history, self._committed = history, committed
        self._changed = False

    @cached_property
    def _items(self) -> Items:
        return read_items(self._session) if self._changed else self._committed.of(self._session)

    def _forget(self) -> None:
        """Read the items again; those of this transaction are not shared before its commit."""
        self._changed = True
        self.__dict__.pop("_items", None)

    def is_active(self, list_code: str, item: str) -> bool:
        found = self._items.get((list_code, item))
        return found is not None and found.can_be_chosen(today())

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

    def put(
        self, list_code: str, item: ListItem, actor: Actor, seen: str = ANY_VERSION
    ) -> tuple[ListItem, bool]:
        row = self._locked(list_code, item.code)
        check_seen(item.code, None if row is None else _item(row), seen, item)
        old = None if row is None else _as_json(_item(row))
        if row is None:
            row = ListItemRow(list=list_code, code=item.code)
            self._session.add(row)
        row.name, row.active, row.position = item.name, item.active, item.order
        row.attributes = dict(item.attributes)
        if old != _as_json(item):
            self._remember(list_code, item.code, actor, old, _as_json(item))
        self._session.flush()
        self._forget()
        return item, old is None

    def remove(self, list_code: str, item: str, actor: Actor, seen: str = ANY_VERSION) -> None:
        row = self._locked(list_code, item)
        known = self.item(list_code, item) if row is None else _item(row)
        check_seen(item, known, seen)
        if deals := self._deals_with(list_code, item):
            raise ListItemInUse(known.name, deals)
        self._session.execute(
            delete(ListItemRow).where(ListItemRow.list == list_code, ListItemRow.code == item)
        )
        self._remember(list_code, item, actor, _as_json(known), None)
        self._session.flush()
        self._forget()

    def _locked(self, list_code: str, code: str) -> ListItemRow | None:
        """The item's row, locked until the end of the transaction."""
        key = (list_code, code)
        return self._session.get(ListItemRow, key, with_for_update=True, populate_existing=True)

    def _deals_with(self, list_code: str, item: str) -> int:
        """Number of deals that have or had the item, counted in their history and runs."""
        self._history.flush()
        fields = [f.code for f in self._catalog.fields.values() if f.list == list_code]
        sides = [
            cast(side, Text).contains(f'"{item}"') for side in (HistoryEntry.new, HistoryEntry.old)
        ]
        valued = select(HistoryEntry.deal_id).where(
            HistoryEntry.kind == Kind.FIELD, HistoryEntry.subject.in_(fields), or_(*sides)
        )
        ran = select(RunRow.deal_id).where(RunRow.direction == item)
        found = (valued.union(ran) if DIRECTION in fields else valued.distinct()).subquery()
        return self._session.scalar(select(func.count()).select_from(found)) or 0

    def _remember(self, list_code: str, code: str, actor: Actor, old: Json, new: Json) -> None:
        row = ListHistoryRow(list=list_code, code=code, at=datetime.now(UTC), actor=actor.id)
        row.old, row.new = old, new
        self._session.add(row)

    def history(self, list_code: str, *, after: int = 0, limit: int = 500) -> Sequence[ItemChange]:
        query = (
            select(ListHistoryRow)
            .where(ListHistoryRow.list == list_code, ListHistoryRow.id > after)
            .order_by(ListHistoryRow.id)
            .limit(limit)
        )
        return [
            ItemChange(row.id, row.code, row.at, row.actor, row.old, row.new)
            for row in self._session.scalars(query)
        ]

    def seed(self) -> None:
        """Add the catalog's items that are new; those present are the administrator's, and
        those that have a history but are not present were removed."""
        query = select(ListHistoryRow.list, ListHistoryRow.code).distinct()
        removed = {(row.list, row.code) for row in self._session.execute(query)}
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
            if (known.code, item.code) not in self._items.keys() | removed
        ]
        if rows:
            self._session.execute(insert(ListItemRow), rows)
            self._forget()


def _item(row: Any) -> ListItem:
    return ListItem(row.code, row.name, row.active, row.position, row.attributes)


def _as_json(item: ListItem) -> dict[str, Any]:
    return {
        "name": item.name,
        "active": item.active,
        "order": item.order,
        "attributes": dict(item.attributes),
    }
