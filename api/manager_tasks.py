"""Which tasks of the diagrams are the work of a deal's manager."""

from pathlib import Path

import bpmn
from bpmn.reader import read_diagrams

MANAGER = "${manager}"


def manager_tasks(folder: Path | None = None) -> frozenset[str]:
    """Ids of the user tasks that the diagrams assign to the manager."""
    diagrams = read_diagrams(folder or Path(bpmn.__file__).parent)
    return frozenset(
        node.id
        for diagram in diagrams
        for node in diagram.nodes.values()
        if node.kind == "userTask" and node.attributes.get("assignee") == MANAGER
    )
