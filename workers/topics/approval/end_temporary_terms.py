"""Gives a deal its ordinary terms back, if the period of the temporary ones is really over."""

from datetime import timedelta

from db.domain.temporary_terms import end, last_day
from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, TaskResult, Topic
from workers.services.process_variables import worker_actor

CLOCKS_DIFFER = timedelta(minutes=1)
"""The engine may be so much ahead of us; to wait again would fire at once, over and over."""


class EndTemporaryTerms(TaskInput):
    side_key: str


class TemporaryTermsEnded(TaskResult):
    terms_ended: bool
    """False: the period was changed, or there is nothing to end; plan anew."""


def end_temporary_terms(
    task: Task[EndTemporaryTerms, None], services: Services
) -> TemporaryTermsEnded:
    """Safe to repeat: terms that are gone are not ended twice. The deal may be closed by now."""
    store = services.store
    deal = store.deals.get(task.deal_id, for_update=True)
    day = last_day(deal)
    if day is None or services.deadlines.end_of(store, deal, day) > task.at + CLOCKS_DIFFER:
        return TemporaryTermsEnded(terms_ended=False)
    end(deal)
    store.deals.save(deal, worker_actor(task))
    store.side_processes.close(task.input.side_key, task.at)
    return TemporaryTermsEnded(terms_ended=True)


TOPIC = Topic("end-temporary-terms", EndTemporaryTerms, TemporaryTermsEnded, end_temporary_terms)
