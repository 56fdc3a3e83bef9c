"""Look-up of deals by several exact keys and by words, as one list without repetitions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from api.deals.requests import SEARCHABLE
from api.deals.views import deal_line
from api.engine.users import PersonNames
from api.search.responses import FoundDeal
from db.domain.deals.deal import Deal
from db.domain.fields.contacts import email_key, phone_key
from db.domain.fields.requisites import is_inn
from db.ports.deals import DealFilter
from db.ports.store import Store

MAX_SERIAL = 60  # characters
MAX_NUMBER = 9  # digits of a deal's number


@dataclass(frozen=True)
class Lookup:
    """A filter and the name of what it compares; no name for words."""

    wanted: DealFilter
    label: str = ""


def lookups(text: str) -> list[Lookup]:
    """Search keys that the text may be: exact keys first, words last; none if it is too short."""
    text = " ".join(text.split())
    joined = "".join(text.split()).upper()
    found = []
    if joined.isascii() and joined.isdigit() and len(joined) <= MAX_NUMBER and int(joined) < 2**31:
        found.append(Lookup(DealFilter(number=int(joined)), "Номер сделки"))
    if is_inn(joined):
        found.append(Lookup(DealFilter(inn=joined), "ИНН"))
    if (phone := phone_key(text)) is not None:
        found.append(Lookup(DealFilter(contact=phone), "Телефон"))
    if (email := email_key(text)) is not None:
        found.append(Lookup(DealFilter(contact=email), "Электронная почта"))
    if 3 <= len(joined) <= MAX_SERIAL:
        found.append(Lookup(DealFilter(serial=joined), "Серийный номер"))
    if SEARCHABLE.search(text) and not is_inn(joined):
        found.append(Lookup(DealFilter(text=text)))
    return found


def find(
    store: Store, wanted: Sequence[Lookup], access: DealFilter, *, limit: int
) -> list[tuple[Deal, list[str]]]:
    """The newest deals of each look-up that ``access`` lets its reader see, with what matched."""
    found: dict[str, tuple[Deal, list[str]]] = {}
    for each in wanted:
        narrowed = replace(
            each.wanted,
            readable_by=access.readable_by,
            directions=access.directions,
            also=access.also,
        )
        for deal in store.deals.page(narrowed, after=None, limit=limit):
            labels = found.setdefault(deal.id, (deal, []))[1]
            labels += [each.label] if each.label else []
    return list(found.values())


def found_deal(store: Store, deal: Deal, matched: list[str], names: PersonNames) -> FoundDeal:
    """A found deal as an entry of the list."""
    return FoundDeal.of(deal_line(store.catalog, deal, names), matched=matched)
