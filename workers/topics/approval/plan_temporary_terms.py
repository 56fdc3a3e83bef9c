"""Computes when the temporary terms of a deal end; a timer waits for that instant."""

from datetime import datetime

from db.domain.approval.temporary_terms import last_day
from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, TaskResult, Topic


class PlanTemporaryTerms(TaskInput):
    """Input of ``plan-temporary-terms``."""

    side_key: str
    """Key of the side process."""


class TemporaryTermsPlanned(TaskResult):
    """Result of ``plan-temporary-terms``."""

    terms_stand: bool
    """False when the deal has no temporary terms any more."""
    terms_end_at: datetime | None
    """End of their last day in the branch's time zone; None without such terms."""
    side_version: int
    """Version of the side process that this result reflects; a newer one wakes the process."""


def plan_temporary_terms(
    task: Task[PlanTemporaryTerms, None], services: Services
) -> TemporaryTermsPlanned:
    """Return the end of the period; close the side process of a deal without temporary terms.

    The deal is locked, so that its period and the version of the side process are consistent.
    Safe to repeat because it only reads, and closing a closed side process changes nothing.
    """
    store, key = services.store, task.input.side_key
    deal = store.deals.get(task.deal_id, for_update=True)
    row, day = store.side_processes.find(key), last_day(deal)
    if day is None:
        store.side_processes.close(key, task.at)
    return TemporaryTermsPlanned(
        terms_stand=day is not None,
        terms_end_at=None if day is None else services.deadlines.end_of(store, deal, day),
        side_version=1 if row is None else row.version,
    )


TOPIC = Topic(
    "plan-temporary-terms", PlanTemporaryTerms, TemporaryTermsPlanned, plan_temporary_terms
)
