"""What the suite asks of 1C about contracts, and every answer there is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum, auto
from typing import ClassVar, Literal, Protocol, TypeAlias
from uuid import UUID

from db.domain.onec_bindings import readable

Field: TypeAlias = Literal[
    "inn", "kpp", "counterparty", "organisation", "contract", "date", "amount"
]


class Match(IntEnum):
    """How a number was recognised, the surest way first."""

    EXACT = auto()
    NORMALISED = auto()
    """Equal but for spaces, dashes, case and a leading №."""
    LOOKALIKE = auto()
    """Equal but for Latin letters that look like Cyrillic ones."""
    CODE = auto()
    """The person typed the row's code instead of the contract's number."""
    DIGITS = auto()
    """Equal but for leading zeros and a prefix that is not printed."""


@dataclass(frozen=True)
class Counterparty:
    ref_key: UUID
    code: str
    name: str
    inn: str
    kpp: str
    deletion_mark: bool


@dataclass(frozen=True)
class Contract:
    """A contract as 1C has it; blank text and None mean that 1C has nothing there."""

    ref_key: UUID | None
    """The contract's identity in the infobase; None only if no 1C was asked."""
    number: str
    code: str
    date: date | None
    counterparty_ref: UUID | None
    counterparty_name: str
    inn: str
    kpp: str
    organisation: str
    """Our own company that signed it, by name."""
    deletion_mark: bool
    data_version: str
    """Changes with every write of the row in 1C."""

    @property
    def label(self) -> str:
        """What people call it: its number or, as many have none, its code."""
        return readable(self.number, self.code)


@dataclass(frozen=True)
class Searched:
    """What was looked for, and whose contracts were looked through."""

    inn: str
    kpp: str | None
    number: str
    counterparties: tuple[Counterparty, ...]
    """Empty: 1C has no counterparty with this ИНН."""


@dataclass(frozen=True)
class Difference:
    """One requisite on which the deal and 1C disagree."""

    field: Field
    expected: str
    """As a person reads it, also where it is a limit: «не позже 23.11.2026»."""
    found: str


def too_late(latest: date, given: date) -> Difference:
    """A date that lies in the future; both as people write them."""
    return Difference("date", f"не позже {latest:%d.%m.%Y}", f"{given:%d.%m.%Y}")


@dataclass(frozen=True)
class Found:
    kind: ClassVar[str] = "FOUND"

    contract: Contract
    matched: Match
    """Anything but EXACT: show the person the number as 1C writes it."""
    verified: bool
    """False: no 1C was asked, the number is taken as entered."""


@dataclass(frozen=True)
class NotFound:
    kind: ClassVar[str] = "NOT_FOUND"

    searched: Searched
    near: tuple[Contract, ...]
    """Live contracts of the same client, the most similar number first; at most 5."""


@dataclass(frozen=True)
class Ambiguous:
    """Several contracts fit; ask again with the `ref_key` that the person picked."""

    kind: ClassVar[str] = "AMBIGUOUS"

    candidates: tuple[Contract, ...]
    """At most 20."""


@dataclass(frozen=True)
class Mismatch:
    """The number exists, but its contract is not this deal's."""

    kind: ClassVar[str] = "MISMATCH"

    contract: Contract
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class MarkedDeleted:
    """The contract, or its counterparty, is marked for deletion in 1C."""

    kind: ClassVar[str] = "MARKED_DELETED"

    what: Literal["contract", "counterparty"]
    marked: Contract | Counterparty
    alternative: Contract | Counterparty | None
    """A live one of the same client that was probably meant."""


ContractAnswer: TypeAlias = Found | NotFound | Ambiguous | Mismatch | MarkedDeleted


class ContractBook(Protocol):
    """The contracts of the company, wherever they are kept."""

    @property
    def verifies(self) -> bool:
        """False: nobody is asked, so what `contracts_now` leaves out may well be there."""
        ...

    def find_contract(
        self, inn: str, kpp: str | None, number: str, *, ref_key: UUID | None = None
    ) -> ContractAnswer:
        """Which contract of the client with this ИНН the number means.

        Safe to repeat: nothing is written. ``ref_key`` picks one of `Ambiguous.candidates`.

        Raises:
            ValueError: ``inn`` is not an ИНН.
            OnecUnavailable, OnecMisconfigured, OnecRejected: see `errors`.
        """
        ...

    def contracts_now(self, keys: Sequence[UUID]) -> Mapping[UUID, Contract]:
        """The contracts as they are at this moment, also those marked for deletion.

        A key that is missing: the row is gone from 1C, if this book `verifies`.
        Safe to repeat. Raises the same errors as `find_contract`.
        """
        ...

    def check(self) -> None:
        """Ask for a row of every set we read. Raises the same errors as `find_contract`."""
        ...

    def close(self) -> None: ...
