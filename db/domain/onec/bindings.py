"""Bindings of a deal's numbers to rows of 1C."""

import datetime as dt
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class BindingKind(StrEnum):
    """Kind of a bound record of 1C."""

    CONTRACT = "contract"
    SHIPMENT = "shipment"
    ITEM = "item"


FIELDS = {
    BindingKind.CONTRACT: "contractNumber",
    BindingKind.SHIPMENT: "shipmentNumber",
    BindingKind.ITEM: "onecItemCode",
}
"""Kind of number → deal field that shows it."""


class BindingState(StrEnum):
    """State of a binding against its row in 1C."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"  # there is no 1C at hand: taken as entered
    OVERRIDDEN = "overridden"  # 1C was down, an authorised person took the number unverified
    NOT_CONFIRMED = "notConfirmed"  # overridden, and 1C does not know it so
    NOT_POSTED = "notPosted"
    MARKED_DELETED = "markedDeleted"
    LOST = "lost"  # the row is gone from 1C


class NumberUnreadable(ValueError):
    """A number without visible characters cannot be bound to a deal."""

    def __init__(self, kind: BindingKind) -> None:
        super().__init__(f"A {kind} without a number cannot be bound to a deal.")


def readable(*names: str) -> str:
    """First of the names with visible characters; "" if there is none."""
    return next((name for name in names if any(map(str.isalnum, name))), "")


@dataclass(frozen=True)
class Binding:
    """A number of a deal and its row in 1C; ``ref_key`` is the identity, the number an attribute.

    Of one deal, kind and run at most one binding is active; the others are what it was before.
    """

    id: str
    deal_id: str
    kind: BindingKind
    run: int
    """Number of the fulfillment run; 0 for a contract or an item."""
    infobase: str
    ref_key: str | None
    """None only while nobody has asked 1C."""
    number: str
    """As 1C writes it; as entered while nobody has asked 1C."""
    number_entered: str
    code: str
    date: dt.date | None
    counterparty_ref: str | None
    organisation: str
    data_version: str
    state: BindingState
    verified_at: datetime | None
    """When 1C was last asked with success."""
    verified_by: str
    """Login of the person who entered or confirmed the number."""
    reason: str = ""
    """Why it was taken unverified, or why a difference was accepted."""
    active: bool = True
    settled_version: str | None = None
    """What a person accepted: the data version of a row, or why 1C did not know the number. It
    covers nothing that came later."""
    agreed_number: str | None = None
    """The number that people last entered or accepted, where 1C has another number or date now."""
    agreed_date: dt.date | None = None
    """The date that went with ``agreed_number``."""

    def __post_init__(self) -> None:
        """Raises: NumberUnreadable."""
        if not self.number.strip():
            raise NumberUnreadable(self.kind)
