"""Rules of the approval that several topics share: working time per step, origin of the deal."""

from dataclasses import dataclass
from datetime import timedelta

from db.domain.catalog import Catalog
from db.domain.deal import Deal
from db.domain.history import Kind
from db.ports.store import Store

AFTER_APPROVAL = timedelta(hours=8)
"""Working time for each step of the operator and the lawyer that follows the decisions."""


@dataclass(frozen=True)
class Arrival:
    """How the deal came to the stage it has: from where, and who moved it."""

    stage_before: str
    moved_by: str


def working_time_after(catalog: Catalog, step: str) -> timedelta:
    """Working time of the approval step that follows ``step``."""
    codes = list(catalog.approval_steps)
    following = codes[codes.index(step) + 1 :]
    return catalog.approval_steps[following[0]].sla if following else AFTER_APPROVAL


def arrival_of(deal: Deal, store: Store) -> Arrival:
    """The last stage move in the history; a deal that never moved came from its first stage."""
    direction = store.catalog.directions[deal.direction]
    found = Arrival(direction.first_stage.code, deal.manager)
    after = 0
    while rows := store.history.of(deal.id, after=after):
        for row in rows:
            if row.kind is Kind.STAGE and row.new == deal.stage:
                found = Arrival(str(row.old), row.actor)
        after = rows[-1].id
    return found
