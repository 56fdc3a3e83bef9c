"""Client methods for process instances, their variables, wait states and messages."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pycamunda.processinst

from bpmn.camunda.client.calls import RestClient
from bpmn.camunda.client.records import ProcessInstance, WaitState, process_key
from bpmn.camunda.client.values import Variables, decode, encode, instant
from bpmn.lint.worker_contracts import AUXILIARY_PROCESSES

INSTANCES_AT_ONCE = 500
BY_INSTANCE = [{"sortBy": "instanceId", "sortOrder": "asc"}]


class ProcessInstances(RestClient):
    """Process instances; the business key of an instance is its deal's id."""

    def start(
        self,
        process: str,
        business_key: str,
        variables: Variables | None = None,
        *,
        at: str | None = None,
    ) -> str:
        """Start an instance, before the activity ``at`` if given, and return its id.

        Not safe to repeat: the engine accepts several instances with one business key.

        Raises:
            EngineRefused: unknown process or activity, or missing authorization.
        """
        body: dict[str, Any] = {"businessKey": business_key, "variables": encode(variables or {})}
        if at is not None:
            body["startInstructions"] = [{"type": "startBeforeActivity", "activityId": at}]
        row = self.post(f"/process-definition/key/{quote(process)}/start", body)
        return str(row["id"])

    def root_instances(self, business_key: str) -> list[ProcessInstance]:
        """Running root instances of a deal, without those of `AUXILIARY_PROCESSES`."""
        request = pycamunda.processinst.GetList(
            self.url, business_key=business_key, root_process_instances=True
        )
        running = [
            ProcessInstance(
                id=found.id_,
                process_key=process_key(found.definition_id),
                definition_id=found.definition_id,
                business_key=found.business_key,
                suspended=found.suspended,
            )
            for found in self.send(request)
        ]
        return [instance for instance in running if instance.process_key not in AUXILIARY_PROCESSES]

    def running_deals(self) -> set[str]:
        """Return the business keys of all running root instances, auxiliary ones left out."""
        rows = self.all_of(
            "/process-instance",
            {"rootProcessInstances": True, "sorting": BY_INSTANCE},
        )
        main = (row for row in rows if process_key(row["definitionId"]) not in AUXILIARY_PROCESSES)
        return {row["businessKey"] for row in main if row["businessKey"]}

    def business_keys(
        self, instance_ids: Iterable[str], *, without: Collection[str] = ()
    ) -> dict[str, str]:
        """Map ids of running instances to business keys, without the processes ``without``."""
        ids = sorted(set(instance_ids))
        found: dict[str, str] = {}
        for start in range(0, len(ids), INSTANCES_AT_ONCE):
            batch = ids[start : start + INSTANCES_AT_ONCE]
            rows = self.post("/process-instance", {"processInstanceIds": batch})
            found |= {
                row["id"]: row["businessKey"]
                for row in rows
                if row["businessKey"] and process_key(row["definitionId"]) not in without
            }
        return found

    def instance_variables(self, instance_id: str) -> dict[str, Any]:
        """Return the variables of a running instance as Python values.

        Raises:
            EngineRefused: unknown or ended instance (the engine responds with 404 or 500).
        """
        path = f"/process-instance/{quote(instance_id)}/variables"
        return decode(self.get(path, deserializeValues="false"))

    def instances_of(self, process: str, business_key: str | None = None) -> list[str]:
        """Return ids of the running instances of a process, of one deal or of all."""
        query = {"processDefinitionKey": process, "sorting": BY_INSTANCE}
        if business_key is not None:
            query["businessKey"] = business_key
        return [row["id"] for row in self.all_of("/process-instance", query)]

    def ended_instances(self, processes: Collection[str], since: datetime) -> list[str]:
        """Return ids of the instances of the processes that ended after an instant."""
        query = {
            "processDefinitionKeyIn": sorted(processes),
            "finishedAfter": instant(since),
            "sorting": BY_INSTANCE,
        }
        return [row["id"] for row in self.all_of("/history/process-instance", query)]

    def variable_values(self, variable: str, instance_ids: Iterable[str]) -> dict[str, Any]:
        """Map instance id to the value of ``variable``, for running instances that have it.

        Asked by instance: the engine has no index on the names of variables.
        """
        ids, found = sorted(set(instance_ids)), dict[str, Any]()
        for start in range(0, len(ids), INSTANCES_AT_ONCE):
            query = {
                "variableName": variable,
                "processInstanceIdIn": ids[start : start + INSTANCES_AT_ONCE],
                "sorting": [
                    {"sortBy": "activityInstanceId", "sortOrder": "asc"},
                    {"sortBy": "variableName", "sortOrder": "asc"},
                ],
            }
            rows = self.all_of("/variable-instance", query)
            found |= {row["processInstanceId"]: row["value"] for row in rows}
        return found

    def wait_states(self, instance_id: str) -> list[WaitState]:
        """Return the wait states of one instance, without those inside called processes.

        Raises:
            EngineRefused: unknown or ended instance.
        """
        tree = self.get(f"/process-instance/{quote(instance_id)}/activity-instances")
        return [
            WaitState(row["id"], row["activityId"], row["activityName"] or "", instance_id)
            for row in tree["childActivityInstances"]
            if row["activityType"] in WaitState.KINDS
        ]

    def wait_states_in(self, processes: Collection[str]) -> list[WaitState]:
        """Return the wait states of all running instances of the given processes."""
        rows = self.all_of(
            "/history/activity-instance",
            {"unfinished": True, "sorting": [{"sortBy": "activityInstanceId", "sortOrder": "asc"}]},
        )
        return [
            WaitState(
                row["id"], row["activityId"], row["activityName"] or "", row["processInstanceId"]
            )
            for row in rows
            if row["processDefinitionKey"] in processes and row["activityType"] in WaitState.KINDS
        ]

    def correlate(
        self,
        message: str,
        business_key: str,
        local_keys: Variables | None = None,
        variables: Variables | None = None,
        *,
        instance_id: str | None = None,
    ) -> None:
        """Correlate a message with the one execution of a deal that waits for it.

        ``local_keys`` are compared with local variables of the waiting execution;
        ``instance_id`` restricts the search to one instance of the deal.

        Raises:
            EngineRefused: 400, no or several executions match.
            EngineConflict: the execution left its wait state at the same time.
        """
        body: dict[str, Any] = {
            "messageName": message,
            "businessKey": business_key,
            "localCorrelationKeys": encode(local_keys or {}),
            "processVariables": encode(variables or {}),
        }
        if instance_id is not None:
            body["processInstanceId"] = instance_id
        self.post("/message", body)

    def move(
        self,
        instance_id: str,
        *,
        to: str,
        cancel: Iterable[WaitState],
        variables: Variables | None = None,
    ) -> None:
        """Modify an instance: cancel wait states and start before activity ``to``, atomically.

        Raises:
            EngineRefused: a wait state no longer exists, or the activity is unknown.
        """
        request = pycamunda.processinst.Modify(self.url, instance_id)
        start = {"type": "startBeforeActivity", "activityId": to}
        ends = [{"type": "cancel", "activityInstanceId": wait.id} for wait in cancel]
        request.instructions += [{**start, "variables": encode(variables or {})}, *ends]
        self.send(request)
