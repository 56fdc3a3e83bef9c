"""The deal: values, stage, version, and the changes recorded since it was read."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from db.domain.catalog import Catalog
from db.domain.deals.history import Change
from db.domain.fields.values import Json


@dataclass
class Deal:
    """A client's request from creation to won or lost.

    ``version`` counts stored changes; ``moves`` counts stage moves: the process waits for move
    ``moves + 1``. ``files`` names the file fields that hold at least one file.
    """

    id: str
    direction: str
    stage: str
    manager: str
    created_at: datetime
    stage_since: datetime
    values: dict[str, Json] = field(default_factory=dict)
    files: frozenset[str] = frozenset()
    version: int = 1
    moves: int = 0
    correcting: bool = False
    """The 1C operator sent the requisites back and waits for the manager."""
    closed_at: datetime | None = None
    changes: list[Change] = field(default_factory=list)
    """What happened since it was read; the store turns it into history."""

    @property
    def title(self) -> str:
        """Display name: number and client."""
        client = self.values.get("counterparty") or self.values.get("subject") or ""
        return f"{self.id} {client}".strip()

    def amount(self, catalog: Catalog) -> Decimal | None:
        """Sum of the deal, from the field that its direction names; None without one."""
        direction = catalog.directions.get(self.direction)
        value = self.values.get(direction.amount) if direction and direction.amount else None
        return None if value is None else Decimal(value)

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    def record(self, change: Change) -> None:
        self.changes.append(change)
