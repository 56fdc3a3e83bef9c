"""Dependencies of topics: external systems before the transaction, storage inside it."""

from dataclasses import dataclass

from db.ports.store import OpenStore, Store
from workers.business_calendar import Deadlines
from workers.ports.employees import EmployeeDirectory
from workers.ports.failed_steps import FailedSteps
from workers.ports.onec import OnecGateways


@dataclass(frozen=True)
class ExternalServices:
    """What a step may ask before its transaction."""

    reading: OpenStore
    """Opens a transaction that only reads."""
    people: EmployeeDirectory
    onec: OnecGateways
    infobase: str
    """Name of the connected infobase; keys of 1C are unique only within an infobase."""
    failed_steps: FailedSteps


@dataclass(frozen=True)
class Services:
    """What a step decides and writes with, all in one transaction."""

    store: Store
    deadlines: Deadlines
