"""Opens a fulfillment run, the first step of every fulfillment process, and finds its driver."""

from db.domain.deals.history import Change, Kind
from db.domain.shipping.delivery import DIRECTION
from db.domain.shipping.fulfillment import Run, RunState
from workers.ports.services import Services
from workers.runtime.contract import NoInput, Task, Topic
from workers.services.approval import arrival_of
from workers.services.process_variables import DealVariables, deal_variables, worker_actor
from workers.services.shipping_directions import active_drivers, default_driver_set


class ShipmentOpened(DealVariables):
    """Result of ``open-shipment``."""

    run_opened_at: str | None
    """ISO 8601; files uploaded earlier belong to an earlier run."""
    number_kind: str
    """Kind of 1C number that the operator enters in this process."""
    driver_known: bool
    """False: a dispatcher has to choose a driver."""
    driver_refused_by: str | None
    delivery_reason: str | None


def open_shipment(task: Task[NoInput, frozenset[str]], services: Services) -> ShipmentOpened:
    """Open a run for the instance; a process started by recovery takes over the open run.

    Writes the default driver into a deal without an active driver.
    Safe to repeat because an instance has one run, found by the instance id, and a deal that has
    an active driver is left unchanged.
    """
    store = services.store
    deal = store.deals.get(task.deal_id, for_update=True)
    run = store.runs.current(deal.id)
    if deal.is_open:
        known = run
        wanted = Run(
            deal_id=deal.id,
            number=0,
            instance_id=task.instance_id,
            opened_at=task.at,
            stage_before=arrival_of(deal, store).stage_before,
            direction=deal.values.get(DIRECTION),
        )
        run = store.runs.open(wanted)
        if known is None and run.state is RunState.OPEN:
            deal.record(Change(Kind.SHIPMENT, str(run.number), None, RunState.OPEN))
    driver_known = default_driver_set(store, deal, task.fetched)
    store.deals.save(deal, worker_actor(task))
    return ShipmentOpened(
        run_opened_at=run.opened_at.isoformat() if run else None,
        number_kind="shipment",
        driver_known=driver_known,
        driver_refused_by=None,
        delivery_reason=None,
        **deal_variables(services, deal),
    )


TOPIC = Topic("open-shipment", NoInput, ShipmentOpened, open_shipment, fetch=active_drivers)
