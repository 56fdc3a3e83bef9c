"""Looks at the реализация in 1C once more before its papers leave the house."""

from dataclasses import replace
from uuid import UUID

from db.domain.card import write
from db.domain.errors import DealClosed, NumberRefused
from db.domain.history import Change, Kind
from db.domain.onec import Binding, BindingKind, BindingState
from workers.contract import Done, Task, TaskInput, Topic
from workers.gateways.onec.shipment_port import Shipment
from workers.services import Outside, Services
from workers.topics.onec_number import FIELDS
from workers.topics.view import by_person

NUMBER = FIELDS[BindingKind.SHIPMENT]


class CheckShipment(TaskInput):
    decided_by: str | None = None


Seen = tuple[Binding, Shipment | None] | None
"""The deal's binding and its row now; None: there is nothing that 1C could be asked about."""


def look_again(task: Task[CheckShipment, None], outside: Outside) -> Seen:
    """The row behind the run's number, asked by its key."""
    with outside.reading() as store:
        run = store.runs.current(task.deal_id)
        bound = store.bindings.active(task.deal_id, BindingKind.SHIPMENT, run.number if run else 0)
    if bound is None or bound.ref_key is None or not outside.shipments.verifies:
        return None
    key = UUID(bound.ref_key)
    return bound, outside.shipments.shipments_now([key]).get(key)


def check_shipment(task: Task[CheckShipment, Seen], services: Services) -> Done:
    """Safe to repeat: a number that 1C has changed is taken over once."""
    store = services.store
    deal = store.deals.get(task.deal_id, for_update=True)
    if not deal.is_open:
        raise DealClosed(deal.id)
    if task.seen is None:
        return Done()
    bound, now = task.seen
    if now is None:
        raise _refused("LOST", f"Реализации № {bound.number} больше нет в 1С.")
    if now.deletion_mark:
        raise _refused("MARKED_DELETED", f"Реализация № {now.number} помечена в 1С на удаление.")
    if not now.posted:
        raise _refused("NOT_POSTED", f"Реализация № {now.number} в 1С не проведена.")
    if (now.number, now.date) != (bound.number, bound.date):
        write(store.catalog, deal, {NUMBER: now.number}, store.lists, by_worker=True)
        old = {"number": bound.number, "date": bound.date and bound.date.isoformat()}
        new = {"number": now.number, "date": now.date and now.date.isoformat()}
        deal.record(Change(Kind.ONEC, NUMBER, old, new))
        run = store.runs.current(deal.id)
        if run is not None:
            store.runs.numbered(run, now.number)
    store.bindings.put(
        replace(
            bound,
            number=now.number,
            date=now.date,
            data_version=now.data_version,
            state=BindingState.VERIFIED,
            verified_at=task.at,
        )
    )
    store.deals.save(deal, by_person(task, task.input.decided_by))
    return Done()


def _refused(kind: str, what: str) -> NumberRefused:
    return NumberRefused(kind, f"{what} Исправьте это в 1С и нажмите «УПД готов» ещё раз.")


TOPIC = Topic(
    "check-shipment",
    CheckShipment,
    Done,
    check_shipment,
    look=look_again,
    refusals=(NumberRefused, DealClosed),
)
