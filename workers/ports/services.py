"""Dependencies of topics: external systems before the transaction, storage inside it."""

from dataclasses import dataclass

from db.ports.store import OpenStore, Store
from workers.business_calendar import Deadlines
from workers.ports.employees import EmployeeDirectory
from workers.ports.failed_steps import FailedSteps
from workers.ports.onec_contracts import ContractBook
from workers.ports.onec_rows import NoOnecRows, OnecRows
from workers.ports.onec_shipments import ShipmentBook

NO_ROWS = NoOnecRows()


@dataclass(frozen=True)
class ExternalServices:
    """What a step may ask before its transaction."""

    reading: OpenStore
    """Opens a transaction that only reads."""
    people: EmployeeDirectory
    contracts: ContractBook
    shipments: ShipmentBook
    infobase: str
    """Our name of the infobase that both books read: keys are unique only within one."""
    failed_steps: FailedSteps
    rows: OnecRows = NO_ROWS


@dataclass(frozen=True)
class Services:
    """What a step decides and writes with, all in one transaction."""

    store: Store
    deadlines: Deadlines
