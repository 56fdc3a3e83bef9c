"""Reverts temporary terms of a deal when their period is over."""

from datetime import timedelta

from db.domain.approval.temporary_terms import end, last_day
from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, TaskResult, Topic
from workers.services.process_variables import worker_actor

CLOCK_SKEW = timedelta(minutes=1)
"""Tolerated clock difference to the engine; without it an early timer would fire in a loop."""


class EndTemporaryTerms(TaskInput):
    """Input of ``end-temporary-terms``."""

    side_key: str
    """Key of the side process."""


class TemporaryTermsEnded(TaskResult):
    """Result of ``end-temporary-terms``."""

    terms_ended: bool
    """False when the period was changed or there are no such terms: the timer is set again."""


def end_temporary_terms(
    task: Task[EndTemporaryTerms, None], services: Services
) -> TemporaryTermsEnded:
    """Clear the temporary fields and close the side process; the deal may be closed by now.

    Safe to repeat because a deal without temporary terms is left unchanged.
    """
    store = services.store
    deal = store.deals.get(task.deal_id, for_update=True)
    day = last_day(deal)
    if day is None or services.deadlines.end_of(store, deal, day) > task.at + CLOCK_SKEW:
        return TemporaryTermsEnded(terms_ended=False)
    end(deal)
    store.deals.save(deal, worker_actor(task))
    store.side_processes.close(task.input.side_key, task.at)
    return TemporaryTermsEnded(terms_ended=True)


TOPIC = Topic("end-temporary-terms", EndTemporaryTerms, TemporaryTermsEnded, end_temporary_terms)
