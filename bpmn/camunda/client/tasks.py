"""Client methods for open and historic user tasks."""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from bpmn.camunda.client.calls import in_parts
from bpmn.camunda.client.instances import ProcessInstances
from bpmn.camunda.client.records import HistoricTask, UserTask
from bpmn.camunda.client.session import EngineRefused
from bpmn.camunda.client.values import Variables, encode, instant, moment

BY_AGE = [{"sortBy": by, "sortOrder": "asc"} for by in ("created", "id")]
TASK_ID = re.compile(r"[a-zA-Z0-9-]{1,64}")


class UserTasks(ProcessInstances):
    """User tasks: queries, assignment, completion."""

    def tasks(
        self,
        *,
        business_key: str | None = None,
        assignee: str | None = None,
        candidate_groups: Iterable[str] = (),
        key: str | None = None,
        due_before: datetime | None = None,
        business_keys: Iterable[str] = (),
        assigned: bool | None = None,
        updated_after: datetime | None = None,
    ) -> list[UserTask]:
        """Return open tasks that match all given conditions, oldest first.

        ``business_keys``: any of these; ``updated_after``: created or changed after an instant.
        ``candidate_groups`` matches unassigned tasks only, so do not combine it with ``assignee``.
        """
        groups = sorted(candidate_groups)
        conditions = {
            "processInstanceBusinessKey": business_key,
            "assignee": assignee,
            "candidateGroups": groups or None,
            "taskDefinitionKey": key,
            "dueBefore": instant(due_before) if due_before else None,
            "processInstanceBusinessKeyIn": sorted(business_keys) or None,
            "assigned": assigned,
            "updatedAfter": instant(updated_after) if updated_after else None,
        }
        rows = self._rows(_given(conditions))
        deals = {} if business_key else self.business_keys(r["processInstanceId"] for r in rows)
        return [
            UserTask.read(row, business_key or deals.get(row["processInstanceId"])) for row in rows
        ]

    def _rows(self, conditions: Mapping[str, Any]) -> list[dict[str, Any]]:
        return self.all_of("/task", {**conditions, "sorting": BY_AGE})

    def tasks_in(
        self, instances: Mapping[str, str], *, candidate_groups: Collection[str] | None = None
    ) -> list[UserTask]:
        """Return open tasks of process instances, given as id → deal.

        ``candidate_groups``: only unassigned tasks that are offered to one of these.
        """
        query: dict[str, Any] = {}
        if candidate_groups is not None:
            if not candidate_groups:
                return []
            query["candidateGroups"] = sorted(candidate_groups)
        return [
            UserTask.read(row, instances[row["processInstanceId"]])
            for ids in in_parts(instances)
            for row in self._rows({**query, "processInstanceIdIn": ids})
        ]

    def unmanned_tasks(self, people: Collection[str], groups: Collection[str]) -> list[UserTask]:
        """Return open tasks that none of ``people`` can complete; ``groups``: where they are.

        Unassigned tasks are read only if some are offered to no such group, as numbers tell.
        """
        strangers = {"assigned": True, "assigneeNotIn": sorted(people) or None}
        rows, free = self._rows(_given(strangers)), {"unassigned": True}
        if not groups:
            rows += self._rows(free)
        else:
            offered = {"candidateGroups": sorted(groups)}
            if self._count("/task", free) != self._count("/task", offered):
                known = {row["id"] for row in self._rows(offered)}
                rows += [row for row in self._rows(free) if row["id"] not in known]
        deals = self.business_keys(row["processInstanceId"] for row in rows)
        return [UserTask.read(row, deals.get(row["processInstanceId"])) for row in rows]

    def open_tasks(self) -> int:
        """Return the number of open tasks."""
        return self._count("/task", {})

    def oldest_open_task(self) -> datetime | None:
        """Return the creation time of the oldest open task; None without one."""
        rows = self.get("/task", sortBy="created", sortOrder="asc", maxResults=1)
        return moment(rows[0]["created"]) if rows else None

    def task(self, task_id: str) -> UserTask | None:
        """Return an open task; None if unknown, ended or not visible to this account."""
        if not TASK_ID.fullmatch(task_id):
            return None
        try:
            row = self.get(f"/task/{task_id}")
        except EngineRefused as refusal:
            if refusal.status == 404:
                return None
            raise
        deal_id = self.business_keys([row["processInstanceId"]]).get(row["processInstanceId"])
        return UserTask.read(row, deal_id)

    def historic_task(self, task_id: str) -> HistoricTask | None:
        """Return a task of the history; None if unknown or removed by history cleanup."""
        if not TASK_ID.fullmatch(task_id):
            return None
        rows = self.get("/history/task", taskId=task_id)
        return HistoricTask.read(rows[0]) if rows else None

    def candidate_groups(self, task_id: str) -> frozenset[str]:
        """Return the candidate groups of a task."""
        links = self.get(f"/task/{quote(task_id, safe='')}/identity-links", type="candidate")
        return frozenset(link["groupId"] for link in links if link["groupId"])

    def had_task(self, business_key: str, user: str) -> bool:
        """Tell if the user is or was the assignee of a task of this deal, by the history."""
        done = {"processInstanceBusinessKey": business_key, "taskAssignee": user}
        return self._count("/history/task", done) > 0

    def deals_of(self, user: str) -> set[str]:
        """Return ids of the deals in which the user is or was an assignee, by the history."""
        rows = self.all_of(
            "/history/task",
            {"taskAssignee": user, "sorting": [{"sortBy": "taskId", "sortOrder": "asc"}]},
        )
        return self._history_keys({row["rootProcessInstanceId"] for row in rows})

    def claim(self, task_id: str, user: str) -> None:
        """Claim a task. Raises: EngineConflict if another user is its assignee."""
        self.post(f"/task/{quote(task_id, safe='')}/claim", {"userId": user})

    def assign(self, task_id: str, user: str | None) -> None:
        """Set the assignee of a task, or remove it with None."""
        self.post(f"/task/{quote(task_id, safe='')}/assignee", {"userId": user})

    def hand_over(self, task_id: str, user: str | None, group: str) -> None:
        """Reassign a task to a user or, with None, to a candidate group.

        The group becomes a candidate first, so that the task always has an owner. Safe to repeat
        because each call sets an absolute state.
        Raises: EngineRefused if the task is unknown or ended; EngineConflict.
        """
        if user is None and group not in self.candidate_groups(task_id):
            path = f"/task/{quote(task_id, safe='')}/identity-links"
            self.post(path, {"groupId": group, "type": "candidate"})
        self.assign(task_id, user)

    def complete(self, task_id: str, variables: Variables | None = None) -> None:
        """Complete a task with variables."""
        path = f"/task/{quote(task_id, safe='')}/complete"
        self.post(path, {"variables": encode(variables or {})})

    def _count(self, path: str, query: Mapping[str, Any]) -> int:
        return int(self.post(f"{path}/count", query)["count"])

    def _history_keys(self, instance_ids: set[str]) -> set[str]:
        if not instance_ids:
            return set()
        query = {
            "processInstanceIds": sorted(instance_ids),
            "sorting": [{"sortBy": "instanceId", "sortOrder": "asc"}],
        }
        rows = self.all_of("/history/process-instance", query)
        return {row["businessKey"] for row in rows if row["businessKey"]}


def _given(conditions: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in conditions.items() if value is not None}
