"""What handlers may use: the world outside before the transaction, the storage inside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from db.ports.store import OpenStore, Store
from workers.background.onec_rows import NoOnecRows, OnecRows
from workers.integrations.onec.contract_port import ContractBook
from workers.integrations.onec.shipment_port import ShipmentBook
from workers.services.deadlines import Deadlines

NO_ROWS = NoOnecRows()


@dataclass(frozen=True)
class Person:
    """An employee as the engine's identity service knows them."""

    login: str
    name: str
    email: str | None = None


class People(Protocol):
    """Who works here. Any question may raise Unavailable."""

    def person(self, login: str) -> Person | None: ...

    def members(self, role: str) -> Sequence[Person]:
        """Active people of a role, by login."""
        ...

    def last_known(self, role: str) -> Sequence[Person]:
        """Members when they could last be asked for; never raises, may be empty."""
        ...


@dataclass(frozen=True)
class Stopped:
    """A step without tries left. ``reason`` is what it said last."""

    id: str
    """Of the system step or job: the same over all tries."""
    incident: str
    """Another one after every try that failed."""
    reason: str


class Moving(Enum):
    """A step that is not stopped."""

    UNDER_WAY = "under way"
    GONE = "done, cancelled, or waiting for its hour"


class FailedSteps(Protocol):
    """Steps of all processes that stopped. Any call may raise Unavailable."""

    def state(self, failure_id: str) -> Stopped | Moving: ...

    def retry(self, stopped: Stopped) -> None:
        """Give it one more try. Safe to repeat: a step that is not stopped is left alone."""
        ...


@dataclass(frozen=True)
class Outside:
    """What a step may ask before its transaction."""

    reading: OpenStore
    """Opens a transaction that only reads."""
    people: People
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
