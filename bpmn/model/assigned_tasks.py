"""User tasks whose assignee a step before them finds by a role."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bpmn.lint.rules.expressions import is_null, variables
from bpmn.model.diagrams import DIRECTORY
from bpmn.model.elements import Diagram, Node
from bpmn.model.reader import read_diagrams
from db.domain.people.assignment import At

ASSIGNEE, ROLE = "assignee", "role"
FIND_TOPICS = frozenset({"find-assignee", "advance-deal-stage"})
"""Topics that find the assignee of the next task, with a literal input `ROLE`."""


@dataclass(frozen=True)
class AssignedTask:
    """Role and place by which the assignee of a task is looked up."""

    role: str
    at: At


AssignedTasks = Mapping[tuple[str, str], AssignedTask]
"""Process and task definition key → parameters of the look-up."""


def assigned_tasks(folder: Path = DIRECTORY) -> AssignedTasks:
    """Read all diagrams; of several such steps before a task the nearest one counts."""
    found = {
        (diagram.id, task.id): _nearest(diagram, task)
        for diagram in read_diagrams(folder)
        for task in diagram.user_tasks
        if ASSIGNEE in variables(task.attributes.get("assignee", ""))
    }
    return {key: task for key, task in found.items() if task is not None}


def _nearest(diagram: Diagram, task: Node) -> AssignedTask | None:
    waiting, seen = deque(_before(diagram, task)), {task.id}
    while waiting:
        node = waiting.popleft()
        if node.id in seen:
            continue
        seen.add(node.id)
        role = node.inputs.get(ROLE)
        if node.topic in FIND_TOPICS and role is not None and not is_null(node, ROLE):
            return AssignedTask(role, At(node.inputs.get("at", At.SOURCE)))
        waiting.extend(_before(diagram, node))
    return None


def _before(diagram: Diagram, node: Node) -> Iterator[Node]:
    if node.attached_to is not None:
        yield diagram.nodes[node.attached_to]
    for flow in diagram.incoming(node):
        yield diagram.nodes[flow.source]
