"""Storage ports of the board of open deals and of saved filters."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from db.domain.deals.deal import Deal
from db.domain.fields.values import Json
from db.ports.deals import DealFilter


@dataclass(frozen=True)
class ColumnTotal:
    """Number of open deals in a stage and the sum of those that have one."""

    count: int
    amount: Decimal


@dataclass(frozen=True)
class Place:
    """Place in a column behind which the next page begins; it stays when the deal moves on."""

    since: datetime
    number: int


class Order(StrEnum):
    """Order of a list of open deals."""

    WAITING = "waiting"  # longest in their stage first
    AMOUNT = "amount"  # biggest sum first


@dataclass(frozen=True)
class SortedPlace:
    """Place in a sorted list: the value that it is sorted by, and the deal's number."""

    key: int
    """Microseconds since 1970, or kopecks plus one and 0 without a sum."""
    number: int


class Board(Protocol):
    """Open deals of one direction by stage; ``wanted`` names the direction."""

    def totals(self, wanted: DealFilter) -> Mapping[str, ColumnTotal]:
        """Totals by stage; a stage without deals is missing."""
        ...

    def managers(self, directions: Collection[str]) -> Mapping[str, ColumnTotal]:
        """Totals of open deals in some directions by manager's login."""
        ...

    def led_by(self, manager: str) -> Mapping[str, int]:
        """Number of open deals of a manager by direction."""
        ...

    def cards(
        self, wanted: DealFilter, stages: Sequence[str], *, after: Place | None, limit: int
    ) -> Mapping[str, Sequence[Deal]]:
        """The first deals of each of the stages, those that came there last first."""
        ...

    def page(
        self, wanted: DealFilter, order: Order, *, after: SortedPlace | None, limit: int
    ) -> Sequence[tuple[Deal, SortedPlace]]:
        """Page of open deals in an order of theirs, each with its place."""
        ...


@dataclass(frozen=True)
class SavedView:
    """Named filter of a person's deal list."""

    id: int
    name: str
    query: Mapping[str, Json]


class SavedViews(Protocol):
    """Filters that people saved, each for themselves."""

    def of(self, login: str) -> Sequence[SavedView]:
        """Views of a person by name."""
        ...

    def put(self, login: str, name: str, query: Mapping[str, Json]) -> SavedView:
        """Store a view; one of the same name is replaced."""
        ...

    def delete(self, login: str, view_id: int) -> bool:
        """Delete a view of the person. Returns: whether there was one."""
        ...
