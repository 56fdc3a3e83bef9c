"""What the suite asks of 1C about shipments («реализации»), and every answer there is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal, Protocol, TypeAlias
from uuid import UUID

from db.domain.onec_bindings import readable
from workers.ports.onec_contracts import Counterparty, Difference, Match


@dataclass(frozen=True)
class Shipment:
    """A shipment as 1C has it; blank text and None mean that 1C has nothing there."""

    ref_key: UUID | None
    """The shipment's identity in the infobase; None only if no 1C was asked."""
    number: str
    date: date | None
    """By the infobase's own clock."""
    counterparty_ref: UUID | None
    counterparty_name: str
    inn: str
    contract_ref: UUID | None
    organisation: str
    """Our own company that ships, by name."""
    warehouse: str
    """By name; blank also if 1C does not let us read warehouses."""
    amount: Decimal | None
    """RUB, 2 places."""
    posted: bool
    deletion_mark: bool
    data_version: str
    """Changes with every write of the row in 1C."""

    @property
    def label(self) -> str:
        """What people call it: its number, which 1C itself gives to every document."""
        return readable(self.number)


@dataclass(frozen=True)
class SearchedShipments:
    """What was looked for, and whose shipments were looked through."""

    inn: str
    number: str
    since: date
    """Nothing older was looked at: numbers begin anew every year."""
    counterparties: tuple[Counterparty, ...]
    """Empty: 1C has no counterparty with this ИНН."""


@dataclass(frozen=True)
class ShipmentFound:
    kind: ClassVar[str] = "FOUND"

    shipment: Shipment
    matched: Match
    """Anything but EXACT: show the person the number as 1C writes it. Never CODE."""
    verified: bool
    """False: no 1C was asked, the number is taken as entered."""
    warnings: tuple[Difference, ...] = ()
    """What is unusual and yet allowed: another contract than the deal's, a date to come."""


@dataclass(frozen=True)
class ShipmentNotFound:
    kind: ClassVar[str] = "NOT_FOUND"

    searched: SearchedShipments
    near: tuple[Shipment, ...]
    """Live shipments of the same client, the most similar number first; at most 5."""


@dataclass(frozen=True)
class ShipmentAmbiguous:
    """Several shipments fit; ask again with the `ref_key` that the person picked."""

    kind: ClassVar[str] = "AMBIGUOUS"

    searched: SearchedShipments
    candidates: tuple[Shipment, ...]
    """Those of the deal's contract first, then the latest; at most 20."""


@dataclass(frozen=True)
class ShipmentMismatch:
    """The number exists, but its shipment is not this deal's."""

    kind: ClassVar[str] = "MISMATCH"

    searched: SearchedShipments
    shipment: Shipment
    differences: tuple[Difference, ...]
    near: tuple[Shipment, ...]
    """As with `ShipmentNotFound`, without the shipment itself."""


@dataclass(frozen=True)
class ShipmentMarkedDeleted:
    """The shipment, or its counterparty, is marked for deletion in 1C."""

    kind: ClassVar[str] = "MARKED_DELETED"

    searched: SearchedShipments
    what: Literal["shipment", "counterparty"]
    marked: Shipment | Counterparty
    near: tuple[Shipment, ...]
    """As with `ShipmentNotFound`: one of them was probably meant."""


@dataclass(frozen=True)
class NotPosted:
    """The shipment is this deal's, but nobody has posted it yet: no goods have moved."""

    kind: ClassVar[str] = "NOT_POSTED"

    searched: SearchedShipments
    shipment: Shipment
    near: tuple[Shipment, ...]
    """As with `ShipmentNotFound`, without the shipment itself."""


ShipmentAnswer: TypeAlias = (
    ShipmentFound
    | ShipmentNotFound
    | ShipmentAmbiguous
    | ShipmentMismatch
    | ShipmentMarkedDeleted
    | NotPosted
)


class ShipmentBook(Protocol):
    """The shipments of the company, wherever they are kept."""

    @property
    def verifies(self) -> bool:
        """False: nobody is asked, so what `shipments_now` leaves out may well be there."""
        ...

    def find_shipment(
        self,
        inn: str,
        number: str,
        *,
        since: date,
        counterparty_ref: UUID | None = None,
        contract_ref: UUID | None = None,
        ref_key: UUID | None = None,
    ) -> ShipmentAnswer:
        """Which shipment to the client with this ИНН the number means.

        Safe to repeat: nothing is written. ``since``: the first day that comes into question.
        ``counterparty_ref``, ``contract_ref``: what the deal is bound to. ``ref_key`` picks one
        of `ShipmentAmbiguous.candidates`.

        Raises:
            ValueError: ``inn`` is not an ИНН.
            OnecUnavailable, OnecMisconfigured, OnecRejected: see `errors`.
        """
        ...

    def shipments_now(self, keys: Sequence[UUID]) -> Mapping[UUID, Shipment]:
        """The shipments as they are at this moment, also unposted ones and those to be deleted.

        A key that is missing: the row is gone from 1C, if this book `verifies`.
        Safe to repeat. Raises the same errors as `find_shipment`.
        """
        ...

    def check(self) -> None:
        """Ask for a row of every set we read. Raises the same errors as `find_shipment`."""
        ...

    def close(self) -> None: ...
