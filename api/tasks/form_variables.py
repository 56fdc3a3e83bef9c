"""Which variables the forms of the diagrams send."""

from pathlib import Path

from bpmn.model.diagrams import DIRECTORY
from bpmn.model.reader import read_diagrams

TO_FILL = "${null}"
"""How a user task declares a variable that its form fills."""
BY_ENGINE = "decidedBy"
"""Declared in the same way, but written by a listener: who completed the task."""


def form_variables(folder: Path = DIRECTORY) -> frozenset[str]:
    """Names that user tasks declare for their forms; they are local to the task."""
    diagrams = read_diagrams(folder)
    declared = {
        name
        for diagram in diagrams
        for node in diagram.user_tasks
        for name, value in node.inputs.items()
        if value == TO_FILL
    }
    return frozenset(declared - {BY_ENGINE})
