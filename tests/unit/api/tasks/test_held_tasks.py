"""Whose task it still is, when roles change or the task ends while it is asked about."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from api.tasks.held_tasks import HeldTasks
from bpmn.camunda.client.records import PastTask, TaskRef
from db.domain.errors import Unavailable

NOW = datetime(2026, 11, 28, tzinfo=UTC)


@dataclass
class StandInWorkplace:
    """One task of operator1, and what the engine says of it."""

    offered: frozenset[str] | None = frozenset({"portalAdmins"})
    """None: the engine fails."""
    ended_at: datetime | None = None
    groups: frozenset[str] = frozenset({"onecOperators"})

    def open_task(self, task_id: str) -> TaskRef:
        known: dict[str, Any] = dict.fromkeys(TaskRef.__dataclass_fields__)
        known |= {"id": task_id, "key": "Task_Settle", "assignee": "operator1", "created": NOW}
        return TaskRef(**known | {"definition_id": "onec-discrepancy:1:x"})

    def offered_to(self, task_id: str) -> frozenset[str]:
        if self.offered is None:
            raise Unavailable("Движок процессов не отвечает, повторите.")
        return self.offered

    def groups_of(self, login: str) -> frozenset[str]:
        return self.groups

    def past_task(self, task_id: str) -> PastTask:
        return PastTask(task_id, "operator1", self.ended_at, completed=self.ended_at is not None)


def held(workplace: StandInWorkplace, **group_tasks: str) -> HeldTasks:
    groups = {("onec-discrepancy", key): group for key, group in group_tasks.items()}
    return HeldTasks(workplace, None, (), {}, groups)  # type: ignore[arg-type]


def test_a_task_given_by_name_is_not_judged_by_the_administrators_beside_it():
    assert held(StandInWorkplace()).may_finish("1", "operator1")


def test_a_task_of_a_group_is_for_its_members():
    lawyers = StandInWorkplace(offered=frozenset({"lawyers"}))

    assert not held(lawyers).may_finish("1", "operator1")
    assert not held(StandInWorkplace(), Task_Settle="portalAdmins").may_finish("1", "operator1")


def test_a_task_that_ended_while_the_engine_was_asked_is_not_judged():
    assert held(StandInWorkplace(offered=None, ended_at=NOW)).may_finish("1", "operator1")


def test_an_engine_that_fails_over_an_open_task_is_told():
    with pytest.raises(Unavailable):
        held(StandInWorkplace(offered=None)).may_finish("1", "operator1")
