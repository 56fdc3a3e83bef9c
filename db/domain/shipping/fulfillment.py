"""Runs of fulfillment: one run is one реализация, from «Реализация» to delivered or called off."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RunState(StrEnum):
    """State of a fulfillment run."""

    OPEN = "open"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"  # called off, or the deal was lost meanwhile


@dataclass(frozen=True)
class Run:
    """One shipment of a deal; a deal that ships in parts has several, numbered from 1."""

    deal_id: str
    number: int
    instance_id: str
    """Process instance of this run; a repeated opening finds the run by it."""
    opened_at: datetime
    stage_before: str
    """The stage the deal held before it asked to be shipped: where it returns for the next part."""
    direction: str | None
    """Item of «Направления отгрузки» by which it is shipped, as it is known now."""
    state: RunState = RunState.OPEN
    closed_at: datetime | None = None
    shipment_number: str | None = None
    """As 1C writes it."""
