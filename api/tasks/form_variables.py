"""Variables that the forms of user tasks submit, read from the diagrams."""

from pathlib import Path

from bpmn.model.diagrams import DIRECTORY
from bpmn.model.reader import read_diagrams

EMPTY_INPUT = "${null}"
"""Input mapping by which a user task declares a variable that its form fills."""
SET_BY_ENGINE = "decidedBy"
"""Declared in the same way, but set by a task listener: the login that completed the task."""


def form_variables(folder: Path = DIRECTORY) -> frozenset[str]:
    """Names of the task-local variables that user tasks declare for their forms."""
    declared = {
        name
        for diagram in read_diagrams(folder)
        for node in diagram.user_tasks
        for name, value in node.inputs.items()
        if value == EMPTY_INPUT
    }
    return frozenset(declared - {SET_BY_ENGINE})
