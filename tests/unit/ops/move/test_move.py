"""The order of a move: nothing changes before the checks and the backup, and it can be repeated."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from bpmn.camunda.server.distribution import CAMUNDA, OPERATON, Distribution
from db.config.operator_error import OperatorError
from ops.move.move import move
from ops.move.refusals import MoveRefused, MoveUnfinished
from ops.move.survey import COUNTS, FACTS, Survey


class DiskFull(OperatorError):
    """A backup that fails."""


@dataclass
class Database:
    """An engine's tables that belong to ``owner``; ``done``: what happened to them, in order."""

    owner: Distribution = CAMUNDA
    batches: int = 0
    done: list[str] = field(default_factory=list)
    works: bool = True
    disk_full: bool = False

    @contextmanager
    def alone(self) -> Iterator[None]:
        self.done.append("alone")
        yield

    def survey(self) -> Survey:
        self.done.append("survey")
        rows = {name: list[tuple[str, ...]]() for name in FACTS}
        rows["properties"] = [(self.owner.installation,)]
        rows["groups"] = [(self.owner.administrators,)]
        rows["schema"] = [("7.9.0",), ("7.24.0",)]
        rows["batches"] = [("migration", str(number)) for number in range(self.batches)]
        return Survey(rows)

    def hand_over(self, source: Distribution, target: Distribution) -> Mapping[str, str]:
        assert self.owner is source
        self.owner = target
        self.done.append("hand over")
        return dict.fromkeys(COUNTS, "7")

    def backup(self) -> str:
        if self.disk_full:
            raise DiskFull("Нет места.")
        self.done.append("backup")
        return "2026-11-28"

    def verify(self) -> Iterator[str]:
        self.done.append("verify")
        if not self.works:
            raise OperatorError("администратор не может войти.")
        yield "Администратор входит."

    def move(self, target: Distribution) -> list[str]:
        said: list[str] = []
        move(self, target, backup=self.backup, verify=self.verify, say=said.append)
        return said


def test_a_move_checks_backs_up_changes_and_checks_again() -> None:
    database = Database()

    said = database.move(OPERATON)

    assert database.done == ["alone", "survey", "backup", "hand over", "verify"]
    assert "Резервная копия: 2026-11-28" in said
    assert "ENGINE_DISTRIBUTION=operaton" in said[-1]
    assert "move-engine --to camunda" in said[-1]


def test_a_failed_backup_changes_nothing() -> None:
    database = Database(disk_full=True)

    with pytest.raises(DiskFull):
        database.move(OPERATON)

    assert database.owner is CAMUNDA
    assert "verify" not in database.done


def test_an_obstacle_is_named_before_the_backup() -> None:
    database = Database(batches=7)

    with pytest.raises(MoveRefused, match=r"ничего не изменено.*\n.*migration 4 и ещё 2"):
        database.move(OPERATON)

    assert database.done == ["alone", "survey"]


def test_a_move_that_does_not_work_names_the_way_back_and_goes_on_when_repeated() -> None:
    database = Database(works=False)
    with pytest.raises(MoveUnfinished, match=r"не может войти.*move-engine --to camunda"):
        database.move(OPERATON)
    database.works = True
    database.done.clear()

    said = database.move(OPERATON)

    assert database.done == ["alone", "survey", "verify"]
    assert any("перенос сделан раньше" in line for line in said)


def test_undo_is_the_move_back() -> None:
    database = Database()

    database.move(OPERATON)
    database.move(CAMUNDA)

    assert database.owner is CAMUNDA
