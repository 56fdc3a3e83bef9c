"""Processes that run in parallel to a deal's main process: temporary terms, 1C discrepancies."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from db.domain.fields.values import Json

VERSION = "sideVersion"
"""Variable that counts the changes which the process must hear of."""


@dataclass(frozen=True)
class SideProcess:
    """A required process instance, identified by ``key``; the row survives a lost instance."""

    key: str
    """E.g. "temporary-terms:D-2026-00001"."""
    deal_id: str
    process: str
    variables: Mapping[str, Json]
    """What its start brings besides the key."""
    opened_at: datetime
    instance_id: str | None = None
    """The instance that registered first; any other ends itself."""
    closed_at: datetime | None = None

    @property
    def version(self) -> int:
        """Version of its data; an instance with an older one is sent a message."""
        return int(self.variables.get(VERSION, 1))
