"""Says when agreed temporary terms end, as their period stands now."""

from datetime import datetime

from db.domain.temporary_terms import last_day
from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, TaskResult, Topic


class PlanTemporaryTerms(TaskInput):
    side_key: str


class TemporaryTermsPlanned(TaskResult):
    terms_stand: bool
    terms_end_at: datetime | None
    """The end of their last day in the branch's time zone; None if there are no such terms."""
    side_version: int
    """What the answer knows of: a later change is told to the process."""


def plan_temporary_terms(
    task: Task[PlanTemporaryTerms, None], services: Services
) -> TemporaryTermsPlanned:
    """Safe to repeat: it only reads; a row that is closed stays closed.

    The deal is locked, so that its period and the version of the row belong together.
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
