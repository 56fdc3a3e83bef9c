"""Permission to complete a task after its assignee left the role, or after the task ended."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from api.tasks.completion import TaskCompletion, Verdict
from bpmn.camunda.client.records import HistoricTask, UserTask
from db.domain.errors import Unavailable

NOW = datetime(2026, 11, 28, tzinfo=UTC)


@dataclass
class FakeGateway:
    """Engine gateway with one task, assigned to operator1."""

    offered: frozenset[str] | None = frozenset({"portalAdmins"})
    """Candidate groups of the task; None makes the engine fail."""
    ended_at: datetime | None = None
    groups: frozenset[str] = frozenset({"onecOperators"})

    def task_without_deal(self, task_id: str) -> UserTask:
        known: dict[str, Any] = dict.fromkeys(UserTask.__dataclass_fields__)
        known |= {"id": task_id, "key": "Task_Settle", "assignee": "operator1", "created": NOW}
        return UserTask(**known | {"definition_id": "onec-discrepancy:1:x"})

    def candidate_groups(self, task_id: str) -> frozenset[str]:
        if self.offered is None:
            raise Unavailable("Движок процессов не отвечает, повторите.")
        return self.offered

    def groups_of(self, login: str) -> frozenset[str]:
        return self.groups

    def historic_task(self, task_id: str) -> HistoricTask:
        return HistoricTask(
            task_id, "operator1", self.ended_at, completed=self.ended_at is not None
        )


def completion(gateway: FakeGateway, **group_tasks: str) -> TaskCompletion:
    groups = {("onec-discrepancy", key): group for key, group in group_tasks.items()}
    return TaskCompletion(gateway, None, (), {}, groups)  # type: ignore[arg-type]


def test_a_task_given_by_name_is_not_judged_by_the_administrators_beside_it() -> None:
    assert completion(FakeGateway()).verdict("1", "operator1") is Verdict.ALLOWED


def test_a_task_of_a_group_is_for_its_members() -> None:
    lawyers = FakeGateway(offered=frozenset({"lawyers"}))

    assert completion(lawyers).verdict("1", "operator1") is Verdict.NO_LONGER_IN_ROLE
    assert (
        completion(FakeGateway(), Task_Settle="portalAdmins").verdict("1", "operator1")
        is Verdict.NO_LONGER_IN_ROLE
    )


def test_a_task_that_ended_while_the_engine_was_asked_is_not_judged() -> None:
    assert (
        completion(FakeGateway(offered=None, ended_at=NOW)).verdict("1", "operator1")
        is Verdict.ALLOWED
    )


def test_an_engine_that_fails_over_an_open_task_is_told() -> None:
    with pytest.raises(Unavailable):
        completion(FakeGateway(offered=None)).verdict("1", "operator1")


def test_a_member_of_the_tasks_own_group_costs_no_further_question() -> None:
    unanswered = FakeGateway(offered=None)

    assert (
        completion(unanswered, Task_Settle="onecOperators").verdict("1", "operator1")
        is Verdict.ALLOWED
    )


def test_a_claimed_task_is_its_assignees() -> None:
    assert completion(FakeGateway()).verdict("1", "operator2") is Verdict.CLAIMED_BY_OTHER
