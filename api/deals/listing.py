"""Lists of deals in any order: the filter of a query, and one page with the cursor of each deal."""

from collections.abc import Sequence

from api.deals.requests import DealQuery
from db.domain.deals.deal import Deal
from db.ports.board import Order, SortedPlace
from db.ports.deals import DealFilter
from db.ports.store import Store

NEWEST = "newest"


def filter_of(query: DealQuery) -> DealFilter:
    """The conditions of a query; what is sorted by sum or waiting time are open deals."""
    conditions = query.model_dump(exclude={"after", "limit", "sort"})
    if query.sort != NEWEST:
        conditions["open"] = True
    return DealFilter(**conditions)


def listed(
    store: Store, wanted: DealFilter, sort: str, *, after: str | None, limit: int
) -> Sequence[tuple[Deal, str]]:
    """A page of deals, each with the cursor behind which the next page begins."""
    if sort == NEWEST:
        return [(deal, deal.id) for deal in store.deals.page(wanted, after=after, limit=limit)]
    place = None
    if after is not None:
        key, _, number = after.partition("-")
        place = SortedPlace(int(key), int(number))
    page = store.board.page(wanted, Order(sort), after=place, limit=limit)
    return [(deal, f"{place.key}-{place.number}") for deal, place in page]
