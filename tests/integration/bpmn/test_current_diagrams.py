"""API and workers learn of a deployed diagram without a restart."""

from pathlib import Path

import pytest
from lxml import etree  # type: ignore[import-untyped]

from bpmn.model.current import CHECK_SECONDS, CurrentMapping, CurrentSet
from bpmn.model.diagrams import DIRECTORY, step_names
from bpmn.model.manager_tasks import group_tasks, manager_tasks
from tests.support.diagrams.drawn import Drawing

NAME = "new-client-approval"
OLD, NEW = (NAME, "Task_CheckClient"), (NAME, "Task_Renamed")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / f"{NAME}.bpmn").write_bytes((DIRECTORY / f"{NAME}.bpmn").read_bytes())
    return tmp_path


def rename(folder: Path) -> None:
    drawing = Drawing(DIRECTORY / f"{NAME}.bpmn").rename("Task_CheckClient", "Task_Renamed")
    (folder / f"{NAME}.bpmn").write_bytes(etree.tostring(drawing.root))


def test_a_changed_file_is_read_and_the_old_step_stays_known(folder: Path) -> None:
    clock = Clock()
    groups = CurrentMapping(group_tasks, folder=folder, clock=clock)
    names = CurrentMapping(step_names, folder=folder, clock=clock)
    assert NEW not in groups

    rename(folder)
    assert NEW not in groups  # looked at not long ago
    clock.now += CHECK_SECONDS

    assert groups[NEW] == groups[OLD] == "lawyers"
    assert names[NEW] == "Проверить клиента"


def test_a_file_that_is_being_saved_leaves_what_is_known(folder: Path) -> None:
    clock = Clock()
    managers = CurrentSet(manager_tasks, folder=folder, clock=clock)
    known = set(managers)
    (folder / f"{NAME}.bpmn").write_text("<bpmn:definitions")
    clock.now += CHECK_SECONDS

    assert set(managers) == known != set()

    rename(folder)
    clock.now += CHECK_SECONDS
    assert set(managers) == known
    assert managers & known == known
