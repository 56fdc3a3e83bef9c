"""No failure without a person: every step that stopped becomes an administrator's task."""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol

from bpmn.camunda.client.rest import EngineError, EngineRefused, EngineUnavailable, Incident
from bpmn.lint.worker_contracts import FAILURE_GONE, FAILURE_ID, TECHNICAL_FAILURE
from db.domain.deal import Deal
from db.domain.errors import DealNotFound
from db.ports.store import OpenStore, Store
from workers.background.polling import keep_looking
from workers.integrations.engine_incidents import NO_REASON
from workers.logs import bound
from workers.ports.employees import EmployeeDirectory
from workers.ports.services import Services
from workers.services.notification_texts import FAILURE_SUBJECT, step_failed, stray_step_failed
from workers.services.notifications import ADMINISTRATORS, notify_people
from workers.services.process_variables import deal_variables

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""Longer than a start may take to be seen; then a task that vanished is started again."""
RESOLVE_WITHIN = timedelta(hours=4)
"""Working time for the administrator."""
KINDS = frozenset({"failedExternalTask", "failedJob"})


class WatchedEngine(Protocol):
    """What the watch needs of `bpmn.camunda.client.rest.Engine`; calls raise `EngineError`."""

    def incidents(self) -> list[Incident]: ...

    def business_keys(self, instance_ids: list[str]) -> dict[str, str]: ...

    def values_of(self, variable: str) -> dict[str, Any]: ...

    def start(self, process: str, business_key: str, variables: Mapping[str, Any]) -> str: ...

    def correlate(
        self, message: str, business_key: str, local_keys: Mapping[str, Any] | None = None
    ) -> None: ...


class FailureWatch:
    """Looks every ``pause`` seconds; several worker processes share the work by leases.

    ``steps``: process and activity → the activity's name on its diagram.
    """

    def __init__(
        self,
        open_store: OpenStore,
        engine: WatchedEngine,
        people: EmployeeDirectory,
        services: Callable[[Store], Services],
        steps: Mapping[tuple[str, str], str],
        pause: float = 12.0,
    ) -> None:
        self._open, self._engine, self._people = open_store, engine, people
        self._services, self._steps, self._pause = services, steps, pause

    def run(self, stopping: threading.Event) -> None:
        """Watch until told to stop."""
        keep_looking(self.round, "Failures", self._pause, stopping)

    def round(self) -> None:
        """Open what is missing, close what is over. Safe to repeat, and by several at once.

        Raises: EngineUnavailable, Unavailable (no database).
        """
        cared_for = self._engine.values_of(FAILURE_ID)
        stopped = {
            incident.subject_id: incident
            for incident in self._engine.incidents()
            if incident.subject_id and incident.type in KINDS
        }
        over = {i: failure for i, failure in cared_for.items() if failure not in stopped}
        new = [stopped[failure] for failure in stopped.keys() - set(cared_for.values())]
        instances = [*over, *(incident.instance_id for incident in new)]
        deals = self._engine.business_keys(instances) if instances else {}
        for incident in new:
            deal_id = deals.get(incident.instance_id)
            self._attempt(deal_id, partial(self._open_task, incident, deal_id))
        for instance, failure in over.items():
            deal_id = deals.get(instance)
            if deal_id is not None:
                self._attempt(deal_id, partial(self._close_task, failure, deal_id))

    def _attempt(self, deal_id: str | None, act: Callable[[], None]) -> None:
        """One failure that the engine refuses to hear of must not hide the others."""
        with bound(deal_id=deal_id):
            try:
                act()
            except EngineUnavailable:
                raise
            except EngineError as trouble:
                log.error("The failure's task is tried again: %s", type(trouble).__name__)

    def _open_task(self, incident: Incident, deal_id: str | None) -> None:
        """People are told in the transaction that takes the lease: never unheard, never twice."""
        step = self._steps.get((incident.process_key, incident.activity), incident.activity)
        administrators = self._people.last_known(ADMINISTRATORS)
        key = f"failure-{incident.id}"
        with self._open() as store:
            if not store.leases.take(f"failure-{incident.subject_id}", LEASE):
                return
            deal = _deal(store, deal_id)
            if deal is None:
                text = stray_step_failed(step, incident.process_key)
                notify_people(store, administrators, key, text, None)
                return
            text, subject = step_failed(step, deal.title), FAILURE_SUBJECT.format(deal=deal.title)
            notify_people(store, administrators, key, text, deal.id, subject=subject)
            variables = self._variables(store, deal, incident, step)
        if incident.subject_id in self._engine.values_of(FAILURE_ID).values():
            return  # this round was slow, another worker's lease ran out in it
        self._engine.start(TECHNICAL_FAILURE, deal.id, variables)
        log.error("«%s» stopped; an administrator has a task", step)

    def _variables(self, store: Store, deal: Deal, incident: Incident, step: str) -> dict[str, Any]:
        """All of `bpmn.lint.worker_contracts.STARTED_WITH`."""
        services = self._services(store)
        seen = deal_variables(services, deal)
        due = services.deadlines.after(store, deal, datetime.now(UTC), RESOLVE_WITHIN)
        return {
            "dealTitle": seen["deal_title"],
            "clientName": seen["client_name"],
            "directionName": seen["direction_name"],
            "stageName": seen["stage_name"],
            FAILURE_ID: incident.subject_id,
            "incidentId": incident.id,
            "failedStep": step,
            "failureReason": incident.message or NO_REASON,
            "failureSince": incident.created.isoformat(timespec="seconds"),
            "failureDueAt": due,
            "failureTriedAt": None,
            "failureOwner": None,
        }

    def _close_task(self, failure_id: str, deal_id: str) -> None:
        try:
            self._engine.correlate(FAILURE_GONE, deal_id, {FAILURE_ID: failure_id})
        except EngineRefused as refusal:
            if refusal.status != 400:
                raise
            return  # the step is being tried on the administrator's word: that ends by itself
        with self._open() as store:
            store.leases.free(f"failure-{failure_id}")
        log.info("A failure is over; its task is closed")


def _deal(store: Store, deal_id: str | None) -> Deal | None:
    try:
        return None if deal_id is None else store.deals.get(deal_id)
    except DealNotFound:
        return None
