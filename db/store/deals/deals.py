"""Repository of deals: stores their rows, texts for the search, and history of changes."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    bindparam,
    column,
    delete,
    func,
    insert,
    or_,
    select,
    table,
    union,
    update,
)
from sqlalchemy.orm import Session

from db.domain.catalog import Catalog
from db.domain.deals.deal import Deal
from db.domain.deals.history import Actor, Change, Kind
from db.domain.errors import DealChanged, DealNotFound
from db.domain.fields.contacts import CONTACT_FIELDS, contact_keys
from db.domain.steps.repairs import FOR_REPAIR, serial_key
from db.ports.deals import DealFilter
from db.store.deals.history import SqlHistory
from db.store.deals.preload import IDS, PerDeal, by_deal
from db.store.pipeline import UNREAD
from db.store.tables import (
    AttachmentRow,
    ContactRow,
    CounterRow,
    DealRow,
    DecisionRow,
    HistoryEntry,
    table_of,
)

SEARCHED = (
    "subject",
    "counterparty",
    "holding",
    "inn",
    "contactName",
    "contactPhone",
    "contractNumber",
    "productName",
    "manufacturerCode",
    "barcode",
)
"""Fields that the text filter of the deal list searches, besides the deal's id."""
IDS_AT_ONCE = 500  # in one query
DEALS, FILES = table_of(DealRow), table_of(AttachmentRow)
CONTACTS = table_of(ContactRow)
KOPECKS = 100
FREE = (
    select(DEALS)
    .where(DEALS.c.id.in_(IDS))
    .order_by(DEALS.c.number)
    .with_for_update(skip_locked=True)
)
ONE = select(DEALS).where(DEALS.c.id == bindparam("id"))
LOCKED = ONE.with_for_update()
FIELDS_WITH_FILE = select(FILES.c.deal_id, FILES.c.field).where(FILES.c.deal_id.in_(IDS)).distinct()
SAVE = update(DEALS).where(
    DEALS.c.id == bindparam("saved_id"), DEALS.c.version == bindparam("loaded_version")
)
NUMBERS = "deal_numbers"  # a sequence of PostgreSQL
INDEX = table("deals_search", column("rowid"), column("deals_search"))  # FTS5 of SQLite
TRIGRAM = 3  # shorter words are not in an index of trigrams


class SqlDeals:
    """`db.ports.deals.Deals` on SQLAlchemy."""

    def __init__(self, session: Session, history: SqlHistory, catalog: Catalog) -> None:
        self._session, self._history, self._catalog = session, history, catalog
        self._preloaded: dict[str, Any] = {}
        self.files = PerDeal(self._read_files)
        """Codes of the fields that have a file."""

    def preload(self, deal_ids: Collection[str]) -> Collection[str]:
        """Read and lock deals that no other transaction has locked. Returns: their ids."""
        rows = self._session.execute(FREE, {"ids": list(deal_ids)})
        self._preloaded = {row.id: row for row in rows}
        self.files.expect(self._preloaded)
        return self._preloaded.keys()

    def add(self, deal: Deal, actor: Actor) -> Deal:
        number = self._next_number()
        deal.id = f"D-{deal.created_at:%Y}-{number:05d}"
        row = {"number": number, "id": deal.id, **self._columns(deal)}
        self._session.execute(insert(DEALS), row)
        self._add_contacts(number, deal)
        created = Change(Kind.CREATED, "", None, {"direction": deal.direction, "stage": deal.stage})
        fields = [Change(Kind.FIELD, code, None, value) for code, value in deal.values.items()]
        self._history.append(deal.id, [created, *fields], actor, deal.version)
        deal.changes.clear()
        return deal

    def get(self, deal_id: str, *, for_update: bool = False) -> Deal:
        row: Any = self._preloaded.get(deal_id)
        if row is None:
            row = self._session.execute(LOCKED if for_update else ONE, {"id": deal_id}).first()
        if row is None:
            raise DealNotFound(deal_id)
        return _deal(row, self.files.of(deal_id))

    def save(self, deal: Deal, actor: Actor) -> None:
        if not deal.changes:
            return
        loaded_version = deal.version
        deal.version += 1
        locked = self._preloaded.pop(deal.id, None)
        if locked is not None and locked.version == loaded_version:
            # Locked since it was read: nobody else has changed it.
            self._session.execute(SAVE, self._saved(deal, loaded_version), execution_options=UNREAD)
        else:
            stored = self._session.execute(SAVE, self._saved(deal, loaded_version))
            if stored.rowcount != 1:  # type: ignore[attr-defined]
                raise self._conflict(deal.id, loaded_version)
        self._history.append(deal.id, deal.changes, actor, deal.version)
        if any(one.kind is Kind.FIELD and one.subject in CONTACT_FIELDS for one in deal.changes):
            number = number_of(deal.id)
            self._session.execute(delete(CONTACTS).where(CONTACTS.c.number == number))
            self._add_contacts(number, deal)
        deal.changes.clear()

    def _add_contacts(self, number: int, deal: Deal) -> None:
        if keys := contact_keys(deal.values):
            rows = [{"key": key, "number": number} for key in sorted(keys)]
            self._session.execute(insert(CONTACTS).inline(), rows)

    def page(self, wanted: DealFilter, *, after: str | None, limit: int) -> Sequence[Deal]:
        query: Select[Any] = select(DEALS)
        if wanted.readable_by is None:
            query = self._newest(query, wanted, (), after, limit)
        elif self._is_sqlite and _phrases(wanted):
            # Matches are read newest first whatever the reason: one walk instead of one for each.
            query = self._newest(query, wanted, (or_(*reasons(wanted)),), after, limit)
        else:
            # The newest of each reason for access contain the newest of all, and each is found by
            # an index of its own; a condition with OR would be tested on every deal. SQLite knows
            # no figures of single values: for a direction without deals of the wanted stage it
            # would read the whole stage, so it gets all directions at once.
            found = [
                self._newest(select(DealRow.number), wanted, (reason,), after, limit).subquery()
                for reason in reasons(wanted, directions_apart=not self._is_sqlite)
            ]
            numbers = union(*(select(each.c.number) for each in found))
            query = query.where(DealRow.number.in_(numbers)).order_by(DealRow.number.desc())
        return self._deals(self._session.execute(query.limit(limit)).all())

    def _newest(
        self,
        query: Select[Any],
        wanted: DealFilter,
        more: Sequence[ColumnElement[bool]],
        after: str | None,
        limit: int,
    ) -> Select[Any]:
        number: ColumnElement[int] = DEALS.c.number
        query = query.where(*conditions(wanted), *more)
        phrases = _phrases(wanted)
        if phrases and self._is_sqlite:
            # Matches are read from the newest on, so a common word costs one page of them.
            number = INDEX.c.rowid
            found = INDEX.c.deals_search.op("MATCH")(" ".join(phrases))
            query = query.join(INDEX, number == DealRow.number).where(found)
        if after is not None:
            last = select(DealRow.number).where(DealRow.id == after).scalar_subquery()
            query = query.where(number < last)
        return query.order_by(number.desc()).limit(limit)

    @property
    def _is_sqlite(self) -> bool:
        return self._session.get_bind().dialect.name == "sqlite"

    def count_open(self) -> Mapping[tuple[str, str], int]:
        query = (
            select(DealRow.direction, DealRow.stage, func.count())
            .where(DealRow.closed_at.is_(None))
            .group_by(DealRow.direction, DealRow.stage)
        )
        return {
            (direction, stage): count for direction, stage, count in self._session.execute(query)
        }

    def some(self, ids: Collection[str]) -> Sequence[Deal]:
        query = select(DEALS).where(DEALS.c.id.in_(ids)).order_by(DEALS.c.number)
        return self._deals(self._session.execute(query).all())

    def of_serial(self, serial: str, *, limit: int) -> Sequence[Deal]:
        query = select(DealRow).where(DealRow.serial == serial)
        newest = query.order_by(DealRow.number.desc()).limit(limit)
        return self._deals(self._session.scalars(newest).all())

    def parts_of(self, repair_id: str) -> Sequence[Deal]:
        query = select(DealRow).where(DealRow.repair_id == repair_id)
        return self._deals(self._session.scalars(query.order_by(DealRow.number)).all())

    def open_ids(self) -> Sequence[str]:
        query = select(DealRow.id).where(DealRow.closed_at.is_(None)).order_by(DealRow.number)
        return self._session.scalars(query).all()

    def stages(self, ids: Collection[str] | None = None) -> Mapping[str, tuple[str, str]]:
        query = select(DealRow.id, DealRow.direction, DealRow.stage)
        if ids is None:
            return self._stages(query.where(DealRow.closed_at.is_(None)).order_by(DealRow.number))
        wanted, found = sorted(ids), dict[str, tuple[str, str]]()
        for first in range(0, len(wanted), IDS_AT_ONCE):
            batch = wanted[first : first + IDS_AT_ONCE]
            found |= self._stages(query.where(DealRow.id.in_(batch)))
        return found

    def open_after(self, after: str, limit: int) -> Mapping[str, tuple[str, str]]:
        query = (
            select(DealRow.id, DealRow.direction, DealRow.stage)
            .where(DealRow.closed_at.is_(None))
            .order_by(DealRow.number)
            .limit(limit)
        )
        if after:
            last = select(DealRow.number).where(DealRow.id == after).scalar_subquery()
            query = query.where(DealRow.number > last)
        return self._stages(query)

    def _stages(self, query: Select[str, str, str]) -> dict[str, tuple[str, str]]:
        return {row.id: (row.direction, row.stage) for row in self._session.execute(query)}

    def managers(self, ids: Collection[str]) -> Mapping[str, str]:
        query = select(DealRow.id, DealRow.manager).where(DealRow.closed_at.is_(None))
        wanted, found = sorted(ids), dict[str, str]()
        for first in range(0, len(wanted), IDS_AT_ONCE):
            rows = self._session.execute(
                query.where(DealRow.id.in_(wanted[first : first + IDS_AT_ONCE]))
            )
            found |= {row.id: row.manager for row in rows}
        return found

    def changed_fields(self, deal_id: str, since_version: int) -> Sequence[str]:
        self._history.flush()
        query = (
            select(HistoryEntry.kind, HistoryEntry.subject)
            .where(HistoryEntry.deal_id == deal_id, HistoryEntry.version > since_version)
            .where(HistoryEntry.kind.in_([Kind.FIELD, Kind.STAGE, Kind.MANAGER]))
            .order_by(HistoryEntry.id)
        )
        rows = self._session.execute(query).all()
        return list(dict.fromkeys(subject or kind for kind, subject in rows))

    def _columns(self, deal: Deal) -> dict[str, Any]:
        amount = deal.amount(self._catalog)
        return {
            "direction": deal.direction,
            "stage": deal.stage,
            "manager": deal.manager,
            "inn": deal.values.get("inn"),
            "serial": serial_key(deal),
            "repair_id": deal.values.get(FOR_REPAIR),
            "amount": None if amount is None else int(amount * KOPECKS),
            "values": deal.values,
            "search": _search_words(deal),
            "version": deal.version,
            "moves": deal.moves,
            "correcting": deal.correcting,
            "created_at": deal.created_at,
            "stage_since": deal.stage_since,
            "closed_at": deal.closed_at,
        }

    def _saved(self, deal: Deal, loaded_version: int) -> dict[str, Any]:
        """Parameters of `SAVE`."""
        return {**self._columns(deal), "saved_id": deal.id, "loaded_version": loaded_version}

    def _next_number(self) -> int:
        """Next number of a deal. PostgreSQL: a refused or failed creation leaves a gap, but no
        transaction waits for the end of another, as it would for a row that counts.
        """
        if not self._is_sqlite:
            number: int = self._session.execute(select(func.nextval(NUMBERS))).scalar_one()
            return number
        query = (
            update(CounterRow)
            .where(CounterRow.name == "deal")
            .values(value=CounterRow.value + 1)
            .returning(CounterRow.value)
        )
        return self._session.execute(query).scalar_one()

    def _conflict(self, deal_id: str, loaded_version: int) -> Exception:
        current = self._session.scalar(select(DealRow.version).where(DealRow.id == deal_id))
        if current is None:
            return DealNotFound(deal_id)
        changed = self.changed_fields(deal_id, loaded_version)
        return DealChanged(loaded_version, current, changed)

    def _deals(self, rows: Sequence[Any]) -> list[Deal]:
        files = self._read_files([row.id for row in rows])
        return [_deal(row, files[row.id]) for row in rows]

    def _read_files(self, deal_ids: Collection[str]) -> Mapping[str, frozenset[str]]:
        rows = self._session.execute(FIELDS_WITH_FILE, {"ids": list(deal_ids)})
        return {
            deal_id: frozenset(row.field for row in files)
            for deal_id, files in by_deal(deal_ids, rows).items()
        }


def number_of(deal_id: str) -> int:
    """The number that a deal's id ends with, its primary key."""
    return int(deal_id.rpartition("-")[2])


def _deal(row: Any, files: frozenset[str]) -> Deal:
    return Deal(
        id=row.id,
        direction=row.direction,
        stage=row.stage,
        manager=row.manager,
        created_at=row.created_at,
        stage_since=row.stage_since,
        values=dict(row.values),
        files=files,
        version=row.version,
        moves=row.moves,
        correcting=row.correcting,
        closed_at=row.closed_at,
    )


def _search_words(deal: Deal) -> str:
    words = [deal.id, *(str(deal.values[code]) for code in SEARCHED if code in deal.values)]
    return " ".join(words).casefold()


def _words(wanted: DealFilter) -> list[str]:
    return (wanted.text or "").casefold().split()


def _phrases(wanted: DealFilter) -> list[str]:
    """Searched words that are long enough for the index of SQLite, in its syntax."""
    return [f'"{quoted}"' for word in _words(wanted) if (quoted := _indexed(word))]


def _indexed(word: str) -> str:
    """The word as FTS5 quotes it; empty if it is too short for the index."""
    return word.replace('"', '""') if len(word) >= TRIGRAM else ""


def conditions(wanted: DealFilter) -> list[ColumnElement[bool]]:
    """Conditions of the filter, without those of access."""
    exact = {
        DealRow.direction: wanted.direction,
        DealRow.stage: wanted.stage,
        DealRow.manager: wanted.manager,
        DealRow.inn: wanted.inn,
        DealRow.number: wanted.number,
        DealRow.serial: wanted.serial,
    }
    given = [column == value for column, value in exact.items() if value is not None]
    for word in _words(wanted):
        given.append(DealRow.search.contains(word, autoescape=True))
    if wanted.contact is not None:
        given.append(
            DealRow.number.in_(select(CONTACTS.c.number).where(CONTACTS.c.key == wanted.contact))
        )
    if wanted.open is not None:
        closed = DealRow.closed_at
        given.append(closed.is_(None) if wanted.open else closed.is_not(None))
    return given


def reasons(wanted: DealFilter, *, directions_apart: bool = True) -> list[ColumnElement[bool]]:
    """Why `DealFilter.readable_by` may read a deal; one of them is enough.

    ``directions_apart``: each direction is a reason of its own, else all of them are one.
    """
    decided = select(DecisionRow.deal_id).where(DecisionRow.person == wanted.readable_by)
    found: list[ColumnElement[bool]] = [DealRow.id.in_(decided)]
    # A reason that contradicts a condition would be tested on every deal that meets the condition.
    if wanted.manager in (None, wanted.readable_by):
        found.append(DealRow.manager == wanted.readable_by)
    directions = [one for one in wanted.directions if wanted.direction in (None, one)]
    if directions_apart:
        found += [DealRow.direction == direction for direction in directions]
    elif directions:
        found.append(DealRow.direction.in_(directions))
    return [*found, DealRow.id.in_(wanted.also)] if wanted.also else found
