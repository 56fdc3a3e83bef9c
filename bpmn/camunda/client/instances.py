"""Client methods for process instances, their variables, wait states and messages."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pycamunda.processinst

from bpmn.camunda.client.calls import RestClient, in_parts
from bpmn.camunda.client.records import (
    Activity,
    Passage,
    PastInstance,
    ProcessInstance,
    WaitState,
    process_key,
)
from bpmn.camunda.client.values import Variables, decode, encode, instant
from bpmn.lint.worker_contracts import AUXILIARY_PROCESSES
from bpmn.model.elements import Diagram, Node
from bpmn.model.reader import parse_diagram

LONG_PAGE = 10_000
"""Page size where the engine sorts all rows for every page."""
CATCH_EVENTS = {
    "message": "intermediateMessageCatch",
    "timer": "intermediateTimer",
    "signal": "intermediateSignalCatch",
}
BY_INSTANCE = [{"sortBy": "instanceId", "sortOrder": "asc"}]
MAIN_INSTANCES = {
    "rootProcessInstances": True,
    "processDefinitionKeyNotIn": sorted(AUXILIARY_PROCESSES),
    "sorting": BY_INSTANCE,
}


class ProcessInstances(RestClient):
    """Process instances; the business key of an instance is its deal's id."""

    def __init__(self, base_url: str, user: str, password: str) -> None:
        super().__init__(base_url, user, password)
        self._activities: dict[str, Sequence[Activity]] = {}
        self._diagrams: dict[str, Diagram] = {}

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
                business_key=found.business_key or "",
                suspended=found.suspended,
            )
            for found in self.send(request)
        ]
        return [instance for instance in running if instance.process_key not in AUXILIARY_PROCESSES]

    def running_deals(self) -> set[str]:
        """Return the business keys of all running root instances, auxiliary ones left out."""
        rows = self.all_of("/process-instance", MAIN_INSTANCES)
        return {row["businessKey"] for row in rows if row["businessKey"]}

    def main_instances(self, first: int, count: int) -> list[ProcessInstance]:
        """Return a page of the running root instances by id, auxiliary ones left out."""
        rows = self.page_of("/process-instance", MAIN_INSTANCES, first, count)
        return [
            ProcessInstance(
                id=row["id"],
                process_key=row["definitionKey"],
                definition_id=row["definitionId"],
                business_key=row["businessKey"] or "",
                suspended=row["suspended"],
            )
            for row in rows
        ]

    def running_instances(self, business_keys: Iterable[str]) -> list[ProcessInstance]:
        """Return all running instances of deals, called and auxiliary ones included."""
        query = {"unfinished": True, "sorting": BY_INSTANCE}
        return [
            ProcessInstance.read_historic(row)
            for keys in in_parts(business_keys)
            for row in self.all_of(
                "/history/process-instance", {**query, "processInstanceBusinessKeyIn": keys}
            )
        ]

    def deals_at(
        self, activities: Collection[str], *, processes: Collection[str] | None = None
    ) -> Iterator[str]:
        """Yield the deals with a running instance in at least one of the activities.

        ``processes``: only root instances of these; else all that are not auxiliary.
        """
        query: dict[str, Any] = {"activityIdIn": sorted(activities), "sorting": BY_INSTANCE}
        if processes is None:
            query["processDefinitionKeyNotIn"] = sorted(AUXILIARY_PROCESSES)
        else:
            query |= {"processDefinitionKeyIn": sorted(processes), "rootProcessInstances": True}
        for row in self.all_of("/process-instance", query, page=LONG_PAGE) if activities else ():
            if row["businessKey"]:
                yield row["businessKey"]

    def active_in(self, instance_ids: Iterable[str], activity: str) -> set[str]:
        """Return those of the running instances that are in an activity."""
        query = {"activityIdIn": [activity], "sorting": BY_INSTANCE}
        return {
            row["id"]
            for ids in in_parts(instance_ids)
            for row in self.all_of("/process-instance", {**query, "processInstanceIds": ids})
        }

    def running_activities(self) -> list[Activity]:
        """Return the activities of all process definitions that have running instances."""
        rows = self.get("/process-definition/statistics")
        running = (row["definition"]["id"] for row in rows if row["instances"])
        return [activity for definition in running for activity in self.activities_of(definition)]

    def activities_of(self, definition_id: str) -> Sequence[Activity]:
        """Return the activities of a process definition, which never change: they are read once.

        Raises: bpmn.model.elements.InvalidDiagram.
        """
        known = self._activities.get(definition_id)
        if known is None:
            diagram = self._read_diagram(definition_id)
            known = [_activity(diagram.id, node) for node in diagram.nodes.values()]
            self._activities[definition_id] = known
        return known

    def diagram_of(self, definition_id: str) -> Diagram:
        """Return the deployed diagram of a process definition, which is read once.

        Raises: bpmn.model.elements.InvalidDiagram.
        """
        known = self._diagrams.get(definition_id)
        if known is None:
            known = self._diagrams[definition_id] = self._read_diagram(definition_id)
        return known

    def _read_diagram(self, definition_id: str) -> Diagram:
        row = self.get(f"/process-definition/{quote(definition_id, safe='')}/xml")
        return parse_diagram(row["bpmn20Xml"].encode(), Path(definition_id))

    def past_instances(
        self, business_key: str, limit: int, *, instance_id: str | None = None
    ) -> list[PastInstance]:
        """Return the instances of a deal, called and auxiliary ones included, the latest first.

        ``instance_id``: only this one, if it belongs to the deal. One request.
        """
        query: dict[str, Any] = {
            "processInstanceBusinessKey": business_key,
            "sorting": [{"sortBy": by, "sortOrder": "desc"} for by in ("startTime", "instanceId")],
        }
        if instance_id is not None:
            query["processInstanceIds"] = [instance_id]
        rows = self.page_of("/history/process-instance", query, 0, limit)
        return [PastInstance.read(row) for row in rows]

    def passages(self, instance_id: str, limit: int) -> list[Passage]:
        """Return what an instance went through, oldest first; only the last ``limit`` visits.

        One request. Activities inside called processes are those of their own instances.
        """
        query = {
            "processInstanceId": instance_id,
            "sorting": [{"sortBy": "occurrence", "sortOrder": "desc"}],
        }
        rows = self.page_of("/history/activity-instance", query, 0, limit)
        return [Passage.read(row) for row in reversed(rows)]

    def business_keys(
        self, instance_ids: Iterable[str], *, without: Collection[str] = ()
    ) -> dict[str, str]:
        """Map ids of running instances to business keys, without the processes ``without``."""
        found: dict[str, str] = {}
        for batch in in_parts(instance_ids):
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
        found: dict[str, Any] = {}
        for ids in in_parts(instance_ids):
            query = {
                "variableName": variable,
                "processInstanceIdIn": ids,
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

    def change_process(self, instance: ProcessInstance, process: str) -> None:
        """Let an instance go on by the latest version of another process, atomically: it waits in
        the activities with the same ids, its open tasks stay the same.

        Raises:
            EngineRefused: the other process has no such activity, or the instance has ended.
            EngineConflict: the instance went on at the same time.
        """
        target = self.get(f"/process-definition/key/{quote(process)}")
        plan = self.post(
            "/migration/generate",
            {
                "sourceProcessDefinitionId": instance.definition_id,
                "targetProcessDefinitionId": target["id"],
                "updateEventTriggers": True,
            },
        )
        self.post(
            "/migration/execute",
            {
                "migrationPlan": plan,
                "processInstanceIds": [instance.id],
                "skipCustomListeners": True,
                "skipIoMappings": True,
            },
        )


def _activity(process: str, node: Node) -> Activity:
    kind = node.kind
    if kind == "intermediateCatchEvent" and node.event is not None:
        kind = CATCH_EVENTS.get(node.event.kind, kind)
    is_async = "true" in (node.attributes.get("asyncBefore"), node.attributes.get("asyncAfter"))
    return Activity(node.id, process, kind, node.name, is_async)
