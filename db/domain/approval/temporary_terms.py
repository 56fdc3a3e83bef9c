"""Temporary terms: a markup group and a limit valid until the last day of their period."""

from datetime import date

from db.domain.catalog import Catalog
from db.domain.deals.deal import Deal
from db.domain.deals.history import Change, Kind
from db.domain.deals.side_processes import SideProcess
from db.domain.errors import FieldProblem, FieldsInvalid, NoTemporaryTerms
from db.domain.fields.values import BadValue, ListNames, parse

GROUP, LIMIT, PERIOD = "temporaryMarkupGroup", "temporaryLimit", "temporaryPeriod"


def side_key(deal_id: str) -> str:
    """Key of the side process that ends a deal's temporary terms."""
    return f"temporary-terms:{deal_id}"


def last_day(deal: Deal) -> date | None:
    """Last day of the temporary terms; None if the deal has none."""
    period = deal.values.get(PERIOD)
    if period is None or (deal.values.get(GROUP) is None and deal.values.get(LIMIT) is None):
        return None
    return date.fromisoformat(period["to"])


def end(deal: Deal) -> None:
    """Restore the ordinary markup group and limit, also in a closed deal."""
    for code in (GROUP, LIMIT, PERIOD):
        if code in deal.values:
            deal.record(Change(Kind.FIELD, code, deal.values.pop(code), None))


def prolong(
    catalog: Catalog,
    deal: Deal,
    to: object,
    agreed: SideProcess | None,
    lists: ListNames,
) -> bool:
    """Set another last day of agreed terms, later or earlier, also in a closed deal.

    ``agreed``: what sees to their end. A day that is over ends them at once.
    Returns: whether the day changed. Raises: NoTemporaryTerms, FieldsInvalid.
    """
    if agreed is None or agreed.closed_at is not None or last_day(deal) is None:
        raise NoTemporaryTerms(deal.id)
    period = deal.values[PERIOD]
    known = catalog.fields[PERIOD]
    try:
        wanted = parse(known, {"from": period["from"], "to": to}, lists)
    except BadValue as bad:
        raise FieldsInvalid([FieldProblem(PERIOD, known.label, str(bad))]) from None
    if wanted == period:
        return False
    deal.record(Change(Kind.FIELD, PERIOD, period, wanted))
    deal.values[PERIOD] = wanted
    return True
