"""Reconciliation loop for processes that run in parallel to a deal's own process.

Each round compares the wanted processes with the running instances and starts what is missing. A
lost start, a lost answer or an instance canceled in Cockpit is found as a difference again.
"""

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from bpmn.camunda.client.rest import EngineError, EngineRefused, EngineUnavailable
from db.ports.store import OpenStore, Store
from workers.logs import bound
from workers.ports.employees import EmployeeDirectory
from workers.runtime.polling import BackOff, poll

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""Lock on starting one process. A start whose response was lost is visible in the engine sooner."""
LONGEST_PAUSE = timedelta(seconds=60)
NOT_WAITING = 400
"""HTTP status of a message that no execution waits for."""


class ProcessEngine(Protocol):
    """Calls to `bpmn.camunda.client.rest.Engine`; each raises `EngineError`."""

    def instances_of(self, process: str, business_key: str | None = None) -> list[str]: ...

    def variable_values(self, variable: str, instance_ids: Iterable[str]) -> dict[str, Any]: ...

    def business_keys(self, instance_ids: Iterable[str]) -> dict[str, str]: ...

    def start(self, process: str, business_key: str, variables: Mapping[str, Any]) -> str: ...

    def correlate(
        self,
        message: str,
        business_key: str,
        local_keys: Mapping[str, Any] | None = None,
        *,
        instance_id: str | None = None,
    ) -> None: ...


class WantedProcess(Protocol):
    """A process instance that should run; ``key`` is unique among the processes of one loop."""

    @property
    def key(self) -> str: ...

    @property
    def process(self) -> str: ...

    @property
    def deal_id(self) -> str: ...


Wanted = TypeVar("Wanted", bound=WantedProcess)


class ProcessReconciler(ABC, Generic[Wanted]):
    """Base of a reconciliation loop; a lease per start lets several processes run it at once."""

    name: ClassVar[str]
    """Subject of log messages."""
    lease_prefix: ClassVar[str]
    key_variable: ClassVar[str]
    """Process variable that holds the key of a wanted process."""

    def __init__(
        self, open_store: OpenStore, engine: ProcessEngine, people: EmployeeDirectory, pause: float
    ) -> None:
        """``pause``: seconds between two rounds."""
        self._open, self._engine, self._people = open_store, engine, people
        self._pause = timedelta(seconds=pause)

    def run(self, stopping: threading.Event, when: Callable[[], bool] = lambda: True) -> None:
        """Run rounds until ``stopping`` is set, while ``when`` returns True."""
        back_off = BackOff(self._pause * 2, LONGEST_PAUSE)
        poll(self.round, self.name, stopping, idle=self._pause, back_off=back_off, when=when)

    @abstractmethod
    def round(self) -> None:
        """Compare wanted and running processes once and resolve the differences.

        Safe to repeat and to run in several processes, because every start holds a lease.
        Raises: EngineUnavailable, Unavailable (database).
        """

    @abstractmethod
    def _variables(self, store: Store, wanted: Wanted) -> Mapping[str, Any] | None:
        """Return the variables of the start, None when it is not wanted any more.

        Called in the transaction that takes the lease.
        """

    def _isolated(self, deal_id: str | None, act: Callable[[], None]) -> bool:
        """Call ``act``; a refusal by the engine must not stop the round. Returns: success."""
        with bound(deal_id=deal_id):
            try:
                act()
            except EngineUnavailable:
                raise
            except EngineError as trouble:
                log.error("%s: tried again later, %s", self.name, type(trouble).__name__)
                return False
        return True

    def _start(self, wanted: Wanted) -> None:
        """Start a missing process unless another worker does or it has appeared meanwhile."""
        lease = f"{self.lease_prefix}-{wanted.key}"
        with self._open() as store:
            if not store.leases.take(lease, LEASE):
                return
            variables = self._variables(store, wanted)
        if variables is None:
            return
        if self._is_running(wanted) or not self._still_wanted(wanted):
            with self._open() as store:
                store.leases.free(lease)
            return
        instance = self._engine.start(wanted.process, wanted.deal_id, variables)
        log.info("«%s» was started for «%s» as %s", wanted.process, wanted.key, instance)

    def _is_running(self, wanted: Wanted) -> bool:
        """Query the engine again: the first query may have missed an instance between its pages."""
        instances = self._engine.instances_of(wanted.process, wanted.deal_id)
        return wanted.key in self._engine.variable_values(self.key_variable, instances).values()

    def _still_wanted(self, wanted: Wanted) -> bool:
        return True

    def _correlate(
        self,
        message: str,
        deal_id: str,
        local_keys: Mapping[str, Any] | None = None,
        instance_id: str | None = None,
    ) -> bool:
        """Send a message. Returns: False when the process does not wait for it now."""
        try:
            self._engine.correlate(message, deal_id, local_keys, instance_id=instance_id)
        except EngineRefused as refusal:
            if refusal.status != NOT_WAITING:
                raise
            return False
        return True
