"""User tasks assigned to the deal's manager, and user tasks with a fixed candidate group."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from bpmn.model.diagrams import DIRECTORY
from bpmn.model.elements import Node
from bpmn.model.reader import read_diagrams

MANAGER = "${manager}"
TaskKey = tuple[str, str]
"""Process and task definition key."""


def manager_tasks(folder: Path = DIRECTORY) -> frozenset[TaskKey]:
    """Read all diagrams and return the tasks assigned to the deal's manager."""
    tasks = _user_tasks(folder)
    return frozenset(key for key, task in tasks if task.attributes.get("assignee") == MANAGER)


def group_tasks(folder: Path = DIRECTORY) -> Mapping[TaskKey, str]:
    """Map tasks with a literal candidate group to that group, which is the code of a role."""
    found = ((key, task.attributes.get("candidateGroups", "")) for key, task in _user_tasks(folder))
    return {key: group for key, group in found if group and "${" not in group}


def _user_tasks(folder: Path) -> Iterator[tuple[TaskKey, Node]]:
    for diagram in read_diagrams(folder):
        for task in diagram.user_tasks:
            yield (diagram.id, task.id), task
