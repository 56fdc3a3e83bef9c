"""Append-only history of a deal: who changed what and why."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from db.domain.fields.values import Json


class Cause(StrEnum):
    """Origin of a change: API, form, worker, …"""

    API = "api"
    TASK = "task"
    WORKER = "worker"
    LINK = "link"  # a client by the link of an e-mail


class Kind(StrEnum):
    """Type of a change; ``subject`` of the row names the changed object."""

    CREATED = "created"
    FIELD = "field"  # subject: field code
    STAGE = "stage"
    MANAGER = "manager"
    FILE = "file"  # subject: field code; new: {"id", "name", "sha256", "version"}
    DOWNLOAD = "download"  # subject: field code; a restricted file was read
    DECISION = "decision"  # subject: approval step
    ROUND = "round"  # subject: round number
    NOTE = "note"
    NUMBER = "number"  # subject: field code; a number confirmed in 1C
    SHIPMENT = "shipment"  # subject: number of the fulfillment run; new: its state
    DELIVERY = "delivery"  # subject: number of the run; new: {"outcome", "reason", …}
    ONEC = "onec"  # subject: field code of the number; old, new: what 1C says of its row
    ASSIGNMENT = "assignment"  # subject: task on its diagram; logins, or new: {"person", "reason"}
    PROCESS = "process"  # a repair moved the process; old, new: ids of activities
    CORRECTION = "correction"  # subject: field code of the number; new: requisites sent back?


@dataclass(frozen=True)
class Actor:
    """Person or service account of a change, with the request or task that caused it."""

    id: str
    cause: Cause
    reference: str | None = None
    """Engine task id or API request id."""


@dataclass(frozen=True)
class Change:
    """A change before the store adds actor and time; ``old`` and ``new`` are JSON values."""

    kind: Kind
    subject: str = ""
    old: Json = None
    new: Json = None


@dataclass(frozen=True)
class HistoryRow:
    """A stored change; the rows of a deal are ordered by ``id``."""

    id: int
    deal_id: str
    at: datetime
    actor: str
    cause: Cause
    reference: str | None
    kind: Kind
    subject: str
    old: Json
    new: Json
    version: int
    """Deal version after the change."""
