"""The deal as it was: its state after the history up to an instant."""

from collections.abc import Iterable

from db.domain.catalog import Catalog
from db.domain.deals.deal import Deal
from db.domain.deals.history import HistoryRow, Kind

KINDS = frozenset(Kind) - {Kind.DOWNLOAD, Kind.NOTE}
"""Kinds of history that change a deal or count as a version of it."""


def replay(catalog: Catalog, rows: Iterable[HistoryRow], manager: str) -> Deal | None:
    """The deal after ``rows``, its history in order; None if it was not created by then.

    ``manager``: who led it before the first change of the manager, as the creation names nobody.
    The deal has neither ``moves`` nor changes to store.
    """
    deal: Deal | None = None
    for row in rows:
        if row.kind is Kind.CREATED:
            deal = Deal(
                id=row.deal_id,
                direction=row.new["direction"],
                stage=row.new["stage"],
                manager=manager,
                created_at=row.at,
                stage_since=row.at,
                version=row.version,
            )
        elif deal is not None:
            _apply(catalog, deal, row)
            deal.version = row.version
    return deal


def first_manager(rows: Iterable[HistoryRow], now: str) -> str:
    """Login that led the deal at its creation. ``now``: who leads it now."""
    return next((str(row.old) for row in rows if row.kind is Kind.MANAGER), now)


def _apply(catalog: Catalog, deal: Deal, row: HistoryRow) -> None:
    match row.kind:
        case Kind.FIELD if row.new is None:
            deal.values.pop(row.subject, None)
        case Kind.FIELD:
            deal.values[row.subject] = row.new
        case Kind.STAGE:
            deal.stage, deal.stage_since, deal.correcting = row.new, row.at, False
            stage = catalog.direction_of(deal).stage(deal.stage)
            deal.closed_at = row.at if stage.outcome is not None else None
        case Kind.MANAGER:
            deal.manager = row.new
        case Kind.FILE:
            deal.files |= {row.subject}
        case Kind.CORRECTION:
            deal.correcting = bool(row.new)
