"""Opens an administrators' task for every failed step, and closes it when the failure is over."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol

from bpmn.camunda.client.rest import Incident
from bpmn.lint.worker_contracts import FAILURE_GONE, FAILURE_ID, TECHNICAL_FAILURE
from db.domain.deals.deal import Deal
from db.domain.errors import DealNotFound
from db.domain.people.roles import ADMINISTRATORS
from db.ports.store import OpenStore, Store
from workers.background.process_reconciler import ProcessEngine, ProcessReconciler
from workers.integrations.engine_incidents import NO_REASON
from workers.ports.employees import Employee, EmployeeDirectory
from workers.ports.services import Services
from workers.services.notification_texts import FAILURE_SUBJECT, step_failed, stray_step_failed
from workers.services.notifications import notify_people
from workers.services.process_variables import deal_variables

log = logging.getLogger(__name__)

RESOLVE_WITHIN = timedelta(hours=4)
"""Working time of the administrators' task."""
KINDS = frozenset({"failedExternalTask", "failedJob"})


class IncidentEngine(ProcessEngine, Protocol):
    """Calls to `bpmn.camunda.client.rest.Engine`; each raises `EngineError`."""

    def incidents(self) -> list[Incident]: ...


@dataclass(frozen=True)
class FailedStep:
    """An incident that has no administrators' task yet. ``deal_id`` is empty without a deal."""

    incident: Incident
    key: str
    """Id of the external task or job, the same for all its incidents."""
    deal_id: str
    administrators: Sequence[Employee]
    process: str = TECHNICAL_FAILURE


class IncidentWatch(ProcessReconciler[FailedStep]):
    """Reconciles incidents with running instances of the ``technical-failure`` process."""

    name, lease_prefix, key_variable = "Failed steps", "failure", FAILURE_ID

    def __init__(
        self,
        open_store: OpenStore,
        engine: IncidentEngine,
        people: EmployeeDirectory,
        services: Callable[[Store], Services],
        step_names: Mapping[tuple[str, str], str],
        pause: float = 12.0,
    ) -> None:
        """``step_names``: process and activity id → name of the activity in its diagram."""
        super().__init__(open_store, engine, people, pause)
        self._incidents, self._services, self._step_names = engine.incidents, services, step_names

    def round(self) -> None:
        """Open missing tasks, close tasks of failures that are over."""
        instances = self._engine.instances_of(TECHNICAL_FAILURE)
        tasks = self._engine.variable_values(FAILURE_ID, instances) if instances else {}
        failed = {
            incident.subject_id: incident
            for incident in self._incidents()
            if incident.subject_id and incident.type in KINDS
        }
        over = {instance: key for instance, key in tasks.items() if key not in failed}
        new = {key: failed[key] for key in failed.keys() - set(tasks.values())}
        asked = [*over, *(incident.instance_id for incident in new.values())]
        deals = self._engine.business_keys(asked) if asked else {}
        administrators = self._people.last_known(ADMINISTRATORS) if new else ()
        for key, incident in new.items():
            deal_id = deals.get(incident.instance_id, "")
            step = FailedStep(incident, key, deal_id, administrators)
            self._isolated(step.deal_id or None, partial(self._start, step))
        for instance, key in over.items():
            if instance in deals:
                self._isolated(deals[instance], partial(self._close_task, key, deals[instance]))

    def _variables(self, store: Store, wanted: FailedStep) -> Mapping[str, Any] | None:
        """Return `bpmn.lint.worker_contracts.START_VARIABLES`; None without a deal.

        The administrators are notified in the same transaction: each failure exactly once.
        """
        incident = wanted.incident
        step = self._step_names.get((incident.process_key, incident.activity), incident.activity)
        administrators, key = wanted.administrators, f"failure-{incident.id}"
        deal = _deal(store, wanted.deal_id)
        if deal is None:
            text = stray_step_failed(step, incident.process_key)
            notify_people(store, administrators, key, text, None)
            return None
        text, subject = step_failed(step, deal.title), FAILURE_SUBJECT.format(deal=deal.title)
        notify_people(store, administrators, key, text, deal.id, subject=subject)
        log.error("«%s» failed; the administrators are notified", step)
        services = self._services(store)
        variables = deal_variables(services, deal)
        due = services.deadlines.after(store, deal, datetime.now(UTC), RESOLVE_WITHIN)
        return {
            "dealTitle": variables["deal_title"],
            "clientName": variables["client_name"],
            "directionName": variables["direction_name"],
            "stageName": variables["stage_name"],
            FAILURE_ID: wanted.key,
            "incidentId": incident.id,
            "failedStep": step,
            "failureReason": incident.message or NO_REASON,
            "failureSince": incident.created.isoformat(timespec="seconds"),
            "failureDueAt": due,
            "failureTriedAt": None,
            "failureOwner": None,
        }

    def _close_task(self, key: str, deal_id: str) -> None:
        """End the process unless `retry-failed-step` is executing: then it ends by itself."""
        if not self._correlate(FAILURE_GONE, deal_id, {FAILURE_ID: key}):
            return
        with self._open() as store:
            store.leases.free(f"{self.lease_prefix}-{key}")
        log.info("A failure is over; its task is closed")


def _deal(store: Store, deal_id: str) -> Deal | None:
    try:
        return store.deals.get(deal_id) if deal_id else None
    except DealNotFound:
        return None
