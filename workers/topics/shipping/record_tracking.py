"""Records the tracking number of an order handed to a courier or the post."""

from datetime import datetime
from typing import Any, ClassVar

from db.domain.deals.field_updates import write
from db.domain.errors import DealClosed, FieldProblem, FieldsInvalid
from db.domain.fields.values import is_empty
from db.domain.shipping.delivery import TRACKING_NUMBER
from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, Topic
from workers.services.process_variables import DealVariables, deal_variables, person_actor
from workers.services.shipping_directions import REMIND_AFTER


class RecordTracking(TaskInput):
    """Input of ``record-tracking``."""

    user_inputs: ClassVar[tuple[str, ...]] = ("tracking",)

    tracking: Any = None
    """Tracking number."""
    decided_by: str | None = None


class TrackingRecorded(DealVariables):
    """Result of ``record-tracking``."""

    remind_at: datetime
    """When the manager is reminded of a parcel without proof of delivery."""


def record_tracking(task: Task[RecordTracking, None], services: Services) -> TrackingRecorded:
    """Write the tracking number into the deal.

    Safe to repeat because writing the same number again changes nothing.
    """
    store, given = services.store, task.input
    deal = services.open_deal(task.deal_id)
    if is_empty(given.tracking):
        label = store.catalog.fields[TRACKING_NUMBER].label
        raise FieldsInvalid([FieldProblem(TRACKING_NUMBER, label, "Введите трек-номер.")])
    write(store.catalog, deal, {TRACKING_NUMBER: given.tracking}, store.lists, by_worker=True)
    store.deals.save(deal, person_actor(task, given.decided_by))
    due = services.deadlines.after(store, deal, task.at, REMIND_AFTER)
    return TrackingRecorded(remind_at=due, **deal_variables(services, deal))


TOPIC = Topic(
    "record-tracking",
    RecordTracking,
    TrackingRecorded,
    record_tracking,
    refusals=(FieldsInvalid, DealClosed),
)
