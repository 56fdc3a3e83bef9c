"""Interface to 1C: queries for an entered number, their results, and the gateway protocol.

Keys of 1C (`Ref_Key`) are lower-case UUID strings. Every gateway method may raise the errors of
`workers.ports.onec_errors`: OnecUnavailable, OnecMisconfigured, OnecRejected.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import IntEnum, auto
from typing import ClassVar, Final, Literal, Protocol, Self, TypeAlias
from uuid import UUID

from db.domain.fields.goods import GoodsLine
from db.domain.onec.bindings import Binding, BindingKind, readable
from db.domain.onec.differences import OnecRow

ORDER: Final = "order"
DocumentKind: TypeAlias = BindingKind | Literal["order"]
"""Kind of a record that is looked up by its number; an order is not bound to a deal."""
Requisite: TypeAlias = Literal[
    "inn",
    "kpp",
    "counterparty",
    "organization",
    "contract",
    "date",
    "amount",
    "article",
    "manufacturer",
]


class MatchMethod(IntEnum):
    """Way in which an entered number matched a record, the most reliable first."""

    EXACT = auto()
    NORMALIZED = auto()
    """Equal except for spaces, dashes, case and a leading №."""
    LOOKALIKE = auto()
    """Equal after Latin letters are replaced by Cyrillic letters that look the same."""
    CODE = auto()
    """The code of a contract was entered instead of its number."""
    DIGITS = auto()
    """Equal digits except for leading zeros; the entered prefix is the end of the other one."""


@dataclass(frozen=True)
class Counterparty:
    """A client as stored in 1C. Branches of a company share name and ИНН and differ in КПП."""

    ref_key: str
    code: str
    name: str
    inn: str
    kpp: str
    deletion_mark: bool


@dataclass(frozen=True, kw_only=True)
class OnecRecord:
    """A contract, a shipment («реализация»), an order or an item («номенклатура») as stored in 1C;
    has the members of `OnecRow`.

    Blank text and None mean that 1C has no value. Fields from ``code`` on belong to one kind only.
    """

    ref_key: str | None
    """None only for a number that was accepted without 1C."""
    number: str
    date: date | None
    """In the time zone of the infobase."""
    counterparty_ref: str | None
    counterparty_name: str
    inn: str
    organization: str
    """Name of our own company that is the other party."""
    deletion_mark: bool
    data_version: str
    """Changes with every write of the row in 1C."""
    kpp: str = ""
    code: str = ""
    """Contracts and items: code that 1C assigned."""
    contract_ref: str | None = None
    """Shipments and orders: key of the contract."""
    warehouse: str = ""
    """Shipments: name of the warehouse; blank also if 1C does not show warehouses."""
    amount: Decimal | None = None
    """Shipments and orders: RUB, 2 places."""
    posted: bool | None = None
    """Shipments; None for records that are not posted."""
    goods: tuple[GoodsLine, ...] | None = None
    """Shipments and orders found by a query that asks for goods; None also if a deal may not have
    so many, and for shipments if 1C does not show them. Only lines of orders have a unit, blank if
    1C names none, and a blank name if 1C has no such item."""
    name: str = ""
    """Items."""
    article: str = ""
    """Items: code of the manufacturer."""
    manufacturer: str = ""
    """Items: name of the manufacturer; blank also where 1C does not keep it."""
    barcode: str = ""
    """Items: the one that they were found by; blank otherwise."""

    @property
    def label(self) -> str:
        """Number to show to people; the code for a contract without a number."""
        return readable(self.number, self.code)


@dataclass(frozen=True, kw_only=True)
class NumberQuery:
    """An entered number, and data of the deal that narrow the search."""

    inn: str
    """Of the client; blank for items."""
    number: str
    kpp: str | None = None
    """Contracts only."""
    article: str = ""
    """Items only: code of the manufacturer."""
    manufacturer: str = ""
    """Items only."""
    since: date = date.min
    """Shipments and orders: first day to search, because numbers restart every year."""
    counterparty_ref: str | None = None
    """Shipments and orders: counterparty of the contract that is bound to the deal."""
    contract_ref: str | None = None
    """Shipments and orders: contract that is bound to the deal."""
    with_goods: bool = False
    """Shipments and orders: whether the goods of the found one are needed."""
    picked: str | None = None
    """``ref_key`` of the candidate that the person chose from `Ambiguous`."""


@dataclass(frozen=True)
class RequisiteDifference:
    """A detail such as ИНН or date that differs in the deal and in 1C, as text for people."""

    field: Requisite
    expected: str
    """A value, or a limit such as «не позже 23.11.2026»."""
    found: str


@dataclass(frozen=True)
class Found:
    """Exactly one record fits the number and the deal."""

    record: OnecRecord
    method: MatchMethod
    """For every method except EXACT the number of the record differs from the entered one."""
    verified: bool
    """False: accepted as entered, because 1C is not configured."""
    warnings: tuple[RequisiteDifference, ...] = ()
    """Differences that do not prevent the use of the record."""


@dataclass(frozen=True)
class SearchResult:
    """Base of every result except `Found`: the query and the clients that were searched."""

    query: NumberQuery
    counterparties: tuple[Counterparty, ...]
    """All clients in 1C with the ИНН of the query."""


@dataclass(frozen=True)
class NotFound(SearchResult):
    """Result without a record that fits the number."""

    kind: ClassVar[str] = "NOT_FOUND"

    near: tuple[OnecRecord, ...]
    """Records of the client without a deletion mark, most similar number first; at most 5."""


@dataclass(frozen=True)
class Ambiguous(SearchResult):
    """Several records fit the number. Repeat the query with ``picked``."""

    kind: ClassVar[str] = "AMBIGUOUS"

    candidates: tuple[OnecRecord, ...]
    """Shipments: those of the deal's contract first, then the latest. At most 20."""


@dataclass(frozen=True)
class Mismatch(SearchResult):
    """A record with the number exists but contradicts the deal."""

    kind: ClassVar[str] = "MISMATCH"

    record: OnecRecord
    differences: tuple[RequisiteDifference, ...]
    near: tuple[OnecRecord, ...]
    """As in `NotFound`, without ``record``."""


@dataclass(frozen=True)
class MarkedDeleted(SearchResult):
    """The record or its counterparty is marked for deletion in 1C."""

    kind: ClassVar[str] = "MARKED_DELETED"

    marked: OnecRecord | Counterparty
    alternative: OnecRecord | Counterparty | None
    """The record or client without a deletion mark that is meant instead, if there is only one."""
    near: tuple[OnecRecord, ...]
    """As in `NotFound`."""


@dataclass(frozen=True)
class NotPosted(SearchResult):
    """The shipment fits the deal but is not posted, so no goods have moved in 1C."""

    kind: ClassVar[str] = "NOT_POSTED"

    record: OnecRecord
    near: tuple[OnecRecord, ...]
    """As in `NotFound`, without ``record``."""


Unmatched: TypeAlias = NotFound | Ambiguous | Mismatch | MarkedDeleted | NotPosted
MatchResult: TypeAlias = Found | Unmatched


class OnecGateway(Protocol):
    """Read access to the records of one kind in one infobase."""

    @property
    def verifies(self) -> bool:
        """False: 1C is not configured, and numbers are accepted as entered."""
        ...

    def find(self, query: NumberQuery) -> MatchResult:
        """Find the record that an entered number refers to. Safe to repeat because it only reads.

        Raises:
            ValueError: ``query.inn`` is not a valid ИНН.
        """
        ...

    def fetch(self, keys: Sequence[str]) -> Mapping[str, OnecRow]:
        """Read records by key, including unposted ones and those marked for deletion.

        A key without a row in 1C is missing from the result.
        """
        ...

    def check(self) -> None:
        """Read one row of every OData entity set that `find` needs; raise an error if one fails."""
        ...

    def close(self) -> None:
        """Close the connection. Safe to repeat."""
        ...


class ItemGateway(OnecGateway, Protocol):
    """Read access to the items of one infobase."""

    def like(self, article: str, words: Sequence[str]) -> Sequence[OnecRecord]:
        """Items with the article, or with the longest of the words in their names; at most 50.

        Raises: Unavailable, also if 1C is not configured.
        """
        ...

    def with_barcode(self, barcode: str) -> Sequence[OnecRecord]:
        """Items to which 1C has assigned the barcode; at most 50.

        Raises: Unavailable, also if 1C is not configured.
        """
        ...


@dataclass(frozen=True)
class OnecGateways:
    """The gateways to one infobase."""

    contracts: OnecGateway
    shipments: OnecGateway
    items: ItemGateway
    orders: OnecGateway

    @classmethod
    def build(cls, make: Callable[[DocumentKind], OnecGateway], items: ItemGateway) -> Self:
        """Build the gateways of contracts, shipments and orders with ``make``."""
        return cls(make(BindingKind.CONTRACT), make(BindingKind.SHIPMENT), items, make(ORDER))

    @property
    def verifies(self) -> bool:
        """False: 1C is not configured."""
        return self.contracts.verifies

    def of(self, kind: DocumentKind) -> OnecGateway:
        """Return the gateway for records of this kind."""
        match kind:
            case BindingKind.CONTRACT:
                return self.contracts
            case BindingKind.SHIPMENT:
                return self.shipments
            case BindingKind.ITEM:
                return self.items
            case "order":
                return self.orders

    def fetch_rows(self, bindings: Sequence[Binding]) -> Mapping[str, OnecRow | None]:
        """Read the row of each binding that has a key, by binding id; None for a missing row.

        Raises: Unavailable, also if 1C is not configured.
        """
        found: dict[str, OnecRow | None] = {}
        for kind in BindingKind:
            keys = {one.id: one.ref_key for one in bindings if one.kind is kind and one.ref_key}
            rows = self.of(kind).fetch(sorted(set(keys.values()))) if keys else {}
            found |= {id_: rows.get(key) for id_, key in keys.items()}
        return found

    def check(self) -> None:
        """Check the gateways of bound records; raise the error of the first unreadable set.

        Orders are left out: nothing waits for a 1C that shows them.
        """
        for kind in BindingKind:
            self.of(kind).check()

    def close(self) -> None:
        """Close the gateways."""
        for kind in (*BindingKind, ORDER):
            self.of(kind).close()


def parse_key(value: object) -> str | None:
    """Return a key from outside in lower case with dashes; None if it is not a UUID."""
    try:
        return str(UUID(value)) if isinstance(value, str) else None
    except ValueError:
        return None
