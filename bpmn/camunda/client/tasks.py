"""Client methods for open and historic user tasks."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from bpmn.camunda.client.calls import in_parts
from bpmn.camunda.client.instances import ProcessInstances
from bpmn.camunda.client.records import HistoricTask, TaskChange, UserTask, process_key
from bpmn.camunda.client.session import EngineRefused
from bpmn.camunda.client.values import Variables, encode, instant, moment

BY_AGE = [{"sortBy": by, "sortOrder": "asc"} for by in ("created", "id")]
BY_DUE = [{"sortBy": by, "sortOrder": "asc"} for by in ("dueDate", "id")]
BY_END = [{"sortBy": by, "sortOrder": "asc"} for by in ("endTime", "taskId")]
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
        due_after: datetime | None = None,
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
            "dueAfter": instant(due_after) if due_after else None,
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

    def soonest_tasks(
        self, assignee: str, candidate_groups: Collection[str], limit: int
    ) -> tuple[list[UserTask], list[int]]:
        """Return open tasks of a user and unassigned ones offered to the groups, by due date.

        At most ``limit`` of each kind; the second value is how many there are of each. Needs the
        same number of requests for any number of tasks: three, and one more for each full page.
        """
        kinds: list[dict[str, Any]] = [{"assignee": assignee}]
        if candidate_groups:
            kinds.append({"candidateGroups": sorted(candidate_groups)})
        rows, counts = list[dict[str, Any]](), list[int]()
        for conditions in kinds:
            found = self.page_of("/task", {**conditions, "sorting": BY_DUE}, 0, limit)
            full = len(found) == limit
            counts.append(self._count("/task", conditions) if full else len(found))
            rows += found
        deals = self.business_keys(row["processInstanceId"] for row in rows) if rows else {}
        tasks = [UserTask.read(row, deals.get(row["processInstanceId"])) for row in rows]
        return tasks, [*counts, 0][:2]

    def task_changes(self, since: datetime, limit: int) -> list[TaskChange] | None:
        """Return tasks that were created, changed or ended since an instant.

        None if there are ``limit`` of them or more. Two requests, and one more if there are any.
        """
        live = self.page_of("/task", {"updatedAfter": instant(since), "sorting": BY_AGE}, 0, limit)
        over = self.page_of(
            "/history/task", {"finishedAfter": instant(since), "sorting": BY_END}, 0, limit
        )
        if limit in (len(live), len(over)):
            return None
        instances = {row["processInstanceId"] for row in live}
        instances |= {row["rootProcessInstanceId"] for row in over}
        deals = self.business_keys(instances) if instances else {}
        changed = [
            TaskChange(
                row["id"],
                f"{row.get('lastUpdated')} {row['assignee']}",
                row["assignee"],
                row["taskDefinitionKey"],
                process_key(row["processDefinitionId"]),
                False,
                deals.get(row["processInstanceId"]),
            )
            for row in live
        ]
        ended = [
            TaskChange(
                row["id"],
                "ended",
                row["assignee"],
                row["taskDefinitionKey"],
                row["processDefinitionKey"],
                True,
                deals.get(row["rootProcessInstanceId"]),
            )
            for row in over
        ]
        return changed + ended

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
        task = self.task_without_deal(task_id)
        return None if task is None else replace(task, deal_id=self.deal_of(task))

    def task_without_deal(self, task_id: str) -> UserTask | None:
        """Return an open task by one request, as `task` does, but with ``deal_id`` None."""
        if not TASK_ID.fullmatch(task_id):
            return None
        try:
            row = self.get(f"/task/{task_id}")
        except EngineRefused as refusal:
            if refusal.status == 404:
                return None
            raise
        return UserTask.read(row, None)

    def deal_of(self, task: UserTask) -> str | None:
        """Return the deal whose process has the task; None without one."""
        return self.business_keys([task.instance_id]).get(task.instance_id)

    def historic_task(self, task_id: str) -> HistoricTask | None:
        """Return a task of the history; None if unknown or removed by history cleanup."""
        if not TASK_ID.fullmatch(task_id):
            return None
        rows = self.get("/history/task", taskId=task_id)
        return HistoricTask.read(rows[0]) if rows else None

    def ended_tasks(
        self, business_key: str, before: datetime | None, limit: int
    ) -> list[HistoricTask]:
        """Return tasks of a deal that users completed, the last first.

        ``before``: only those that ended at this instant or earlier.
        """
        query = {
            "processInstanceBusinessKey": business_key,
            "finished": True,
            "taskDeleteReason": "completed",
            "finishedBefore": instant(before) if before else None,
            "sorting": [{"sortBy": by, "sortOrder": "desc"} for by in ("endTime", "taskId")],
        }
        rows = self.page_of("/history/task", _given(query), 0, limit)
        return [HistoricTask.read(row) for row in rows]

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
