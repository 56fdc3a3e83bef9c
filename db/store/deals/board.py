"""Repository of the board: totals and pages of the columns, each by one statement."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_, union, union_all
from sqlalchemy.orm import Session

from db.domain.deals.deal import Deal
from db.ports.board import ColumnTotal, Order, Place, SortedPlace
from db.ports.deals import DealFilter
from db.store.deals.deals import SqlDeals, conditions, number_of, reasons
from db.store.tables import DealRow

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class SqlBoard:
    """`db.ports.board.Board` on SQLAlchemy.

    Like `SqlDeals.page`, it asks once per reason for access, so that an index answers each.
    """

    def __init__(self, session: Session, deals: SqlDeals) -> None:
        self._session, self._deals = session, deals

    def totals(self, wanted: DealFilter) -> Mapping[str, ColumnTotal]:
        columns = (DealRow.number, DealRow.stage, DealRow.amount)
        parts = [select(*columns).where(*conditions(wanted), *more) for more in _access(wanted)]
        # UNION, not UNION ALL: a deal may be readable for several reasons.
        deals = (union(*parts) if len(parts) > 1 else parts[0]).subquery()
        query = select(
            deals.c.stage, func.count(), func.coalesce(func.sum(deals.c.amount), 0)
        ).group_by(deals.c.stage)
        return {
            stage: ColumnTotal(count, Decimal(int(kopecks)).scaleb(-2))
            for stage, count, kopecks in self._session.execute(query)
        }

    def managers(self, directions: Collection[str]) -> Mapping[str, ColumnTotal]:
        query = (
            select(DealRow.manager, func.count(), func.coalesce(func.sum(DealRow.amount), 0))
            .where(DealRow.direction.in_(directions), DealRow.closed_at.is_(None))
            .group_by(DealRow.manager)
        )
        return {
            manager: ColumnTotal(count, Decimal(int(kopecks or 0)).scaleb(-2))
            for manager, count, kopecks in self._session.execute(query)
        }

    def led_by(self, manager: str) -> Mapping[str, int]:
        query = (
            select(DealRow.direction, func.count())
            .where(DealRow.manager == manager, DealRow.closed_at.is_(None))
            .group_by(DealRow.direction)
        )
        return {row[0]: row[1] for row in self._session.execute(query)}

    def cards(
        self, wanted: DealFilter, stages: Sequence[str], *, after: Place | None, limit: int
    ) -> Mapping[str, Sequence[Deal]]:
        pages = [self._page(wanted, stage, after, limit) for stage in stages]
        rows = self._session.execute(union_all(*pages)).all()
        deals = {deal.id: deal for deal in self._deals.some([row.id for row in rows])}
        found: dict[str, list[Deal]] = {stage: [] for stage in stages}
        # `some` reads within the same transaction: on PostgreSQL a deal may have moved in between.
        for row in rows:
            if row.id in deals:
                found[row.stage].append(deals[row.id])
        return {stage: sorted(found[stage], key=_arrival, reverse=True) for stage in stages}

    def page(
        self, wanted: DealFilter, order: Order, *, after: SortedPlace | None, limit: int
    ) -> Sequence[tuple[Deal, SortedPlace]]:
        by_amount = order is Order.AMOUNT
        key: Any = func.coalesce(DealRow.amount, -1) if by_amount else DealRow.stage_since
        parts = []
        for more in _access(wanted):
            part = select(DealRow.id, DealRow.number, key.label("key"))
            part = part.where(*conditions(wanted), *more)
            if after is not None:
                here, there = (
                    tuple_(key, DealRow.number),
                    tuple_(_stored(order, after), after.number),
                )
                part = part.where(here > there if order is Order.WAITING else here < there)
            parts.append(_ordered(part, key, DealRow.number, order).limit(limit))
        found = union(*(select(part.subquery()) for part in parts)).subquery()
        query = _ordered(select(found), found.c.key, found.c.number, order).limit(limit)
        rows = self._session.execute(query).all()
        deals = {deal.id: deal for deal in self._deals.some([row.id for row in rows])}
        return [(deals[row.id], _place(order, row)) for row in rows if row.id in deals]

    def _page(self, wanted: DealFilter, stage: str, after: Place | None, limit: int) -> Select[Any]:
        """Ids of one column's page, with the stage."""
        columns = (DealRow.id, DealRow.stage, DealRow.stage_since, DealRow.number)
        order = (DealRow.stage_since.desc(), DealRow.number.desc())
        parts = []
        for more in _access(wanted):
            part = select(*columns).where(*conditions(wanted), DealRow.stage == stage, *more)
            if after is not None:
                here = tuple_(DealRow.stage_since, DealRow.number)
                part = part.where(here < tuple_(after.since, after.number))
            parts.append(part.order_by(*order).limit(limit))
        if len(parts) == 1:
            rows = parts[0].subquery()
            return select(rows.c.id, rows.c.stage)
        found = union(*(select(part.subquery()) for part in parts)).subquery()
        page = (
            select(found.c.id, found.c.stage)
            .order_by(found.c.stage_since.desc(), found.c.number.desc())
            .limit(limit)
        ).subquery()
        return select(page.c.id, page.c.stage)


def _access(wanted: DealFilter) -> list[tuple[ColumnElement[bool], ...]]:
    """Conditions by reason for access; one without a condition for who may read everything."""
    if wanted.readable_by is None:
        return [()]
    return [(reason,) for reason in reasons(wanted)]


def _ordered(query: Select[Any], key: ColumnElement[Any], number: Any, order: Order) -> Select[Any]:
    if order is Order.WAITING:
        return query.order_by(key, number)
    return query.order_by(key.desc(), number.desc())


def _stored(order: Order, place: SortedPlace) -> Any:
    """The value of the column at a place."""
    return EPOCH + place.key * MICROSECOND if order is Order.WAITING else place.key - 1


def _place(order: Order, row: Any) -> SortedPlace:
    if order is Order.WAITING:
        return SortedPlace((row.key - EPOCH) // MICROSECOND, row.number)
    return SortedPlace(int(row.key) + 1, row.number)


def _arrival(deal: Deal) -> tuple[Any, int]:
    return deal.stage_since, number_of(deal.id)
