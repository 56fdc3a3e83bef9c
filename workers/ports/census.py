"""Figures of the whole company at one moment, for the metrics."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True)
class Census:
    """Figures of deals and steps; those of the engine are None while it does not answer."""

    at: datetime
    deals: Mapping[tuple[str, str], int]
    """Open deals by direction and stage."""
    stage_names: Mapping[tuple[str, str], tuple[str, str]]
    """Direction and stage → their names."""
    outbox_rows: int
    outbox_age: timedelta
    engine_answers: bool
    incidents: int | None = None
    open_tasks: int | None = None
    task_age: float | None = None
    """Age of the oldest open task in seconds; 0 without one."""
    stuck_deals: int | None = None
    """Open deals without a next step; None before the first audit."""
