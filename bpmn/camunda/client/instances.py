"""Process instances: started, found by their deal, moved, told, ended."""

from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import quote

import pycamunda.processinst

from bpmn.camunda.client.calls import RestClient
from bpmn.camunda.client.records import ProcessInstance, WaitState, process_key
from bpmn.camunda.client.values import Variables, decode, encode
from bpmn.lint.worker_contracts import AUXILIARY_PROCESSES

INSTANCES_AT_ONCE = 500


class ProcessInstances(RestClient):
    """The business key of an instance is the id of its deal."""

    def start(
        self,
        process: str,
        business_key: str,
        variables: Variables | None = None,
        *,
        at: str | None = None,
    ) -> str:
        """Start an instance, on request just before the activity ``at``. Returns: its id.

        Not safe to repeat: the engine allows two instances with one business key.

        Raises:
            EngineRefused: no such process or activity, or no right to start it.
        """
        body: dict[str, Any] = {"businessKey": business_key, "variables": encode(variables or {})}
        if at is not None:
            body["startInstructions"] = [{"type": "startBeforeActivity", "activityId": at}]
        told = self.post(f"/process-definition/key/{quote(process)}/start", body)
        return str(told["id"])

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
        """Business keys of all running root instances of deals."""
        rows = self.all_of(
            "/process-instance",
            {
                "rootProcessInstances": True,
                "sorting": [{"sortBy": "instanceId", "sortOrder": "asc"}],
            },
        )
        own = (row for row in rows if process_key(row["definitionId"]) not in AUXILIARY_PROCESSES)
        return {row["businessKey"] for row in own if row["businessKey"]}

    def business_keys(
        self, instance_ids: Iterable[str], *, without: Collection[str] = ()
    ) -> dict[str, str]:
        """Deal id of each running instance that has one, those of some processes left out."""
        ids = sorted(set(instance_ids))
        found: dict[str, str] = {}
        for start in range(0, len(ids), INSTANCES_AT_ONCE):
            some = ids[start : start + INSTANCES_AT_ONCE]
            rows = self.post("/process-instance", {"processInstanceIds": some})
            found |= {
                row["id"]: row["businessKey"]
                for row in rows
                if row["businessKey"] and process_key(row["definitionId"]) not in without
            }
        return found

    def instance_variables(self, instance_id: str) -> dict[str, Any]:
        """Variables of a running instance as plain values.

        Raises:
            EngineRefused: no such running instance (the engine says 404 or 500 here).
        """
        path = f"/process-instance/{quote(instance_id)}/variables"
        return decode(self.get(path, deserializeValues="false"))

    def variable_values(self, variable: str) -> dict[str, Any]:
        """Value of a variable in every running instance that has it, by instance id."""
        rows = self.all_of(
            "/variable-instance",
            {
                "variableName": variable,
                "sorting": [
                    {"sortBy": "activityInstanceId", "sortOrder": "asc"},
                    {"sortBy": "variableName", "sortOrder": "asc"},
                ],
            },
        )
        return {row["processInstanceId"]: row["value"] for row in rows}

    def wait_states(self, instance_id: str) -> list[WaitState]:
        """Where an instance waits now; what happens inside a called process is not told.

        Raises:
            EngineRefused: no such running instance.
        """
        tree = self.get(f"/process-instance/{quote(instance_id)}/activity-instances")
        return [
            WaitState(row["id"], row["activityId"], row["activityName"] or "", instance_id)
            for row in tree["childActivityInstances"]
            if row["activityType"] in WaitState.KINDS
        ]

    def wait_states_in(self, processes: Collection[str]) -> list[WaitState]:
        """Where the running instances of these processes wait now."""
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
        """Deliver a message to the one place of the deal that waits for it.

        ``local_keys`` are compared with variables of the waiting activity itself;
        ``instance_id`` leaves only this instance of the deal to be looked at.

        Raises:
            EngineRefused: status 400, nobody waits or several do.
            EngineConflict: the waiting place was left at the same moment.
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
        """End some waits of an instance and start it just before another activity, in one step.

        Raises:
            EngineRefused: one of the waits is over already, or there is no such activity.
        """
        request = pycamunda.processinst.Modify(self.url, instance_id)
        start = {"type": "startBeforeActivity", "activityId": to}
        ends = [{"type": "cancel", "activityInstanceId": wait.id} for wait in cancel]
        request.instructions += [{**start, "variables": encode(variables or {})}, *ends]
        self.send(request)
