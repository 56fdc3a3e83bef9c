"""Locks the requisites, or names and codes of a product, that the manager has corrected for 1C."""

from db.domain.deals.history import Change, Kind
from db.domain.deals.stages import missing_for
from db.domain.errors import FieldsMissing
from db.domain.onec.bindings import FIELDS, BindingKind
from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, Topic
from workers.services.approval import AFTER_APPROVAL
from workers.services.process_variables import DealVariables, deal_variables, person_actor


class CloseCorrection(TaskInput):
    """Input of ``close-correction``."""

    correction_of: BindingKind = BindingKind.CONTRACT
    """Kind of the 1C row whose number the operator enters: ``contract`` or ``item``."""
    decided_by: str | None = None


def close_correction(task: Task[CloseCorrection, None], services: Services) -> DealVariables:
    """End the correction.

    Safe to repeat because an ended correction is left alone.

    Raises: FieldsMissing, a field that the approval requires is empty.
    """
    deals, catalog = services.store.deals, services.store.catalog
    deal = deals.get(task.deal_id, for_update=True)
    if deal.correcting and deal.is_open:
        stage = catalog.directions[deal.direction].stage(deal.stage)
        if missing := missing_for(catalog, deal, stage):
            raise FieldsMissing(stage.name, missing)
        deal.correcting = False
        deal.record(Change(Kind.CORRECTION, FIELDS[task.input.correction_of], True, False))
        deals.save(deal, person_actor(task, task.input.decided_by))
    return DealVariables(**deal_variables(services, deal, since=task.at, working=AFTER_APPROVAL))


TOPIC = Topic(
    "close-correction", CloseCorrection, DealVariables, close_correction, refusals=(FieldsMissing,)
)
