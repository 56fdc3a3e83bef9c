"""Deal permissions that follow from claimed tasks."""

from datetime import UTC, datetime
from typing import Any

from api.auth import Principal
from api.deals.permissions import DealPermissions, deal_permissions
from bpmn.camunda.client.rest import UserTask
from tests.support.builders import a_catalog, a_deal

HEAD = Principal("salesHead", frozenset({"salesHeads"}))
MANAGER_TASKS = {("new-client", "Task_Collect")}


def with_claimed_task(process: str, key: str) -> DealPermissions:
    """Permissions of a head who has claimed one task of the deal."""
    known: dict[str, Any] = dict.fromkeys(UserTask.__dataclass_fields__)
    known |= {"key": key, "assignee": HEAD.login, "created": datetime(2026, 11, 28, tzinfo=UTC)}
    task = UserTask(**known | {"definition_id": f"{process}:1:x"})
    return deal_permissions(a_catalog(), a_deal(), HEAD, tasks=[task], manager_tasks=MANAGER_TASKS)


def test_a_head_writes_while_holding_a_task_of_the_manager() -> None:
    assert with_claimed_task("new-client", "Task_Collect").can_write


def test_a_task_of_another_process_with_the_same_id_gives_no_write_access() -> None:
    permissions = with_claimed_task("temporary-terms", "Task_Collect")

    assert permissions.can_read
    assert not permissions.can_write
