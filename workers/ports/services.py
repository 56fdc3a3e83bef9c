"""Dependencies of topics: external systems before the transaction, storage inside it."""

from dataclasses import dataclass

from db.domain.deals.deal import Deal
from db.domain.errors import DealClosed
from db.domain.shipping.fulfillment import Run
from db.ports.store import OpenStore, Store
from workers.business_calendar import Deadlines
from workers.ports.employees import EmployeeDirectory
from workers.ports.failed_steps import FailedSteps
from workers.ports.onec import OnecGateways


@dataclass(frozen=True)
class ExternalServices:
    """Dependencies of ``Topic.fetch``, used before the transaction."""

    reading: OpenStore
    """Opens a read-only transaction."""
    people: EmployeeDirectory
    onec: OnecGateways
    infobase: str
    """Name of the connected infobase; keys of 1C are unique only within an infobase."""
    failed_steps: FailedSteps


@dataclass(frozen=True)
class Services:
    """Dependencies of ``Topic.handler``, all in one transaction."""

    store: Store
    deadlines: Deadlines

    def open_deal(self, deal_id: str) -> Deal:
        """Lock and return an open deal. Raises: DealNotFound, DealClosed."""
        deal = self.store.deals.get(deal_id, for_update=True)
        if not deal.is_open:
            raise DealClosed(deal.id)
        return deal

    def open_run(self, deal_id: str) -> tuple[Deal, Run]:
        """Lock an open deal and return it with its current fulfillment run.

        Raises: DealNotFound, DealClosed.
        """
        deal = self.open_deal(deal_id)
        if (run := self.store.runs.current(deal_id)) is None:
            raise DealClosed(deal_id)
        return deal, run
